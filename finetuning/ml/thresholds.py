"""The precision at each threshold, and the lowest threshold with enough of it."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finetuning.ml.metrics import checked
from insights.intervals import exact_lower_bound
from insights.types import JSONObject

# Steps of 0.05 below the range of auto-merge thresholds, of 0.01 within it.
THRESHOLD_GRID: tuple[float, ...] = tuple(
    [round(0.05 * step, 2) for step in range(16)]
    + [round(0.01 * step, 2) for step in range(80, 100)]
)
GROUPED = 0.8


@dataclass(frozen=True)
class ThresholdPoint:
    """The merges of `probability >= threshold`.

    `precision` is None if nothing is selected; `precision_low` is the exact one-sided bound.
    """

    threshold: float
    selected: int
    precision: float | None
    precision_low: float
    recall: float
    coverage: float

    def as_dict(self) -> JSONObject:
        return asdict(self)


@dataclass(frozen=True)
class ChosenThreshold:
    """The threshold to merge at, whether it reached the target, and its results on these pairs."""

    threshold: float
    reached: bool
    target_precision: float
    confidence: float
    point: ThresholdPoint

    def as_dict(self) -> JSONObject:
        return asdict(self)


def threshold_curve(
    probability: ArrayLike,
    label: ArrayLike,
    thresholds: ArrayLike = THRESHOLD_GRID,
    confidence: float = 0.95,
) -> tuple[ThresholdPoint, ...]:
    """Precision, recall (of the positives) and coverage (of all pairs) at each threshold."""
    p, y = checked(probability, label)
    order = np.argsort(p, kind="stable")
    p, hits_below = p[order], np.concatenate(([0], np.cumsum(y[order])))
    positives = int(hits_below[-1])
    result = []
    for threshold in np.asarray(thresholds, dtype=np.float64):
        start = int(np.searchsorted(p, threshold, side="left"))
        selected, hits = p.size - start, positives - int(hits_below[start])
        result.append(
            ThresholdPoint(
                threshold=float(threshold),
                selected=selected,
                precision=hits / selected if selected else None,
                precision_low=exact_lower_bound(hits, selected, confidence),
                recall=hits / positives if positives else 0.0,
                coverage=selected / p.size,
            )
        )
    return tuple(result)


def choose_threshold(
    probability: ArrayLike,
    label: ArrayLike,
    target_precision: float = 0.99,
    floor: float = 0.90,
    confidence: float = 0.95,
) -> ChosenThreshold:
    """Return the lowest threshold, never below `floor`, whose precision surely reaches the target.

    Surely: the exact one-sided lower bound at this confidence is at least `target_precision`. With
    too few pairs for that (299 faultless ones for 0.99) it returns the floor with `reached` False.
    The bound is valid for one threshold fixed in advance; since the lowest of several is taken,
    measure the choice again on pairs that it has not seen (Geifman and El-Yaniv 2017, on
    selection).
    """
    p, y = checked(probability, label)
    for point in threshold_curve(p, y, _candidates(p, floor), confidence):
        if point.precision_low >= target_precision:
            return ChosenThreshold(point.threshold, True, target_precision, confidence, point)
    (at_floor,) = threshold_curve(p, y, (floor,), confidence)
    return ChosenThreshold(floor, False, target_precision, confidence, at_floor)


def link_threshold(probability: NDArray[np.float64]) -> float | None:
    """Return the average probability from which on two groups are linked.

    probability: (n,) calibrated, of pairs the model was not trained on; NaN where unknown. With
    calibrated probabilities p, the expected F1 of all pairs at or above t is 2 * sum(p[p >= t]) /
    (count(p >= t) + sum(p)), and the best t is half the best F1, so never above 0.5 (Lipton et al.
    2014, arXiv:1402.1892). Groups also hold pairs that were no candidates, so their best F1 is
    less; GROUPED is its share, chosen on the development part of ArgKP-2021. None where no
    probability is known.
    """
    known = np.sort(probability[~np.isnan(probability)])[::-1]
    if not known.sum():
        return None
    expected = 2 * np.cumsum(known) / (np.arange(1, len(known) + 1) + known.sum())
    return round(GROUPED * float(expected.max()) / 2, 4)


def _candidates(p: NDArray[np.float64], floor: float) -> NDArray[np.float64]:
    return np.append(floor, np.unique(p[p > floor]))
