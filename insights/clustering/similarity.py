"""Exact similarity join: every pair of insights whose embeddings have at least a given cosine.

The upper triangle of the similarity matrix is computed in blocks of float32 (BLAS); only what
passes the threshold is kept, so memory grows with the pairs found and not with n squared.

Exactness. A float32 product is off by at most about d * 2**-24, and by how much depends on the
block it was computed in. It therefore only picks what to look at: each similarity that is compared
and returned is computed again in float64 and rounded to six decimals (what float32 unit rows can
carry), so that the result is the same for every block size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insights.clustering.top_pairs import StrongestPairs

BLOCK = 1024  # 1024 x 1024 float32 is 4 MB: BLAS at full speed, temporaries of a few megabytes
MAX_NEIGHBOURS = 50
_GATHER = 4096  # pairs whose rows are gathered at once: 2 x 6 MB at 384 dimensions
_DENSE = 40  # with more than 1/40 of a block's pairs, multiplying again is cheaper than gathering
_UNIT_TOLERANCE = 1e-3  # rows that went through a float16 column are off by up to 5e-4


class Cancelled(Exception):
    """The caller's `cancelled` said so; nothing was returned."""


@dataclass(frozen=True, slots=True)
class CandidatePairs:
    """Pairs at or above the threshold, each once, sorted by (left, right).

    `left`, `right`: int32, shape (m,). `similarity`: float32, shape (m,), cosine to six decimals.
    `capped`: how many pairs at or above the threshold were left out because neither side counts
    the other among its `max_neighbours` most similar; 0 says that the result is complete.
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    similarity: NDArray[np.float32]
    capped: int

    def __len__(self) -> int:
        return len(self.left)


def candidate_pairs(
    vectors: ArrayLike,
    threshold: float,
    *,
    block: int = BLOCK,
    max_neighbours: int | None = MAX_NEIGHBOURS,
    progress: Callable[[int], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> CandidatePairs:
    """All pairs (left < right) of rows of `vectors` with cosine >= `threshold`.

    `vectors`: (n, d), rows of length 1, read as float32. A pair is kept when either side has the
    other among its `max_neighbours` most similar (ties go to the lower index), which bounds the
    result to n * max_neighbours pairs however low the threshold is; None keeps every pair.
    `progress(rows_done)` and `cancelled()` are called once a block of rows; the first blocks are
    the longest.

    Raises `Cancelled`, and ValueError for rows that are not finite or not of length 1.
    """
    rows = _unit_rows(vectors, "vectors")
    kept = StrongestPairs(len(rows), max_neighbours)
    limit = _checked_threshold(threshold)
    for start in _row_blocks(len(rows), block, progress, cancelled):
        for other in range(start, len(rows), block):
            _join_block(rows, rows, start, other, block, block, limit, kept, offset=0)
    return CandidatePairs(*kept.sorted_pairs(), capped=kept.left_out)


def neighbours_of(
    new_vectors: ArrayLike,
    vectors: ArrayLike,
    threshold: float,
    *,
    block: int = BLOCK,
    max_neighbours: int | None = MAX_NEIGHBOURS,
    progress: Callable[[int], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> CandidatePairs:
    """All pairs of a new row and a known row with cosine >= `threshold`, as `candidate_pairs`.

    Here `left` counts in `new_vectors` (n, d) and `right` in `vectors` (m, d). The cap is again the
    top of either side, so what it keeps includes every such pair of a full run over both.
    """
    new, known = _unit_rows(new_vectors, "new_vectors"), _unit_rows(vectors, "vectors")
    if new.shape[1] != known.shape[1]:
        raise ValueError(
            f"new_vectors have {new.shape[1]} dimensions and vectors {known.shape[1]}: "
            "embed both with the same model."
        )
    kept = StrongestPairs(len(new) + len(known), max_neighbours)
    limit = _checked_threshold(threshold)
    wide = block * block // max(1, min(block, len(new)))  # as large a block when few are new
    for start in _row_blocks(len(new), block, progress, cancelled):
        for other in range(0, len(known), wide):
            _join_block(new, known, start, other, block, wide, limit, kept, offset=len(new))
    left, right, similarity = kept.sorted_pairs()
    right -= len(new)
    return CandidatePairs(left, right, similarity, capped=kept.left_out)


def pair_similarity(vectors: ArrayLike, left: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    """Cosine of the pairs (left[k], right[k]) of rows of `vectors`, float64 to six decimals, (m,).

    The same figures as `candidate_pairs` gives; `functools.partial(pair_similarity, vectors)` is
    what `grouping.group` takes as `scores`. `vectors`: float32 (n, d), rows of length 1.
    """
    rows = np.asarray(vectors)
    return _gathered(rows, rows, np.asarray(left), np.asarray(right))


def _join_block(
    rows: NDArray[np.float32],
    others: NDArray[np.float32],
    start: int,
    other: int,
    block: int,
    wide: int,
    threshold: float,
    kept: StrongestPairs,
    *,
    offset: int,
) -> None:
    """Hand `kept` the pairs of one block, (block, wide); `offset` is where `others` begin in its
    numbering.
    """
    a, b = rows[start : start + block], others[other : other + wide]
    slack = a.shape[1] * 2.0**-23 + 1e-6  # twice the bound on the float32 error, and the rounding
    near = a @ b.T
    hits = near >= threshold - slack
    if rows is others and start == other:
        hits = np.triu(hits, 1)
    bar = kept.bar(slice(start, start + len(a)), slice(offset + other, offset + other + len(b)))
    if bar is not None:
        found = np.count_nonzero(hits)
        hits &= near >= bar - slack
        kept.left_out += int(found - np.count_nonzero(hits))
    i, j = np.divmod(np.flatnonzero(hits), len(b))
    if len(i) > hits.size // _DENSE:
        similarity = _rounded((a.astype(np.float64) @ b.astype(np.float64).T)[i, j])
    else:
        similarity = _gathered(a, b, i, j)
    true = similarity >= threshold
    kept.add(i[true] + start, j[true] + (offset + other), similarity[true])


def _gathered(
    a: NDArray[np.float32], b: NDArray[np.float32], i: NDArray[np.intp], j: NDArray[np.intp]
) -> NDArray[np.float64]:
    result = np.empty(len(i))
    for at in range(0, len(i), _GATHER):
        part = slice(at, at + _GATHER)
        result[part] = np.einsum("kd,kd->k", a[i[part]], b[j[part]], dtype=np.float64)
    return _rounded(result)


def _rounded(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.round(similarity, 6), -1.0, 1.0)


def _row_blocks(
    n: int,
    block: int,
    progress: Callable[[int], object] | None,
    cancelled: Callable[[], bool] | None,
) -> Iterator[int]:
    if block < 1:
        raise ValueError(f"block is {block}: give the number of rows to take at once, 1 or more.")
    for start in range(0, n, block):
        if cancelled is not None and cancelled():
            raise Cancelled
        yield start
        if progress is not None:
            progress(min(start + block, n))


def _checked_threshold(threshold: float) -> float:
    if not -1.0 <= threshold <= 1.0:
        raise ValueError(f"threshold is {threshold}: a cosine lies between -1 and 1.")
    return threshold


def _unit_rows(vectors: ArrayLike, name: str) -> NDArray[np.float32]:
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim != 2:
        raise ValueError(f"{name} has shape {rows.shape}: give one row an insight, (n, d).")
    length = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    # Written so that NaN counts as wrong.
    wrong = np.flatnonzero(~(np.abs(length - 1.0) <= _UNIT_TOLERANCE))
    if len(wrong):
        raise ValueError(
            f"{len(wrong)} of {len(rows)} rows of {name} are not of length 1, the first is row "
            f"{wrong[0]} with length {length[wrong[0]]:.6g}: L2-normalise the embeddings."
        )
    return rows
