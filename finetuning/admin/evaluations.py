"""The active version's performance: quality by day, the value of more decisions."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from finetuning.evaluation.learning_curve import gain_in_words
from finetuning.models import ModelEvaluation
from insights.admin.kit import display
from insights.admin.kit.base import Names, PageAdmin
from insights.admin.kit.charts import Lines, Panel, day_label
from insights.models import Cluster, ClusterStatus
from insights.permissions import DECIDE_CLUSTER
from insights.registry import dashboard_panels
from insights.review.queue import ORDER

SHOWN = 30
TEACHERS = 5
QUALITY_EXPLAINED = (
    "All held-out pairs, and those decided since the version was trained. AP: average "
    "precision. Brier score: lower is better."
)


@admin.register(ModelEvaluation)
class ModelEvaluationAdmin(PageAdmin[ModelEvaluation]):
    index_order = 12
    nothing_yet = "Not measured yet. The active version is measured every night."
    page_template = "admin/finetuning/model_evaluation.html"
    related: ClassVar[Names] = ("model",)
    deferred: ClassVar[Names] = ("model__parameters", "model__training_stats", "model__metrics")
    list_display = ("measured_on", "model", "pairs", "new_pairs", "brier")

    def page(self, request: HttpRequest, record: ModelEvaluation) -> dict[str, object]:
        return {
            "title": f"Performance of {record.model}, {record.measured_on:%Y-%m-%d}",
            "panels": [_quality(record), _outlook(record)],
            "teachers": _worth_deciding(),
            "can_review": request.user.has_perm(DECIDE_CLUSTER),
        }

    @admin.display(description="Brier (lower is better)")
    def brier(self, row: ModelEvaluation) -> str:
        return _figure((row.metrics.get("all") or {}).get("brier"))


def _figure(value: float | None) -> str:
    return display.NONE if value is None else f"{value:.3f}"


def _quality(row: ModelEvaluation) -> Panel:
    measures = {
        "count": "pairs",
        "brier": "Brier",
        "average_precision": "AP",
        "precision": "precision",
        "recall": "recall",
    }
    parts = {"all": "all", "new": "decided since"}
    table = []
    for part, name in parts.items():
        values = row.metrics.get(part) or {}
        rates = [_figure(values.get(measure)) for measure in list(measures)[1:]]
        figures = [str(values.get("count", 0)), *rates]
        table.append((name, figures))
    sentences = [QUALITY_EXPLAINED]
    merging = row.metrics.get("merging")
    if merging and merging["selected"]:
        sentences.append(
            f"It would merge {merging['selected']} of these automatically, "
            f"{merging['precision']:.1%} correctly (at least {merging['precision_low']:.1%})."
        )
    if not row.pairs:
        sentences.append("There are no held-out pairs it was not trained on.")
    return Panel(
        title="On the held-out decisions of that day",
        sentences=sentences,
        columns=list(measures.values()),
        table=table,
        rows_are="Held out",
    )


def _outlook(row: ModelEvaluation) -> Panel:
    title = "What more decisions bring"
    points = row.curve.get("points") or []
    if not points:
        return Panel(title=title, sentences=[row.curve.get("reason", "Not measured.")])
    labels = [str(point["decisions"]) for point in points]
    return Panel(
        title=title,
        sentences=[
            "The local model trained on growing parts of the decisions, on one held-out part.",
            gain_in_words(row.curve["expected_gain"], row.curve["next"]),
        ],
        chart=Lines(
            "Brier score by number of decisions, lower is better",
            "decisions",
            "Brier",
            [("Brier", [(number, point["brier"]) for number, point in enumerate(points)])],
            labels=labels,
            y_to=_top([point["brier"] for point in points]),
        ),
    )


def _top(values: list[float]) -> float:
    """Return the next fifth above: its quarters have two decimals."""
    return (int(max(values) * 5) + 1) / 5


def _worth_deciding() -> list[Cluster]:
    """Return the clusters to decide next: the least certain first, then the largest gain."""
    return list(
        Cluster.objects.filter(status=ClusterStatus.OPEN)
        .select_related("proposed_canonical")
        .order_by(*ORDER)[:TEACHERS]
    )


def trend_panels(request: HttpRequest) -> list[Panel]:
    """Return the front page's panels: the active version day by day."""
    if not request.user.has_perm("finetuning.view_modelevaluation"):
        return []
    rows = list(
        ModelEvaluation.objects.filter(model__is_active=True).select_related("model")[:SHOWN]
    )[::-1]
    measured = [row for row in rows if row.metrics.get("all")]
    if not measured:
        return []
    newest = measured[-1]
    brier = [row.metrics["all"]["brier"] for row in measured]
    links = [("What more decisions bring", display.url_of(newest))]
    return [
        Panel(
            title="Performance of the active version",
            sentences=[f"{newest.pairs} held-out pairs, {newest.new_pairs} decided since."],
            chart=Lines(
                f"Brier score of version {newest.model.version} by day, lower is better",
                "day",
                "Brier",
                [("Brier", list(enumerate(brier)))],
                labels=[day_label(row.measured_on) for row in measured],
                y_to=_top(brier),
            ),
            links=[*links, ("All days", reverse("admin:finetuning_modelevaluation_changelist"))],
        )
    ]


dashboard_panels.append(trend_panels)
