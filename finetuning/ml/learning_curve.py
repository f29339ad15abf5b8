"""Quality by number of decisions, and the expected gain of the next ones."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import nnls

from insights.types import JSONObject

STEPS = 200  # exponents that are tried


@dataclass(frozen=True)
class CurvePoint:
    """A model trained on the first `decisions` decisions, measured on one held-out part."""

    decisions: int
    examples: int
    average_precision: float | None
    brier: float

    def as_dict(self) -> JSONObject:
        return asdict(self)


@dataclass(frozen=True)
class PowerLaw:
    """error(n) = floor + scale * n ** -exponent (Cortes et al. 1994; Hestness et al. 2017)."""

    floor: float
    scale: float
    exponent: float

    def error(self, n: float) -> float:
        return self.floor + self.scale * n**-self.exponent

    def expected_gain(self, now: int, more: int) -> float:
        """Return how much lower the error should be after that many more decisions; at least 0."""
        return self.error(now) - self.error(now + more)


def nested_sizes(decisions: int, points: int = 6, least: int = 20) -> list[int]:
    """Return numbers of decisions from `least` to all, evenly spaced on a log scale."""
    if decisions <= least:
        return [decisions] if decisions else []
    sizes = np.geomspace(least, decisions, points)
    return sorted({round(size) for size in sizes})


def fit_power_law(sizes: Sequence[int], errors: ArrayLike) -> PowerLaw | None:
    """Fit least squares with floor and scale not negative; None with fewer than four points.

    For each exponent of a grid the rest is linear, so nothing can diverge. A curve that does not
    fall gives scale 0: nothing is to be gained.
    """
    n, y = np.asarray(sizes, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if len(n) < 4:
        return None
    best: tuple[float, PowerLaw] | None = None
    for exponent in np.linspace(0.05, 2.0, STEPS):
        design = np.column_stack((np.ones_like(n), n**-exponent))
        (floor, scale), residual = nnls(design, y)
        if best is None or residual < best[0] - 1e-12:
            best = residual, PowerLaw(float(floor), float(scale), float(exponent))
    return best[1] if best else None
