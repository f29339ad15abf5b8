"""The provider's side of hosted models, for whoever has to find out what went on there."""

from django.contrib import admin
from django.utils.safestring import SafeString

from finetuning.models import HostedBatch, HostedJob
from insights.admin import display
from insights.admin.base import RecordAdmin


class HostedAdmin(RecordAdmin):
    related = ("model",)

    @admin.display(description="Model")
    def model_cell(self, row: HostedJob | HostedBatch) -> SafeString | str:
        return display.link(row.model)


@admin.register(HostedJob)
class HostedJobAdmin(HostedAdmin):
    index_order = 60
    deferred = ("model__parameters", "results")
    ordering = ("-model__version",)
    sortable_by = ()
    list_display = (
        "model_cell",
        "upstream_status",
        "trained_tokens",
        "cost_usd",
        "shutdown_date",
        "looked_at",
    )
    search_fields = ("upstream_status", "trouble")
    fields = (
        "model",
        "upstream_status",
        "trouble",
        "create_asked_at",
        "looked_at",
        "training_upload",
        "validation_upload",
        "hyperparameters",
        "trained_tokens",
        "estimated_usd",
        "cost_usd",
        "curve",
        "checkpoints",
        "shutdown_date",
    )


@admin.register(HostedBatch)
class HostedBatchAdmin(HostedAdmin):
    index_order = 70
    deferred = ("model__parameters", "content")
    list_display = ("created_at", "model_cell", "mode", "requests", "answered", "status")
    list_filter = ("created_at",)
    search_fields = ("batch_id",)
    sortable_by = ("created_at",)
    fields = (
        "model",
        "mode",
        "requests",
        "answered",
        "status",
        "failures",
        "batch_id",
        "create_asked_at",
        "created_at",
        "finished_at",
    )
