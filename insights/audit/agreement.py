"""Cohen's kappa of two raters on pairs of statements, with an interval over whole clusters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

RESAMPLES = 2000
SEED = 17


class Counts(NamedTuple):
    """Pairs of one cluster that both raters called duplicates, only one of them, or neither."""

    both: int
    first: int
    second: int
    neither: int

    @classmethod
    def of(cls, said: Iterable[tuple[bool, bool]]) -> "Counts":
        pairs = list(said)
        ways = [(True, True), (True, False), (False, True), (False, False)]
        return cls(*(pairs.count(way) for way in ways))


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa: `value` from -1 to 1 with its 95 % interval.

    None if chance explains everything: without pairs, or if both raters gave one label only.
    """

    value: float | None
    low: float | None
    high: float | None
    clusters: int
    pairs: int


def cohens_kappa(clusters: Sequence[Counts]) -> Kappa:
    """Compute agreement beyond chance (Cohen 1960) with a percentile bootstrap interval.

    It resamples whole clusters, because the pairs of one cluster are not independent (Davison and
    Hinkley 1997, section 3.8). No interval for fewer than two clusters.
    """
    counts = np.array(clusters, dtype=np.float64).reshape(-1, 4)
    n = len(counts)
    value = float(_kappa(counts.sum(axis=0)[None])[0])
    low = high = None
    if n > 1 and not np.isnan(value):
        drawn = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
        kappas = _kappa(drawn @ counts)
        low, high = (float(one) for one in np.nanquantile(kappas, [0.025, 0.975]))
    return Kappa(
        value=None if np.isnan(value) else value,
        low=low,
        high=high,
        clusters=n,
        pairs=int(counts.sum()),
    )


def _kappa(tables: np.ndarray) -> np.ndarray:
    """Return (k,) kappas of (k, 4) counts, float64; NaN where agreement by chance is complete."""
    both, first, second, neither = tables.T
    with np.errstate(invalid="ignore", divide="ignore"):
        total = tables.sum(axis=1)
        observed = (both + neither) / total
        one, other = (both + first) / total, (both + second) / total
        expected = one * other + (1 - one) * (1 - other)
        return np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)
