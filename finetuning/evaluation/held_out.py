"""Quality of a version on the held-out decisions and on predictions reviewed since."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db.models import Count, Q, QuerySet

from finetuning.backends import backend_named
from finetuning.ml.comparison import bootstrap_average_precision
from finetuning.ml.learners.similarity import SimilarityBaseline
from finetuning.ml.metrics import Evaluation, evaluate
from finetuning.ml.thresholds import choose_threshold, threshold_curve
from finetuning.models import DeduplicationModel, ModelPrediction, ModelStatus
from finetuning.training_data.dataset import TrainingExample
from finetuning.training_data.files import examples_of
from finetuning.trust.basis import record_decisions, record_statements
from insights.types import JSONObject

logger = logging.getLogger(__name__)


def evaluate_held_out(model: DeduplicationModel) -> JSONObject:
    """Measure a model beside plain similarity and the previous version, for its `metrics`.

    All on the held-out part of the model's own training file, which none of them was trained on:
    a statement's split never changes. What cannot be measured is None, and `reason` says why.
    """
    examples = examples_of(model)
    record_statements(model, [one for one in examples if one.split == "train"])
    held_out = [one for one in examples if one.split == "held_out"]
    label = np.array([one.label for one in held_out], dtype=bool)
    metrics: dict[str, Any] = {
        "n_positive": int(label.sum()),
        "n_negative": int((~label).sum()),
        "held_out": None,
        "baseline": None,
        "previous": None,
        "comparison": {"baseline": None, "previous": None},
        "curve": [],
        "reliability": [],
        "chosen_threshold": None,
        "reason": _lacking(label),
    }
    if not held_out:
        return metrics
    probability = backend_named(model.backend).scorer(model).probabilities(held_out)
    record_decisions(model, held_out, probability)
    measured = evaluate(probability, label)
    metrics |= {
        "held_out": _without_bins(measured),
        "reliability": [asdict(one) for one in measured.reliability],
        "curve": [point.as_dict() for point in threshold_curve(probability, label)],
        "chosen_threshold": choose_threshold(
            probability, label, floor=model.auto_merge_confidence
        ).as_dict(),
    }
    similarity = np.array([one.similarity for one in held_out])
    baseline = _baseline([one for one in examples if one.split == "train"])
    metrics["baseline"] = {
        **_without_bins(baseline.evaluate(similarity, label)),
        "similarity_threshold": baseline.threshold,
    }
    metrics["comparison"]["baseline"] = _gain(
        baseline.predict_probability(similarity), probability, label
    )
    metrics["previous"], metrics["comparison"]["previous"] = _previous(
        model, held_out, probability, label
    )
    return metrics


def _lacking(label: np.ndarray) -> str | None:
    if not len(label):
        return "No example is held out yet: decide more clusters, then train again."
    if label.all() or not label.any():
        kind = "positive" if label.all() else "negative"
        return f"All held-out examples are {kind}: ranking cannot be measured on them."
    return None


def _without_bins(measured: Evaluation) -> JSONObject:
    fields = measured.as_dict()
    del fields["reliability"]
    return fields


def _baseline(train: Sequence[TrainingExample]) -> SimilarityBaseline:
    return SimilarityBaseline.fit(
        np.array([one.similarity for one in train]), np.array([one.label for one in train])
    )


def _gain(before: np.ndarray, probability: np.ndarray, label: np.ndarray) -> JSONObject:
    gain = bootstrap_average_precision(before, probability, label)
    return {"average_precision": gain and asdict(gain)}


def _previous(
    model: DeduplicationModel,
    held_out: Sequence[TrainingExample],
    probability: np.ndarray,
    label: np.ndarray,
) -> tuple[JSONObject | None, JSONObject | None]:
    """Measure the active version, else the newest older one, on the same examples."""
    others = DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED).exclude(pk=model.pk)
    earlier = others.filter(version__lt=model.version)
    other = others.filter(is_active=True).first() or earlier.order_by("-version").first()
    if other is None:
        return None, None
    try:
        before = backend_named(other.backend).scorer(other).probabilities(held_out)
    except Exception as error:
        logger.exception("%s cannot be compared with.", other)
        return {"version": other.version, "error": str(error)}, None
    return (
        {"version": other.version, **_without_bins(evaluate(before, label))},
        _gain(before, probability, label),
    )


@dataclass(frozen=True)
class ReviewedAccuracy:
    """The guide's query. `accuracy_pct` is None while nothing has been reviewed."""

    total_reviewed: int
    correct: int
    accuracy_pct: float | None


def reviewed_accuracy(model: DeduplicationModel) -> ReviewedAccuracy:
    """Count how often people agreed with the model's predictions they decided on since."""
    counts = ModelPrediction.objects.filter(model=model, actual_label__isnull=False).aggregate(
        total=Count("pk"), correct=Count("pk", filter=Q(is_correct=True))
    )
    total, correct = counts["total"], counts["correct"]
    return ReviewedAccuracy(total, correct, round(100 * correct / total, 2) if total else None)


def misclassifications(model: DeduplicationModel) -> QuerySet[ModelPrediction]:
    """Return predictions that people contradicted, surest first: the guide's second query."""
    return (
        ModelPrediction.objects.filter(model=model, is_correct=False, actual_label__isnull=False)
        .select_related("insight1", "insight2")
        .order_by("-confidence", "pk")
    )
