"""Predictions: a model's answer about a pair, and a person's later one."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from finetuning.models import DeduplicationModel, ModelPrediction
from finetuning.permissions import VIEW_PREDICTION
from insights.admin.kit import display
from insights.admin.kit.base import RecordAdmin
from insights.admin.repository.history import LISTED
from insights.ids import as_uuid
from insights.models import Insight
from insights.registry import insight_panels
from insights.types import JSONObject


class ModelFilter(admin.SimpleListFilter):
    title = "model"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        versions = DeduplicationModel.objects.order_by("-version").values_list("pk", "version")
        return [(str(pk), f"version {version}") for pk, version in versions[:50]]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ModelPrediction]
    ) -> QuerySet[ModelPrediction]:
        asked = self.value()
        return queryset.filter(model=as_uuid(asked)) if asked else queryset


class OutcomeFilter(admin.SimpleListFilter):
    title = "outcome"
    parameter_name = "outcome"
    conditions: dict[str, dict[str, Any]] = {
        "incorrect": {"is_correct": False},
        "correct": {"is_correct": True},
        "reviewed": {"actual_label__isnull": False},
        "waiting": {"actual_label__isnull": True},
    }

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("incorrect", "Incorrect"),
            ("correct", "Correct"),
            ("reviewed", "Reviewed"),
            ("waiting", "Not reviewed"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ModelPrediction]
    ) -> QuerySet[ModelPrediction]:
        return queryset.filter(**self.conditions.get(self.value() or "", {}))


@admin.register(ModelPrediction)
class ModelPredictionAdmin(RecordAdmin[ModelPrediction]):
    index_order = 20
    nothing_yet = "No predictions yet. A version judges pairs once it is trained and active."
    related = ("model", "insight1", "insight2")
    list_display = (
        "first_cell",
        "second_cell",
        "said_cell",
        "actual_cell",
        "confidence_cell",
        "similarity_cell",
        "version_cell",
        "created_at",
    )
    list_filter = (OutcomeFilter, ModelFilter, "prediction", "origin", "created_at")
    search_fields = ("insight1__statement", "insight2__statement")
    search_help_text = "Words of either statement"
    sortable_by = ("created_at",)
    fields = (
        "model",
        "insight1",
        "insight2",
        "prediction",
        "probability_cell",
        "confidence_cell",
        "similarity_cell",
        "actual_label",
        "is_correct",
        "origin",
        "created_at",
    )

    @admin.display(description="First insight")
    def first_cell(self, prediction: ModelPrediction) -> SafeString:
        return display.statement(prediction.insight1.statement)

    @admin.display(description="Second insight")
    def second_cell(self, prediction: ModelPrediction) -> SafeString:
        return display.statement(prediction.insight2.statement)

    @admin.display(description="Model says")
    def said_cell(self, prediction: ModelPrediction) -> str:
        return "= same" if prediction.prediction else "≠ differ"

    @admin.display(description="Confidence")
    def confidence_cell(self, prediction: ModelPrediction) -> str:
        return display.ratio(prediction.confidence)

    @admin.display(description="Probability")
    def probability_cell(self, prediction: ModelPrediction) -> str:
        return display.ratio(prediction.probability)

    @admin.display(description="Similarity")
    def similarity_cell(self, prediction: ModelPrediction) -> str:
        return display.ratio(prediction.similarity_score)

    @admin.display(description="Person said")
    def actual_cell(self, prediction: ModelPrediction) -> str:
        if prediction.actual_label is None:
            return display.NONE
        label = "= same" if prediction.actual_label else "≠ differ"
        return f"{'✓' if prediction.is_correct else '✗'} {label}"

    @admin.display(description="Version")
    def version_cell(self, prediction: ModelPrediction) -> int:
        return prediction.model.version


def predictions_panel(request: HttpRequest, insight: Insight) -> tuple[str, JSONObject]:
    """Show models' answers about an insight on its page. Two index scans instead of one OR."""
    found: list[tuple[Insight, ModelPrediction]] = []
    for mine, other in (("insight1", "insight2"), ("insight2", "insight1")):
        rows = (
            ModelPrediction.objects.filter(**{mine: insight})
            .select_related(other, "model")
            .order_by("-confidence", "pk")[:LISTED]
        )
        found += [(getattr(row, other), row) for row in rows]
    return "admin/finetuning/_predictions_panel.html", {
        "predictions": found[:LISTED],
        "allowed": request.user.has_perm(VIEW_PREDICTION),
    }


insight_panels.append(predictions_panel)
