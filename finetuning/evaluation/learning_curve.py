"""The value of labels: the local model on growing parts of the decisions, on one held-out part.

The order of the decisions depends on their ids only, not on time, because the first questions
differ from the last ones.
"""

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.cache import cache
from redis import RedisError

from finetuning.backends.local import SEED, training_pairs
from finetuning.errors import FineTuningError, NotPossible
from finetuning.ml.data.training_pairs import MINIMUM_PER_LABEL
from finetuning.ml.learning_curve import CurvePoint, PowerLaw, fit_power_law, nested_sizes
from finetuning.ml.metrics import evaluate
from finetuning.ml.training import train
from finetuning.training_data.dataset import TrainingExample, build_dataset, require_enough
from insights.types import JSONObject

logger = logging.getLogger(__name__)

KEY = "finetuning.learning_curve"
NEXT = 50
LEAST_GAIN = 0.0005  # of the Brier score, which is shown with three decimals


@dataclass(frozen=True)
class LearningCurve:
    """Quality by number of decisions.

    `expected_gain`: how much the Brier score should fall with the next 50 decisions; None with too
    few points.
    """

    points: list[CurvePoint]
    law: PowerLaw | None
    expected_gain: float | None

    def as_dict(self) -> JSONObject:
        return {
            "points": [point.as_dict() for point in self.points],
            "law": vars(self.law) if self.law else None,
            "expected_gain": self.expected_gain,
            "next": NEXT,
        }


def draw() -> JSONObject:
    """Compute the curve, or the `reason` for none, and keep it for the front page."""
    try:
        found = learning_curve().as_dict()
    except FineTuningError as error:
        found = {"reason": str(error)}
    cache.set(KEY, found, timeout=None)
    return found


def drawn() -> JSONObject:
    """Return the last curve as a dict; empty before the first drawing and while Redis is away."""
    try:
        found: JSONObject = cache.get(KEY) or {}
    except RedisError:
        logger.exception("The learning curve cannot be read from the cache.")
        return {}
    return found


def learning_curve() -> LearningCurve:
    """Compute the curve. Raises FineTuningError with too little to learn from or to measure on."""
    dataset = build_dataset()
    require_enough(dataset)
    held_out = list(dataset.examples("held_out"))
    label = np.array([one.label for one in held_out], dtype=bool)
    if label.all() or not label.any():
        raise NotPossible("Nothing to measure on: decide more clusters of both kinds.")
    by_decision: dict[Any, list[TrainingExample]] = {}
    for one in dataset.examples("train"):
        by_decision.setdefault(one.decision_id, []).append(one)
    order = sorted(by_decision, key=lambda pk: hashlib.sha256(str(pk).encode()).digest())
    points = []
    for size in nested_sizes(len(order)):
        part = [one for pk in order[:size] for one in by_decision[pk]]
        positive = sum(one.label for one in part)
        if min(positive, len(part) - positive) < MINIMUM_PER_LABEL:
            continue
        model = train(training_pairs(part), seed=SEED).model
        probability = model.predict_probability(
            [one.statement1 for one in held_out],
            [one.statement2 for one in held_out],
            [one.similarity for one in held_out],
        )
        measured = evaluate(probability, label)
        points.append(CurvePoint(size, len(part), measured.average_precision, measured.brier))
    law = fit_power_law([p.decisions for p in points], [p.brier for p in points])
    gain = law.expected_gain(len(order), NEXT) if law else None
    return LearningCurve(points, law, gain)


def gain_in_words(gain: float | None, decisions: int = NEXT) -> str:
    """Say what the next `decisions` should bring, by a curve's `expected_gain`."""
    if gain is None:
        return "Too few decisions to say what the next ones would bring."
    if gain < LEAST_GAIN:
        return f"The next {decisions} decisions of this kind are not expected to help measurably."
    return f"The next {decisions} decisions should lower the Brier score by {gain:.3f}."
