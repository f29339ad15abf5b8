"""A model version's training file and events."""

from django.contrib import admin
from django.utils.safestring import SafeString

from finetuning.models import ModelEvent, ThresholdChange, TrainingFile
from insights.admin.kit import display
from insights.admin.kit.base import RecordAdmin


@admin.register(TrainingFile)
class TrainingFileAdmin(RecordAdmin[TrainingFile]):
    index_order = 30
    list_display = (
        "id",
        "created_at",
        "positives",
        "negatives",
        "held_out_positives",
        "held_out_negatives",
    )
    search_fields = ("id",)
    list_filter = ("created_at",)
    fields = (
        "id",
        "sha256",
        "positives",
        "negatives",
        "held_out_positives",
        "held_out_negatives",
        "created_at",
    )


@admin.register(ModelEvent)
class ModelEventAdmin(RecordAdmin[ModelEvent]):
    index_order = 40
    related = ("model", "actor")
    deferred = ("model__parameters",)
    ordering = ("-pk",)
    list_display = ("created_at", "model_cell", "level", "message_cell", "actor")
    list_filter = ("level", "created_at")
    search_fields = ("message",)
    fields = ("model", "created_at", "level", "message", "data", "actor")

    @admin.display(description="Model")
    def model_cell(self, event: ModelEvent) -> SafeString | str:
        return display.link(event.model)

    @admin.display(description="Event")
    def message_cell(self, event: ModelEvent) -> SafeString:
        return display.statement(event.message)


@admin.register(ThresholdChange)
class ThresholdChangeAdmin(RecordAdmin[ThresholdChange]):
    index_order = 50
    related = ("model", "actor", "active_before", "active_after")
    deferred = tuple(
        f"{model}__{column}"
        for model in ("model", "active_before", "active_after")
        for column in ("parameters", "metrics", "training_stats")
    )
    list_display = ("created_at", "model_cell", "change_cell", "actor", "comment")
    list_filter = ("created_at",)
    search_fields = ("comment",)
    fields = (
        "model",
        "created_at",
        "actor",
        "auto_merge_before",
        "auto_merge_after",
        "cluster_out_before",
        "cluster_out_after",
        "active_before",
        "active_after",
        "undoes",
        "comment",
    )

    @admin.display(description="Model")
    def model_cell(self, change: ThresholdChange) -> SafeString | str:
        return display.link(change.model)

    @admin.display(description="Change")
    def change_cell(self, change: ThresholdChange) -> str:
        return str(change)
