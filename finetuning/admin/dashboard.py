"""What the models add to the admin's front page: versions, curves, automatic merges."""

from django.db import connection
from django.http import HttpRequest
from django.urls import reverse

from finetuning.models import DeduplicationModel, ModelStatus
from finetuning.numeric.metrics import wilson_interval
from insights.admin import dashboard
from insights.admin.dashboard.charts import Lines, Panel

VERSIONS = 6
THRESHOLDS = "admin:finetuning_deduplicationmodel_thresholds"


def model_panels(request: HttpRequest) -> list[Panel]:
    if not request.user.has_perm("finetuning.view_deduplicationmodel"):
        return []
    models = list(
        DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED).defer("parameters")[
            :VERSIONS
        ]
    )
    active = next((model for model in models if model.is_active), None)
    panels = [_automatic(), _versions(models)]
    if active is not None:
        panels += _curves(active)
    return panels


def _automatic() -> Panel:
    """Of the automatic merges that a person has judged since: judged the same, and how surely."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE decision.undone_at IS NULL),
                   count(label.id), count(label.id) FILTER (WHERE label.is_same)
            FROM merge_decisions decision
            JOIN merge_decision_members merged
              ON merged.decision_id = decision.id AND merged.role = 'merged'
            LEFT JOIN pair_labels label
              ON label.insight1_id = least(merged.insight_id, decision.canonical_id)
             AND label.insight2_id = greatest(merged.insight_id, decision.canonical_id)
            WHERE decision.kind = 'automatic'
            """
        )
        in_force, judged, right = cursor.fetchone()
    figures = [("in force", f"{in_force:,}"), ("judged by a person", f"{judged:,}")]
    sentences = ["No person has judged one yet: open a receipt and undo what is wrong."]
    if judged:
        low, high = wilson_interval(right, judged)
        figures.append(("precision", f"{right / judged:.2f}"))
        sentences = [
            f"95 % interval {low:.2f} to {high:.2f}, of those that were judged.",
            "People judge what they doubt: the true precision is likely higher.",
        ]
    return Panel(title="Automatic merges", figures=figures, sentences=sentences)


def _versions(models: list[DeduplicationModel]) -> Panel:
    def figure(model: DeduplicationModel, name: str) -> str:
        value = (model.metrics.get("held_out") or {}).get(name)
        return "–" if value is None else f"{value:.3f}"

    names = ("precision", "recall", "f1", "average_precision", "brier")
    return Panel(
        title="Model versions side by side",
        sentences=[] if models else ["No model has been trained yet."],
        columns=["precision", "recall", "F1", "average precision", "Brier", "merges from"],
        table=[
            (
                f"{model}{' ✓ active' if model.is_active else ''}",
                [*(figure(model, name) for name in names), f"{model.auto_merge_confidence:.2f}"],
            )
            for model in models
        ],
        links=[
            ("All versions", reverse("admin:finetuning_deduplicationmodel_changelist")),
            ("Thresholds", reverse(THRESHOLDS)),
        ]
        if models
        else [],
    )


def _curves(model: DeduplicationModel) -> list[Panel]:
    bins = [one for one in model.metrics.get("reliability") or [] if one["count"]]
    curve = [one for one in model.metrics.get("curve") or [] if one["precision"] is not None]
    panels = []
    if bins:
        panels.append(
            Panel(
                title="Does 0.8 mean 80 %?",
                chart=Lines(
                    f"Reliability of {model} on held-out decisions",
                    "predicted",
                    "observed",
                    [("observed", [(one["mean_predicted"], one["observed"]) for one in bins])],
                    diagonal=True,
                ),
            )
        )
    if curve:
        panels.append(
            Panel(
                title="Precision and coverage by threshold",
                chart=Lines(
                    f"{model} on held-out decisions",
                    "threshold",
                    "share",
                    [
                        (name, [(one["threshold"], one[name]) for one in curve])
                        for name in ("precision", "coverage")
                    ],
                    marked=[("merges without a person from here", model.auto_merge_confidence)],
                ),
                links=[("Move the threshold", reverse(THRESHOLDS))],
            )
        )
    return panels


dashboard.panels.append(model_panels)
