"""Quality of probabilities on held-out pairs: ranking, decisions and calibration."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insights.intervals import wilson_interval
from insights.types import JSONObject

RELIABILITY_BINS = 10


class MetricInputError(ValueError):
    """Labels and probabilities that cannot be measured."""


@dataclass(frozen=True)
class DecisionScores:
    """Counts and rates of `probability >= threshold` (van Rijsbergen 1979, chapter 7, for F1).

    A rate whose denominator is zero is 0.0, as scikit-learn's `zero_division=0`.
    """

    threshold: float
    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int
    precision: float
    recall: float
    f1: float
    accuracy: float

    def as_dict(self) -> JSONObject:
        return asdict(self)


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin of a reliability diagram; the interval is Wilson's, at 95 %.

    An empty bin has count 0, and `mean_predicted` and `observed` are None.
    """

    lower: float
    upper: float
    count: int
    mean_predicted: float | None
    observed: float | None
    observed_low: float
    observed_high: float


@dataclass(frozen=True)
class Evaluation:
    """All measures of one model on one held-out part.

    `average_precision` and `roc_auc` are None when the part holds one class only.
    """

    count: int
    positives: int
    decisions: DecisionScores
    average_precision: float | None
    roc_auc: float | None
    brier: float
    log_loss: float
    calibration_error: float
    reliability: tuple[ReliabilityBin, ...]

    def as_dict(self) -> JSONObject:
        """Return plain JSON types, with the fields of `decisions` at the top level."""
        fields = asdict(self)
        return {**fields.pop("decisions"), **fields}


def checked(
    probability: ArrayLike, label: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return both as (n,) arrays, float64 and bool. Raises MetricInputError."""
    p = np.asarray(probability, dtype=np.float64)
    y = np.asarray(label)
    if p.ndim != 1 or y.shape != p.shape:
        raise MetricInputError(
            f"Probabilities of shape {p.shape} and labels of shape {y.shape}: "
            "give one of each for every pair."
        )
    if p.size == 0:
        raise MetricInputError("No pair to measure: give at least one labelled pair.")
    if not np.isin(y, (0, 1)).all():
        raise MetricInputError("Labels must be 0 (not the same) or 1 (the same).")
    outside = ~((p >= 0.0) & (p <= 1.0))
    if outside.any():
        raise MetricInputError(
            f"Probability {p[outside][0]} at position {int(np.argmax(outside))} is not in 0..1."
        )
    return p, y.astype(bool)


def decision_scores(
    probability: ArrayLike, label: ArrayLike, threshold: float = 0.5
) -> DecisionScores:
    """Precision, recall, F1 and accuracy of `probability >= threshold`."""
    p, y = checked(probability, label)
    said = p >= threshold
    tp, fp = int((said & y).sum()), int((said & ~y).sum())
    fn, tn = int((~said & y).sum()), int((~said & ~y).sum())
    return DecisionScores(
        threshold=float(threshold),
        true_positives=tp,
        false_positives=fp,
        true_negatives=tn,
        false_negatives=fn,
        precision=tp / (tp + fp) if tp + fp else 0.0,
        recall=tp / (tp + fn) if tp + fn else 0.0,
        f1=2 * tp / (2 * tp + fp + fn) if 2 * tp + fp + fn else 0.0,
        accuracy=(tp + tn) / p.size,
    )


def average_precision(score: ArrayLike, label: ArrayLike) -> float | None:
    """Sum of precision times gain in recall over the distinct scores, without interpolation.

    The definition of scikit-learn's `average_precision_score` (Manning, Raghavan and Schütze 2008,
    section 8.4); pairs with equal scores enter together. None without a positive and a negative.
    """
    s, y = np.asarray(score, dtype=np.float64), np.asarray(label).astype(bool)
    if y.all() or not y.any():
        return None
    order = np.argsort(-s, kind="stable")
    s, hits = s[order], np.cumsum(y[order])
    last_of_tie = np.append(s[1:] != s[:-1], True)
    hits, taken = hits[last_of_tie], np.flatnonzero(last_of_tie) + 1
    gained = np.diff(hits, prepend=0)
    return float((gained * hits / taken).sum() / hits[-1])


def roc_auc(score: ArrayLike, label: ArrayLike) -> float | None:
    """Chance that a positive outranks a negative, ties half (Hanley and McNeil 1982)."""
    s, y = np.asarray(score, dtype=np.float64), np.asarray(label).astype(bool)
    positives, negatives = int(y.sum()), int((~y).sum())
    if not positives or not negatives:
        return None
    _, place, count = np.unique(s, return_inverse=True, return_counts=True)
    mid_rank = np.cumsum(count) - (count - 1) / 2
    rank_sum = float(mid_rank[place][y].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def brier_score(probability: ArrayLike, label: ArrayLike) -> float:
    """Mean squared error of the probability, 0 is best (Brier 1950)."""
    p, y = checked(probability, label)
    return float(np.mean((p - y) ** 2))


def log_loss(probability: ArrayLike, label: ArrayLike) -> float:
    """Mean negative log-likelihood in nats; probabilities are kept off 0 and 1 by 1e-15."""
    p, y = checked(probability, label)
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return float(-np.mean(np.where(y, np.log(p), np.log1p(-p))))


def reliability_bins(
    probability: ArrayLike, label: ArrayLike, bins: int = RELIABILITY_BINS
) -> tuple[ReliabilityBin, ...]:
    """Equal-width bins [lower, upper), the last one closed (Murphy and Winkler 1977)."""
    p, y = checked(probability, label)
    place = np.minimum((p * bins).astype(int), bins - 1)
    result = []
    for index in range(bins):
        inside = place == index
        count, same = int(inside.sum()), int(y[inside].sum())
        low, high = wilson_interval(same, count)
        result.append(
            ReliabilityBin(
                lower=index / bins,
                upper=(index + 1) / bins,
                count=count,
                mean_predicted=float(p[inside].mean()) if count else None,
                observed=same / count if count else None,
                observed_low=low,
                observed_high=high,
            )
        )
    return tuple(result)


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Mean |observed - predicted| over the bins, weighted by count (Naeini et al. 2015)."""
    total = sum(one.count for one in bins)
    gaps = (
        one.count * abs(one.observed - one.mean_predicted)
        for one in bins
        if one.observed is not None and one.mean_predicted is not None
    )
    return sum(gaps) / total


def evaluate(probability: ArrayLike, label: ArrayLike, threshold: float = 0.5) -> Evaluation:
    """Compute all measures on (n,) held-out pairs. Raises MetricInputError for unusable input."""
    p, y = checked(probability, label)
    bins = reliability_bins(p, y)
    return Evaluation(
        count=int(p.size),
        positives=int(y.sum()),
        decisions=decision_scores(p, y, threshold),
        average_precision=average_precision(p, y),
        roc_auc=roc_auc(p, y),
        brier=brier_score(p, y),
        log_loss=log_loss(p, y),
        calibration_error=expected_calibration_error(bins),
        reliability=bins,
    )
