"""A new version and the active one on the same held-out decisions, which neither was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from finetuning.backends import backend_named
from finetuning.errors import NotPossible
from finetuning.inference.prediction import differences_of
from finetuning.inference.predictor import TextPair
from finetuning.ml.gate import GateResult, gate
from finetuning.ml.learners.similarity import SimilarityBaseline
from finetuning.models import DeduplicationModel, ThresholdChange
from finetuning.training_data.dataset import TrainingExample
from finetuning.training_data.files import examples_of, trained_statements
from insights.types import JSONObject


@dataclass(frozen=True)
class Verdict:
    """The gate's answer. `against`: the active version compared; None for plain similarity."""

    result: GateResult
    against: UUID | None
    against_name: str
    seen_before: int

    def as_dict(self) -> JSONObject:
        return {
            "against": self.against_name,
            "seen_before": self.seen_before,
            **self.result.as_dict(),
        }


def examine(new: DeduplicationModel, active: DeduplicationModel | None) -> Verdict:
    """Measure both versions on the same held-out pairs.

    Raises NotPossible when there is nothing to measure on, and what a broken scorer raises.

    A statement's side never changes, so no held-out statement of the new version's file was trained
    on by the active one. If statements were ever moved by hand, or the rule for equal statements
    changed, the pairs concerned are left out and counted (`seen_before`).
    """
    examples = examples_of(new)
    seen = trained_statements(examples)
    if active:
        seen |= trained_statements(examples_of(active))
    held_out, seen_before = [], 0
    for one in examples:
        if one.split != "held_out":
            continue
        if {one.statement1, one.statement2} & seen:
            seen_before += 1
        else:
            held_out.append(one)
    label = np.array([one.label for one in held_out], dtype=bool)
    positive, negative = int(label.sum()), int((~label).sum())
    if not positive or not negative:
        raise NotPossible(
            f"Nothing to compare on: {positive} positive and {negative} negative examples are held "
            "out. Decide more clusters of both kinds."
        )
    result = gate(
        _probabilities(active, held_out, examples),
        backend_named(new.backend).scorer(new).probabilities(held_out),
        label,
        [one.group for one in held_out],
        [
            not differences_of(TextPair(one.statement1, one.statement2, one.similarity))
            for one in held_out
        ],
        active_threshold=active.auto_merge_confidence if active else None,
        target_precision=settings.AUTO_MERGE_PRECISION,
        floor=ThresholdChange.objects.standing_auto_merge(),
    )
    name = str(active) if active else "plain similarity"
    return Verdict(result, active.pk if active else None, name, seen_before)


def _probabilities(
    active: DeduplicationModel | None,
    held_out: Sequence[TrainingExample],
    examples: Sequence[TrainingExample],
) -> NDArray[np.float64]:
    if active is not None:
        return backend_named(active.backend).scorer(active).probabilities(held_out)
    train = [one for one in examples if one.split == "train"]
    baseline = SimilarityBaseline.fit(
        np.array([one.similarity for one in train]), np.array([one.label for one in train])
    )
    return baseline.predict_probability(np.array([one.similarity for one in held_out]))
