"""Cosines of given pairs of rows: in float32 to sort out, in float64 to six decimals to keep."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GATHER = 1024  # pairs whose rows are gathered at once: 2 x 1.5 MB at 384 dimensions

Found = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]


def verified(
    rows: NDArray[np.float32],
    others: NDArray[np.float32],
    i: NDArray[np.intp],
    j: NDArray[np.intp],
    threshold: float,
    dense: int,
) -> Found:
    """Return the pairs (row, other) among (i, j) whose cosine in float64 reaches the threshold.

    `dense`: the number of pairs from which to multiply the whole rectangle around them.
    """
    if len(i) > dense:
        top, first = i.min(), j.min()
        a = rows[top : i.max() + 1].astype(np.float64)
        b = others[first : j.max() + 1].astype(np.float64)
        similarity = _rounded((a @ b.T)[i - top, j - first])
    else:
        near = _gathered_float32(rows, others, i, j) >= threshold - float32_slack(rows)
        i, j = i[near], j[near]
        similarity = gathered(rows, others, i, j)
    true = similarity >= threshold
    return i[true], j[true], similarity[true]


def float32_slack(rows: NDArray[np.float32]) -> float:
    """Return twice the bound on the float32 error of a product of unit rows, and the rounding."""
    return rows.shape[1] * 2.0**-23 + 1e-6


def _gathered_float32(
    a: NDArray[np.float32], b: NDArray[np.float32], i: NDArray[np.intp], j: NDArray[np.intp]
) -> NDArray[np.float32]:
    result = np.empty(len(i), np.float32)
    for at in range(0, len(i), _GATHER):
        part = slice(at, at + _GATHER)
        result[part] = np.einsum("kd,kd->k", a[i[part]], b[j[part]])
    return result


def gathered(
    a: NDArray[np.float32], b: NDArray[np.float32], i: NDArray[np.intp], j: NDArray[np.intp]
) -> NDArray[np.float64]:
    result = np.empty(len(i))
    for at in range(0, len(i), _GATHER):
        part = slice(at, at + _GATHER)
        result[part] = np.einsum("kd,kd->k", a[i[part]], b[j[part]], dtype=np.float64)
    return _rounded(result)


def _rounded(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.round(similarity, 6), -1.0, 1.0)
