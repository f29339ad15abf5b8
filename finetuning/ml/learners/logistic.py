"""Logistic regression on standardised features."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from insights.types import JSONObject

DIGITS = 9  # enough for any probability, few enough to absorb the rounding of a BLAS


@dataclass(frozen=True)
class Logistic:
    """score = bias + sum of weight * (value - mean) / scale, values kept within the trained range.

    mean, scale, weight, low, high: (f,); scale is above zero. The range keeps a pair unlike all
    training pairs from an extreme score.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weight: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    bias: float

    @classmethod
    def fit(
        cls,
        values: NDArray[np.float64],
        label: NDArray[np.bool_],
        strength: float,
        negatives: NDArray[np.float64] | None = None,
        share: float = 0.0,
    ) -> Self:
        """Fit (n, f) features by (n,) labels; `strength` is scikit-learn's C.

        `negatives`: (m, f) further rows of label False, which together weigh `share` of the n.
        """
        from sklearn.linear_model import LogisticRegression

        weight = np.ones(len(values))
        if negatives is not None and len(negatives):
            weight = np.append(
                weight, np.full(len(negatives), share * len(values) / len(negatives))
            )
            values = np.vstack([values, negatives])
            label = np.append(label, np.zeros(len(negatives), dtype=bool))
        mean, scale = values.mean(axis=0), values.std(axis=0)
        # A feature that never varies teaches nothing; scale 1 keeps its weight at 0 and it finite.
        scale[scale < 1e-9] = 1.0
        fit = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200)
        fit.fit((values - mean) / scale, label, sample_weight=weight)
        return cls(
            mean=rounded(mean),
            scale=rounded(scale),
            weight=rounded(fit.coef_[0]),
            low=rounded(values.min(axis=0)),
            high=rounded(values.max(axis=0)),
            bias=float(rounded(fit.intercept_)[0]),
        )

    def score(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log-odds, (n,), of (n, f) features."""
        z = (np.clip(values, self.low, self.high) - self.mean) / self.scale
        return z @ self.weight + self.bias

    def to_json(self) -> JSONObject:
        """Plain JSON types, 10 kB."""
        arrays = {name: getattr(self, name).tolist() for name in _ARRAYS}
        return {**arrays, "bias": self.bias}

    @classmethod
    def from_json(cls, stored: JSONObject) -> Self:
        """Raise KeyError, TypeError or ValueError for numbers that cannot be used."""
        arrays = {name: np.array(stored[name], dtype=np.float64) for name in _ARRAYS}
        found = cls(**arrays, bias=float(stored["bias"]))
        if not (found.scale > 0).all() or not all(
            np.isfinite(one).all() for one in arrays.values()
        ):
            raise ValueError("A scale is not above zero, or a number is not finite.")
        return found


_ARRAYS = ("mean", "scale", "weight", "low", "high")


def rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with nine significant digits."""
    return np.array([float(f"{value:.{DIGITS}g}") for value in values])
