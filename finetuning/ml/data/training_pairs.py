"""The labelled pairs that a model is trained on, checked before anything is learned from them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINIMUM_PER_LABEL = 10  # the guide's minimum, and OpenAI's
RECOMMENDED_PER_LABEL = 100
IMBALANCE = 3  # a report warns from this many times the examples of the other label


class TrainingDataError(ValueError):
    """Pairs that no model can be trained on; the message says what to do."""


@dataclass(frozen=True)
class TrainingPairs:
    """n labelled pairs: statements, cosine (n,), label (n,) of 0/1, and each pair's cluster."""

    left: Sequence[str]
    right: Sequence[str]
    similarity: NDArray[np.float64]
    label: NDArray[np.bool_]
    group: Sequence[Hashable]

    def __len__(self) -> int:
        return len(self.label)


def in_canonical_order(pairs: TrainingPairs) -> tuple[TrainingPairs, NDArray[np.intp]]:
    """Return the pairs ordered by what they say, and the (n,) row that each came from.

    Raises TrainingDataError for pairs that are unfit.
    """
    label = np.asarray(pairs.label)
    similarity = np.asarray(pairs.similarity, dtype=np.float64)
    lengths = {len(pairs.left), len(pairs.right), len(similarity), len(label), len(pairs.group)}
    if lengths == {0}:
        raise TrainingDataError(
            "No training data available: review clusters first, approving and rejecting some."
        )
    if len(lengths) > 1:
        raise TrainingDataError(
            f"left, right, similarity, label and group have lengths {sorted(lengths)}: "
            "give one of each for every pair."
        )
    if not np.isin(label, (0, 1)).all():
        raise TrainingDataError("Labels must be 0 (not the same) or 1 (the same).")
    if not np.isfinite(similarity).all():
        place = int(np.argmin(np.isfinite(similarity)))
        raise TrainingDataError(f"The similarity of pair {place} is {similarity[place]}.")
    positives = int(label.sum())
    negatives = len(label) - positives
    if min(positives, negatives) < MINIMUM_PER_LABEL:
        raise TrainingDataError(
            f"Insufficient training data: need at least {MINIMUM_PER_LABEL} positive and "
            f"{MINIMUM_PER_LABEL} negative examples, there are {positives} and {negatives}. "
            "Create more manual decisions."
        )
    order = sorted(
        range(len(label)),
        key=lambda row: (
            *sorted((pairs.left[row], pairs.right[row])),
            bool(label[row]),
            float(similarity[row]),
            str(pairs.group[row]),
        ),
    )
    sorted_pairs = TrainingPairs(
        left=[pairs.left[row] for row in order],
        right=[pairs.right[row] for row in order],
        similarity=similarity[order],
        label=label[order].astype(bool),
        group=[pairs.group[row] for row in order],
    )
    return sorted_pairs, np.array(order, dtype=np.intp)


def shortcomings(label: NDArray[np.bool_]) -> list[str]:
    """Return warnings about sufficient but weak labels: too few to be good, one-sided."""
    positives = int(label.sum())
    fewer, more = sorted((positives, len(label) - positives))
    found = []
    if fewer < RECOMMENDED_PER_LABEL:
        found.append(
            f"Only {positives} positive and {len(label) - positives} negative examples: "
            f"aim for {RECOMMENDED_PER_LABEL} or more of each."
        )
    if more > IMBALANCE * fewer:
        found.append(f"Out of balance: {more} examples of one kind, {fewer} of the other.")
    return found
