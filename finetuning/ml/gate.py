"""The gate that a new version has to pass: both versions are measured on the same pairs."""

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finetuning.ml.comparison import BootstrapDifference
from finetuning.ml.metrics import average_precision, checked
from finetuning.ml.thresholds import (
    ChosenThreshold,
    ThresholdPoint,
    choose_threshold,
    threshold_curve,
)
from insights.intervals import exact_lower_bound
from insights.types import JSONObject

RESAMPLES = 2000


@dataclass(frozen=True)
class GateResult:
    """The gate's outcome: `passed`, the reasons in sentences, and every number behind them.

    `brier`: the active version's mean squared error minus the new one's (positive: the new one is
    better), with its interval. `threshold`: where the new version would merge without a person.
    `at_threshold`: each version at its own, None for plain similarity, which merges nothing.
    """

    passed: bool
    reasons: tuple[str, ...]
    pairs: int
    groups: int
    brier: BootstrapDifference
    average_precision: dict[str, float | None]
    threshold: ChosenThreshold
    at_threshold: dict[str, ThresholdPoint | None]

    def as_dict(self) -> JSONObject:
        return asdict(self)


def gate(
    active: ArrayLike,
    new: ArrayLike,
    label: ArrayLike,
    groups: Sequence[Hashable],
    may_merge: ArrayLike,
    *,
    active_threshold: float | None,
    target_precision: float = 0.99,
    floor: float = 0.90,
) -> GateResult:
    """Compare `active` and `new`, probabilities (n,) for the same held-out pairs and labels (n,).

    `groups`: the decision of each pair; pairs of one decision are not independent, so whole
    decisions are resampled. `may_merge` (n,): False where the near-miss guard would hold the merge
    back whatever a model says. `active_threshold`: None when no model is active.

    It passes when the Brier score gets better by more than chance (the 95 % interval of the
    difference is above 0), and the precision of what would be merged without a person does not
    surely fall. Against plain similarity, which merges nothing, it only has to be better: each
    merge has to be earned. Brier, because it is a mean over pairs, which a paired test has most
    power on, and a proper score (Gneiting and Raftery 2007): it counts the calibration that merging
    relies on. Raises MetricInputError.
    """
    p, y = checked(active, label)
    q, _ = checked(new, label)
    guard = np.asarray(may_merge, dtype=bool)
    brier = bootstrap_brier(p, q, y, groups)
    chosen = choose_merge_threshold(q, y, guard, target_precision=target_precision, floor=floor)
    before = _merged_at(p, y, guard, active_threshold)
    after = _merged_at(q, y, guard, chosen.threshold)
    found = (
        _not_better(brier, active_threshold is None),
        _less_precise(before, after, target_precision),
    )
    problems = [one for one in found if one]
    return GateResult(
        passed=not problems,
        reasons=tuple(problems) or (_better(brier), _as_precise(after)),
        pairs=int(y.size),
        groups=len(set(groups)),
        brier=brier,
        average_precision={"active": average_precision(p, y), "new": average_precision(q, y)},
        threshold=chosen,
        at_threshold={"active": before, "new": after},
    )


def bootstrap_brier(
    first: ArrayLike,
    second: ArrayLike,
    label: ArrayLike,
    groups: Sequence[Hashable],
    *,
    seed: int = 42,
    confidence: float = 0.95,
) -> BootstrapDifference:
    """Return the Brier score of the first less the second's: paired bootstrap over whole groups.

    Cluster bootstrap: Davison and Hinkley 1997, section 3.8.
    """
    p, y = checked(first, label)
    q, _ = checked(second, label)
    gain = (p - y) ** 2 - (q - y) ** 2
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    place = np.array([numbers[group] for group in groups])
    total = np.bincount(place, weights=gain)
    size = np.bincount(place)
    drawn = np.random.default_rng(seed).integers(0, len(size), (RESAMPLES, len(size)))
    means = total[drawn].sum(axis=1) / size[drawn].sum(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    return BootstrapDifference(
        float(gain.mean()), float(low), float(high), confidence=confidence, resamples=RESAMPLES
    )


def choose_merge_threshold(
    probability: ArrayLike,
    label: ArrayLike,
    may_merge: ArrayLike,
    *,
    target_precision: float,
    floor: float,
) -> ChosenThreshold:
    """Choose a threshold on the pairs that the guard lets through, never below the floor.

    With too few pairs to be sure of the target, it is the lowest threshold whose precision is not
    surely below it, by the exact upper bound; `reached` stays False. Reviewers err too, so one
    mistake among many pairs refutes nothing, and each kind of merge has to be earned beside it.
    """
    p, y = checked(probability, label)
    guard = np.asarray(may_merge, dtype=bool)
    if not guard.any():
        guard = np.ones_like(guard)
    p, y = p[guard], y[guard]
    chosen = choose_threshold(p, y, target_precision=target_precision, floor=floor)
    if chosen.reached:
        return chosen
    candidates = np.append(floor, np.unique(p[p > floor]))
    for point in threshold_curve(p, y, candidates, chosen.confidence):
        if _may_reach(point, target_precision):
            return ChosenThreshold(
                point.threshold, False, target_precision, chosen.confidence, point
            )
    # Even the surest pair is wrong: nothing below 1 can be trusted.
    (point,) = threshold_curve(p, y, (1.0,), chosen.confidence)
    return ChosenThreshold(1.0, False, target_precision, chosen.confidence, point)


def _merged_at(
    p: NDArray[np.float64], y: NDArray[np.bool_], guard: NDArray[np.bool_], threshold: float | None
) -> ThresholdPoint | None:
    if threshold is None:
        return None
    (point,) = threshold_curve(np.where(guard, p, 0.0), y, (threshold,))
    return point


def _not_better(brier: BootstrapDifference, is_first: bool) -> str:
    if brier.low > 0 or (is_first and brier.difference > 0):
        return ""
    return f"No clear improvement: its Brier score is {brier.gain_in_words()}."


def _less_precise(
    before: ThresholdPoint | None, after: ThresholdPoint | None, target: float
) -> str:
    if after is None or after.precision is None:
        if before is not None and before.selected:
            return "It would merge no held-out pair automatically."
        return ""
    if before is None or before.precision is None:
        least, whose = target, "the target"
    else:
        least, whose = before.precision, "the active version's"
    if _may_reach(after, least):
        return ""
    return (
        f"The precision of its automatic merges is {after.precision:.3f} "
        f"({after.selected} pairs at {after.threshold:.2f}), below {whose}, {least:.3f}."
    )


def _may_reach(point: ThresholdPoint, least: float) -> bool:
    """Return True unless the precision is below `least` by the exact 95 % upper bound."""
    if point.precision is None or point.precision >= least:
        return True
    wrong = point.selected - round(point.precision * point.selected)
    return 1 - exact_lower_bound(wrong, point.selected) >= least


def _better(brier: BootstrapDifference) -> str:
    degree = "Clear" if brier.low > 0 else "Likely"
    return f"{degree} improvement: its Brier score is {brier.gain_in_words()}."


def _as_precise(after: ThresholdPoint | None) -> str:
    if after is None or after.precision is None:
        return "It would merge no held-out pair automatically."
    return (
        f"Of {after.selected} held-out pairs it would merge, {after.precision:.1%} are "
        f"correct (at least {after.precision_low:.1%})."
    )
