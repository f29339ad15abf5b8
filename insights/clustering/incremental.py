"""The insights that a change can reach: all that candidate pairs connect with the changed ones.

Average linkage merges only along pairs that reach its threshold, so what one connected part of
them becomes does not depend on the others: grouping the touched parts again gives what grouping
everything would give there. The pairs of unchanged insights are those of the run before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insights.clustering.join.known import KnownPairs
from insights.clustering.join.top_pairs import StrongestPairs
from insights.clustering.similarity import (
    MAX_NEIGHBOURS,
    Cancelled,
    CandidatePairs,
    neighbours_of,
)

# Of pairs (left, right, similarity), left < right: which of them may hold a group together, (m,).
Connects = Callable[[CandidatePairs], NDArray[np.bool_]]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Affected:
    """The connected parts of the changed rows.

    `rows`: int64 (k,), ascending. `pairs`: the candidate pairs among them, `left` and `right`
    counting in `rows`, as a full run finds them.
    """

    rows: Rows
    pairs: CandidatePairs


def brought_up_to_date(
    known: KnownPairs,
    places: Rows,
    vectors: NDArray[np.float32],
    changed: ArrayLike,
    threshold: float,
    *,
    max_neighbours: int = MAX_NEIGHBOURS,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[CandidatePairs, int]:
    """Return the candidate pairs of `vectors`, and how many cosines it took to find them.

    `known`: those of an earlier run; `places`: the row of `vectors` (n, d) float32 that each of its
    rows is now, -1 for one that is gone. `changed`: the rows that are new or have changed since.

    Only those are compared with all, and the rows whose list of most similar ones was full and
    lost one: what the cap left out may be among them now. Raises `Cancelled`.
    """
    n = len(vectors)
    stale = np.zeros(n + 1, dtype=bool)  # the last stands for -1, what is gone
    stale[np.asarray(changed, dtype=np.int64)] = stale[-1] = True
    left, right = places[known.left], places[known.right]
    neighbours = np.bincount(known.left, minlength=len(places))
    neighbours += np.bincount(known.right, minlength=len(places))
    losing = np.concatenate([known.left[stale[right]], known.right[stale[left]]])
    stale[places[losing[neighbours[losing] >= max_neighbours]]] = True
    keep = ~(stale[left] | stale[right])
    again = np.flatnonzero(stale[:n])
    near = neighbours_of(
        # One neighbour more than the cap: each row is its own.
        vectors[again], vectors, threshold, max_neighbours=max_neighbours + 1, cancelled=cancelled
    )  # fmt: skip
    one, other = again[near.left], near.right.astype(np.int64)
    key, first = np.unique(np.minimum(one, other) * n + np.maximum(one, other), return_index=True)
    fresh = key // n != key % n
    kept = StrongestPairs(n, max_neighbours)
    kept.add(
        np.concatenate([np.minimum(left, right)[keep], key[fresh] // n]),
        np.concatenate([np.maximum(left, right)[keep], key[fresh] % n]),
        np.concatenate([known.similarity[keep], near.similarity[first[fresh]]]).astype(np.float64),
    )
    return CandidatePairs(*kept.sorted_pairs(), capped=kept.left_out), len(again) * n


def affected(
    n: int,
    pairs: CandidatePairs,
    seeds: ArrayLike,
    *,
    connects: Connects = lambda pairs: np.ones(len(pairs), dtype=bool),
    linked: Iterable[tuple[int, int]] = (),
    cancelled: Callable[[], bool] | None = None,
) -> Affected:
    """Return the connected parts of the rows `seeds` of n, and their pairs.

    `linked`: pairs that connect whatever they score. `connects` is asked once about each pair that
    is met. Raises `Cancelled`.
    """
    partners: defaultdict[int, list[int]] = defaultdict(list)
    for a, b in linked:
        partners[a].append(b)
        partners[b].append(a)
    ends = np.concatenate([pairs.left, pairs.right])
    order = np.argsort(ends, kind="stable")
    starts = np.searchsorted(ends[order], np.arange(n + 1))
    known = np.zeros(n, dtype=bool)
    met = np.zeros(len(pairs), dtype=bool)
    frontier = np.unique(np.asarray(seeds, dtype=np.int64))
    while len(frontier):
        if cancelled is not None and cancelled():
            raise Cancelled
        known[frontier] = True
        touching = order[_ranges(starts[frontier], starts[frontier + 1])] % max(1, len(pairs))
        fresh = np.unique(touching[~met[touching]])
        met[fresh] = True
        found = _some(pairs, fresh)
        holds = connects(found)
        reached = [found.left[holds], found.right[holds]]
        reached += [np.array(partners[row]) for row in frontier.tolist() if row in partners]
        frontier = np.unique(np.concatenate(reached).astype(np.int64))
        frontier = frontier[~known[frontier]]
    rows = np.flatnonzero(known)
    inside = _some(pairs, np.flatnonzero(known[pairs.left] & known[pairs.right]))
    return Affected(
        rows,
        CandidatePairs(
            np.searchsorted(rows, inside.left).astype(np.int32),
            np.searchsorted(rows, inside.right).astype(np.int32),
            inside.similarity,
            pairs.capped,
        ),
    )


def _some(pairs: CandidatePairs, which: Rows) -> CandidatePairs:
    return CandidatePairs(pairs.left[which], pairs.right[which], pairs.similarity[which], 0)


def _ranges(starts: Rows, stops: Rows) -> Rows:
    """Return the numbers of all ranges, one after the other."""
    lengths = stops - starts
    before = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
