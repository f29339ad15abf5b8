"""The insights that a change can affect: all that candidate pairs connect with changed ones.

Average linkage merges only along pairs that reach its threshold, so connected parts are grouped
independently of each other: regrouping the touched parts gives the result of a full run there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insights.clustering.join.top_pairs import StrongestPairs
from insights.clustering.similarity import (
    MAX_NEIGHBOURS,
    Cancelled,
    CandidatePairs,
    neighbours_of,
)

# Tells which pairs (left, right, similarity), left < right, may hold a group together, (m,).
Connects = Callable[[CandidatePairs], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Affected:
    """The connected parts of the changed rows.

    `rows`: int64 (k,), ascending. `pairs`: the candidate pairs among them, `left` and `right`
    counting in `rows`, as a full run finds them. `compared`: how many cosines it took.
    """

    rows: NDArray[np.int64]
    pairs: CandidatePairs
    compared: int


def affected(
    vectors: NDArray[np.float32],
    seeds: ArrayLike,
    threshold: float,
    *,
    connects: Connects = lambda pairs: np.ones(len(pairs), dtype=bool),
    linked: Iterable[tuple[int, int]] = (),
    max_neighbours: int = MAX_NEIGHBOURS,
    cancelled: Callable[[], bool] | None = None,
) -> Affected:
    """Return the connected parts of the rows `seeds`, and their candidate pairs.

    `vectors`: float32 (n, d), rows of length 1. `linked`: pairs that connect whatever they score.
    `connects` is asked once about each pair that is met. Each round compares the rows met last
    with all, so the work grows with the parts and not with n squared. Raises `Cancelled`.
    """
    n = len(vectors)
    partners: defaultdict[int, set[int]] = defaultdict(set)
    for a, b in linked:
        partners[a].add(b)
        partners[b].add(a)
    known = np.zeros(n, dtype=bool)
    frontier = np.unique(np.asarray(seeds, dtype=np.int64))
    met = np.empty(0, dtype=np.int64)  # pairs as left * n + right, ascending
    similarity = np.empty(0, dtype=np.float32)
    compared = 0
    while len(frontier):
        if cancelled is not None and cancelled():
            raise Cancelled
        known[frontier] = True
        # One neighbour more than the cap: each row is its own.
        near = neighbours_of(
            vectors[frontier], vectors, threshold, max_neighbours=max_neighbours + 1
        )
        compared += len(frontier) * n
        one, other = frontier[near.left], near.right.astype(np.int64)
        key = np.minimum(one, other) * n + np.maximum(one, other)
        fresh, first = np.unique(key, return_index=True)
        new = (fresh // n != fresh % n) & ~np.isin(fresh, met)
        fresh, value = fresh[new], near.similarity[first[new]]
        low, high = fresh // n, fresh % n
        holds = connects(CandidatePairs(low.astype(np.int32), high.astype(np.int32), value, 0))
        similarity = np.concatenate([similarity, value])
        met = np.concatenate([met, fresh])
        order = np.argsort(met)
        met, similarity = met[order], similarity[order]
        ends = [low[holds], high[holds]]
        ends += [np.fromiter(partners[row], np.int64) for row in frontier.tolist()]
        frontier = np.unique(np.concatenate(ends))
        frontier = frontier[~known[frontier]]
    rows = np.flatnonzero(known)
    return Affected(rows, _within(rows, n, met, similarity, max_neighbours), compared)


def _within(
    rows: NDArray[np.int64],
    n: int,
    met: NDArray[np.int64],
    similarity: NDArray[np.float32],
    max_neighbours: int,
) -> CandidatePairs:
    """Return the pairs among `rows` that either side has among its most similar.

    For each row, all of its most similar ones were met.
    """
    kept = StrongestPairs(n, max_neighbours)
    kept.add((met // n).astype(np.intp), (met % n).astype(np.intp), similarity.astype(np.float64))
    left, right, value = kept.sorted_pairs()
    inside = np.isin(left, rows) & np.isin(right, rows)
    return CandidatePairs(
        np.searchsorted(rows, left[inside]).astype(np.int32),
        np.searchsorted(rows, right[inside]).astype(np.int32),
        value[inside],
        capped=kept.left_out,
    )
