"""How far one distribution has moved from another."""

import numpy as np
from numpy.typing import ArrayLike

BINS = 10


def stability_index(expected: ArrayLike, actual: ArrayLike, bins: int = BINS) -> float:
    """Population stability index: sum of (a - e) * ln(a / e) over bins (Siddiqi 2006, chapter 8).

    The bins are the quantiles of `expected` (n,), so each expects the same share; half a count is
    added to each, so that an empty one does not make it infinite. `actual`: (m,). 0: no difference.
    Raises ValueError when either is empty.
    """
    first, second = (np.asarray(values, dtype=np.float64) for values in (expected, actual))
    if not first.size or not second.size:
        raise ValueError("Nothing to compare: give at least one value on each side.")
    edges = np.unique(np.quantile(first, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = []
    for values in (first, second):
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        shares.append((counts + 0.5) / (values.size + 0.5 * len(counts)))
    e, a = shares
    return float(np.sum((a - e) * np.log(a / e)))
