"""The distance between two distributions, and how large it gets by chance."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

BINS = 10


def stability_index(expected: ArrayLike, actual: ArrayLike, bins: int = BINS) -> float:
    """Return the population stability index: sum of (a - e) * ln(a / e) over bins.

    Source: Siddiqi 2006, chapter 8. The bins are the quantiles of `expected` (n,), so each expects
    the same share; half a count is added to each, so that an empty one does not make it infinite.
    `actual`: (m,). 0 means no difference. Raises ValueError if either is empty.
    """
    first, second = (np.asarray(values, dtype=np.float64) for values in (expected, actual))
    if not first.size or not second.size:
        raise ValueError("Nothing to compare: give at least one value on each side.")
    edges = quantile_edges(first, bins)
    shares = []
    for values in (first, second):
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        shares.append((counts + 0.5) / (values.size + 0.5 * len(counts)))
    e, a = shares
    return float(np.sum((a - e) * np.log(a / e)))


def index_by_chance(
    expected: int, actual: int, bins: int = BINS, confidence: float = 0.95
) -> float:
    """Return an upper limit of the index, at this confidence, without drift (Yurdakul 2018).

    For samples of these sizes it is distributed as (1/expected + 1/actual) * chi2(bins - 1): with
    40 values in a week it reaches 0.25 often enough without any drift.
    """
    return float((1 / expected + 1 / actual) * chdtri(bins - 1, 1 - confidence))


def quantile_edges(values: ArrayLike, bins: int) -> NDArray[np.float64]:
    """Return the inner edges of bins with equal shares; fewer where values repeat."""
    return np.unique(np.quantile(np.asarray(values), np.linspace(0, 1, bins + 1)[1:-1]))


def shares(values: ArrayLike, edges: ArrayLike) -> list[float]:
    """Return the share of the values between neighbouring edges and beyond the outer ones."""
    bounds = np.asarray(edges)
    place = np.searchsorted(bounds, np.asarray(values), side="right")
    counts = np.bincount(place, minlength=len(bounds) + 1)
    return [float(one) for one in counts / max(1, len(place))]
