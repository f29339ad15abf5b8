"""Measure the active version again: held-out decisions, and the learning curve."""

from collections.abc import Sequence

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from finetuning.backends import backend_named
from finetuning.errors import FineTuningError
from finetuning.evaluation.learning_curve import learning_curve
from finetuning.inference.prediction import differences_of
from finetuning.inference.prediction_store import recorded
from finetuning.inference.predictor import TextPair
from finetuning.ml.metrics import evaluate
from finetuning.ml.thresholds import threshold_curve
from finetuning.models import DeduplicationModel, ModelEvaluation
from finetuning.training_data.dataset import Dataset, TrainingExample, build_dataset
from finetuning.training_data.files import examples_of, trained_statements
from insights.ids import ordered
from insights.jobs.locks import advisory_lock
from insights.types import JSONObject

MEASURES = ("count", "positives", "precision", "recall", "f1", "average_precision", "brier")


def refresh_evaluation() -> ModelEvaluation | None:
    """Write today's row of the active version, or overwrite it.

    Returns None if no version is active, or another process is measuring it.

    A hosted version is measured by its past answers only, which costs nothing.
    """
    model = DeduplicationModel.objects.active()
    if model is None:
        return None
    with advisory_lock("refresh evaluation") as free:
        if not free:
            return None
        dataset = build_dataset()
        known = examples_of(model)
        held_out, probability = _scored(model, _untrained(dataset, known))
        decided_before = {one.decision_id for one in known}
        new = np.array([one.decision_id not in decided_before for one in held_out], dtype=bool)
        row, _ = ModelEvaluation.objects.update_or_create(
            model=model,
            measured_on=timezone.now().date(),
            defaults={
                "measured_at": timezone.now(),
                "pairs": len(held_out),
                "new_pairs": int(new.sum()),
                "metrics": _metrics(model, held_out, probability, new),
                "curve": _curve(dataset),
            },
        )
        return row


def _untrained(dataset: Dataset, known: Sequence[TrainingExample]) -> list[TrainingExample]:
    """Return what is held out now and shares no statement with the version's training."""
    trained = trained_statements(known)
    return [
        one
        for one in dataset.examples("held_out")
        if not {one.statement1, one.statement2} & trained
    ]


def _scored(
    model: DeduplicationModel, held_out: list[TrainingExample]
) -> tuple[list[TrainingExample], NDArray[np.float64]]:
    if not model.is_hosted:
        if not held_out:
            return [], np.zeros(0)
        return held_out, backend_named(model.backend).scorer(model).probabilities(held_out)
    said = recorded(model, [ordered(one.insight1_id, one.insight2_id) for one in held_out])
    asked = [one for one in held_out if ordered(one.insight1_id, one.insight2_id) in said]
    return asked, np.array([said[ordered(one.insight1_id, one.insight2_id)] for one in asked])


def _metrics(
    model: DeduplicationModel,
    held_out: list[TrainingExample],
    probability: NDArray[np.float64],
    new: NDArray[np.bool_],
) -> JSONObject:
    label = np.array([one.label for one in held_out], dtype=bool)
    if not len(label):
        return {"all": None, "new": None, "merging": None}
    mergeable = np.array(
        [
            not differences_of(TextPair(one.statement1, one.statement2, one.similarity))
            for one in held_out
        ]
    )
    (merging,) = threshold_curve(
        np.where(mergeable, probability, 0.0), label, (model.auto_merge_confidence,)
    )
    return {
        "all": _measured(probability, label),
        "new": _measured(probability[new], label[new]),
        "merging": merging.as_dict(),
    }


def _measured(probability: NDArray[np.float64], label: NDArray[np.bool_]) -> JSONObject | None:
    if not len(label):
        return None
    measured = evaluate(probability, label).as_dict()
    return {name: measured[name] for name in MEASURES}


def _curve(dataset: Dataset) -> JSONObject:
    try:
        return learning_curve(dataset).as_dict()
    except FineTuningError as error:
        return {"reason": str(error)}
