"""Panels of the models on the admin's front page: versions, curves, automatic merges."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from finetuning.evaluation.learning_curve import drawn, gain_in_words
from finetuning.ml.data.training_pairs import RECOMMENDED_PER_LABEL
from finetuning.models import DeduplicationModel, ModelStatus
from finetuning.permissions import ADD_MODEL, VIEW_MODEL
from finetuning.trust.quality import quality
from insights.admin.kit.charts import Lines, Panel
from insights.admin.kit.strip import Step
from insights.audit.precision import measured_precision, merging_version
from insights.audit.sampling import model_merges
from insights.audit.stop import stop_in_force
from insights.models import PairLabel
from insights.permissions import VIEW_DECISION
from insights.registry import dashboard_panels, progress_steps

VERSIONS = 6
THRESHOLDS = "admin:finetuning_deduplicationmodel_thresholds"


def model_panels(request: HttpRequest) -> list[Panel]:
    if not request.user.has_perm(VIEW_MODEL):
        return []
    models = list(
        DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED).defer("parameters")[
            :VERSIONS
        ]
    )
    active = next((model for model in models if model.is_active), None)
    panels = [_automatic(), _versions(models), *_outlook()]
    if active is not None:
        panels += _curves(active)
    return panels


def model_steps(request: HttpRequest) -> list[Step]:
    """Return the steps Train and Merge of the strip on top of every page."""
    if not request.user.has_perm(VIEW_MODEL):
        return []
    most = RECOMMENDED_PER_LABEL
    same, not_same = (
        PairLabel.objects.filter(is_same=is_same)[:most].count() for is_same in (True, False)
    )
    active = DeduplicationModel.objects.filter(is_active=True).only("version", "backend").first()
    is_enough = same == not_same == most
    may_start = request.user.has_perm(ADD_MODEL)
    return [
        Step(
            "Train",
            f"{same} of {most} and {not_same} of {most}" if not is_enough else "Enough examples",
            "done" if active else "next" if is_enough else "later",
            reverse("admin:finetuning_deduplicationmodel_start")
            if is_enough and active is None and may_start
            else "",
            "Start training",
            post=True,
        ),
        Step(
            "Merge",
            f"Version {active.version}" if active else "No active version",
            "done" if active else "later",
            reverse("admin:review_merged")
            if active and request.user.has_perm(VIEW_DECISION)
            else "",
            "Check its merges",
        ),
    ]


def _automatic() -> Panel:
    """Show the audit: the share of randomly drawn merges that people found right, blind."""
    in_force = model_merges().filter(undone_at__isnull=True).count()
    version = merging_version()
    measured = measured_precision(version)
    figures = [("in force", f"{in_force:,}"), ("audited", f"{measured.audited:,}")]
    sentences = []
    active = DeduplicationModel.objects.active()
    if active is not None:
        sentences.append(" ".join(quality(active).sentences()))
    if measured.precision is None:
        sentences.append("Not audited yet.")
    else:
        figures.append(("precision", f"{measured.precision:.3f}"))
        sentences.append(
            f"95 % interval {measured.low:.3f} to {measured.high:.3f}, of {version}, since "
            f"{measured.since:%Y-%m-%d}. The target is {settings.AUTO_MERGE_PRECISION:.2f}."
        )
    links = [("Audit", reverse("admin:insights_audititem_changelist"))]
    stop = stop_in_force()
    if stop is not None:
        sentences.append("Automatic merging is stopped.")
        links.append(("See why", reverse("admin:insights_automergestop_change", args=[stop.pk])))
    return Panel(title="Automatic merges", figures=figures, sentences=sentences, links=links)


def _versions(models: list[DeduplicationModel]) -> Panel:
    def figure(model: DeduplicationModel, name: str) -> str:
        value = (model.metrics.get("held_out") or {}).get(name)
        return "–" if value is None else f"{value:.3f}"

    names = ("precision", "recall", "average_precision")
    return Panel(
        title="Model versions side by side",
        sentences=[] if models else ["No model has been trained yet."],
        columns=["precision", "recall", "average precision", "merges from"],
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
                title="Can you trust the probabilities?",
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
                    marked=[("Auto-merge threshold", model.auto_merge_confidence)],
                ),
                links=[("Move the threshold", reverse(THRESHOLDS))],
            )
        )
    return panels


def _outlook() -> list[Panel]:
    """Show what more decisions would bring, once it was measured."""
    curve = drawn()
    if not (points := curve.get("points")):
        return []
    brier = [point["brier"] for point in points]
    return [
        Panel(
            title="What more decisions bring",
            sentences=[
                "The local model trained on growing parts of the decisions, on one held-out part.",
                gain_in_words(curve["expected_gain"], curve["next"]),
            ],
            chart=Lines(
                "Brier score by number of decisions, lower is better",
                "decisions",
                "Brier",
                [("Brier", list(enumerate(brier)))],
                labels=[str(point["decisions"]) for point in points],
                y_to=(int(max(brier) * 5) + 1) / 5,  # so that its quarters have two decimals
            ),
        )
    ]


progress_steps.append(model_steps)
dashboard_panels.append(model_panels)
