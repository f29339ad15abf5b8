"""Paired comparison: is one model better on the same held-out pairs, or is it chance?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finetuning.ml.metrics import average_precision, checked


@dataclass(frozen=True)
class BootstrapDifference:
    """The second model's gain, with a percentile interval over resampled pairs or decisions.

    Average precision: second minus first. Brier score: first minus second.
    """

    difference: float
    low: float
    high: float
    confidence: float
    resamples: int

    def is_none(self, digits: int) -> bool:
        """Return True if no resample's difference is visible with this many decimals."""
        return not any(round(one, digits) for one in (self.difference, self.low, self.high))

    def in_words(self) -> str:
        if self.is_none(3):
            return "the same"
        return (
            f"{self.difference:+.3f} ({self.confidence:.0%} interval {self.low:+.3f} to "
            f"{self.high:+.3f})"
        )

    def gain_in_words(self) -> str:
        """Say by how much a score of which less is better fell, with four decimals."""
        if self.is_none(4):
            return "the same"
        by = round(abs(self.difference), 4)
        moved = f"{'lower' if self.difference > 0 else 'higher'} by {by:.4f}" if by else "the same"
        return (
            f"{moved}, {self.confidence:.0%} interval of the gain {self.low:+.4f} to "
            f"{self.high:+.4f}"
        )


def bootstrap_average_precision(
    first: ArrayLike,
    second: ArrayLike,
    label: ArrayLike,
    *,
    seed: int = 42,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> BootstrapDifference | None:
    """Paired percentile bootstrap (Efron and Tibshirani 1993, chapter 13).

    Both models are measured on the same resampled pairs. A resample of one class only has no
    average precision and is skipped. None when the labels themselves hold one class only.
    """
    p, y = checked(first, label)
    q, _ = checked(second, label)
    whole = _difference(p, q, y)
    if whole is None:
        return None
    random = np.random.default_rng(seed)
    samples = (random.integers(0, y.size, y.size) for _ in range(resamples))
    differences = [_difference(p[rows], q[rows], y[rows]) for rows in samples]
    usable = [value for value in differences if value is not None]
    tail = (1 - confidence) / 2
    low, high = np.quantile(usable, (tail, 1 - tail)) if usable else (whole, whole)
    return BootstrapDifference(whole, float(low), float(high), confidence, len(usable))


def _difference(
    p: NDArray[np.float64], q: NDArray[np.float64], y: NDArray[np.bool_]
) -> float | None:
    first, second = average_precision(p, y), average_precision(q, y)
    return None if first is None or second is None else second - first
