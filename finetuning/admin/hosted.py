"""The provider's side of hosted models: the job and its cost."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst

from finetuning.models import HostedJob
from finetuning.permissions import ADD_MODEL, CHANGE_MODEL
from insights.admin.kit.base import PageAdmin

EVENTS_LISTED = 100


@admin.register(HostedJob)
class HostedJobAdmin(PageAdmin[HostedJob]):
    index_order = 60
    page_template = "admin/finetuning/hosted_job.html"
    related = ("model",)
    ordering = ("-model__version",)
    list_display = (
        "model_cell",
        "upstream_status",
        "trained_tokens",
        "cost_usd",
        "looked_at",
    )
    search_fields = ("upstream_status", "trouble")

    @admin.display(description="Model")
    def model_cell(self, job: HostedJob) -> str:
        return str(job.model)

    def page(self, request: HttpRequest, record: HostedJob) -> dict[str, object]:
        model = record.model
        return {
            "title": f"{capfirst(str(model))} at the provider",
            "job": record,
            "model": model,
            "events": model.events.select_related("actor").order_by("-pk")[:EVENTS_LISTED],
            "can_replace": request.user.has_perm(ADD_MODEL) and model.training_file_id is not None,
            "can_cancel": request.user.has_perm(CHANGE_MODEL) and not model.is_finished,
        }
