"""Clustering of what has changed, with the result that clustering everything would have.

The pairs of unchanged insights are those of the run before, so only new ones are compared. Groups
are found anew where they can differ. Average linkage merges the best pair of clusters first, and
whether two clusters merge depends on nobody else. So if the changed groups and all groups that a
candidate pair joins with them are grouped by themselves, and the latter come out as they were, then
the rest is as it was, too. Those that do not come out as they were are changed groups themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from insights.clustering.corpus import Corpus
from insights.clustering.grouping import Group
from insights.clustering.join.cosines import verified
from insights.clustering.join.integers import (
    WIDTH,
    at_least,
    least_products,
    left_side,
    multiply,
)
from insights.clustering.join.known import Floats, Known, Rows, ids_as_bytes
from insights.clustering.join.partition import Lists
from insights.clustering.join.top_pairs import StrongestPairs
from insights.clustering.similarity import MAX_NEIGHBOURS, Cancelled, CandidatePairs

_DENSE = 40  # with more than 1/40 of a block's pairs, multiplying again is cheaper than gathering

Cancel = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Part:
    """Some known rows as a corpus of their own, by creation as a whole one is.

    `rows`: the known row of each of its rows. `pairs`: the candidate pairs inside, and `which` of
    the known ones they are.
    """

    rows: Rows
    corpus: Corpus
    pairs: CandidatePairs
    which: Rows

    @classmethod
    def of(cls, known: Known, rows: Rows) -> Part:
        rows = rows[np.lexsort((*known.ids[rows].T[::-1], known.created[rows]))]
        place = np.full(len(known.ids), -1, np.int32)
        place[rows] = np.arange(len(rows))
        one, other = place[known.left], place[known.right]
        which = np.flatnonzero((one >= 0) & (other >= 0))
        one, other = one[which], other[which]
        return cls(
            rows,
            Corpus(known.ids_of(rows), known.created[rows], known.vectors_of(rows)),
            CandidatePairs(
                np.minimum(one, other), np.maximum(one, other), known.similarity[which], 0
            ),
            which,
        )

    def labels(self, groups: Sequence[Group]) -> Rows:
        """Return the lowest known row of each row's group, by ascending known row."""
        label = self.rows.copy()
        for found in groups:
            members = list(found.members)
            label[members] = self.rows[members].min()
        return label[np.argsort(self.rows)]


def brought_up_to_date(
    known: Known,
    changed: Set[UUID],
    corpus: Corpus,
    threshold: float,
    cancelled: Callable[[], bool],
) -> tuple[Known, Rows, int]:
    """Return what is known of today's rows, the rows to begin with, and the cosines it took.

    `corpus`: those of the changed insights that are active. One whose vector is as it was keeps
    its row and its pairs, but may have been decided about.
    """
    row_of = known.row_of(changed)
    there = [row for row, pk in enumerate(corpus.ids) if pk in row_of]
    kept = _rows(row_of[corpus.ids[row]] for row in there)
    as_before = (known.vectors_of(kept) == corpus.vectors[there]).all(axis=1)
    kept = kept[as_before]
    new = np.setdiff1d(np.arange(len(corpus.ids)), _rows(there)[as_before])
    gone = np.setdiff1d(_rows(row_of.values()), kept)
    fresh = ids_as_bytes([corpus.ids[row] for row in new])
    now, seeds, compared = with_changes(
        known,
        gone,
        (fresh, corpus.created[new], corpus.vectors[new]),
        threshold,
        cancelled=cancelled,
    )
    return now, np.union1d(seeds, kept), compared


def unjudged(known: Known, seeds: Rows, decided: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Return which known pairs to ask the model about, because a row of `seeds` has changed.

    What it said about pairs that people have `decided` is forgotten: a whole run does not ask.
    """
    n = len(known.ids)
    keys = [min(pair) * n + max(pair) for pair in decided]
    by_people = np.isin(known.left.astype(np.int64) * n + known.right, keys)
    known.probability[by_people] = np.nan
    is_seed = np.zeros(n, dtype=bool)
    is_seed[seeds] = True
    open_pairs = (is_seed[known.left] | is_seed[known.right]) & ~by_people
    return np.flatnonzero(open_pairs & np.isnan(known.probability))


def with_changes(
    known: Known,
    gone: Rows,
    new: tuple[NDArray[np.uint8], Rows, Floats],
    threshold: float,
    *,
    max_neighbours: int = MAX_NEIGHBOURS,
    cancelled: Cancel | None = None,
) -> tuple[Known, Rows, int]:
    """Return what is known once rows are `gone` and others `new`: their ids, created and vectors.

    Also returns the rows whose groups may differ because of that, ascending, and how many cosines
    it took. Only new rows are compared with all, and the rows whose list of most similar ones was
    full and lost one: what the cap left out may be among them now. Raises `Cancelled`.
    """
    first, n = len(known.ids), len(known.ids) + len(new[0])
    group = np.concatenate([known.group, np.arange(first, n, dtype=np.int64)])
    bereft = np.isin(group, group[gone])
    group[gone] = -1
    is_gone = group < 0
    neighbours = np.bincount(known.left, minlength=n) + np.bincount(known.right, minlength=n)
    losing = np.concatenate([known.left[is_gone[known.right]], known.right[is_gone[known.left]]])
    again = np.zeros(n, dtype=bool)
    again[losing[neighbours[losing] >= max_neighbours]] = again[first:] = True
    again &= ~is_gone
    stays = ~(is_gone[known.left] | is_gone[known.right])
    now = _extended(known, new, group, threshold)
    left, right, similarity = _near(
        now, np.flatnonzero(again), is_gone, threshold, max_neighbours, cancelled
    )
    keep = stays & ~(again[known.left] | again[known.right])
    strongest = StrongestPairs(n, max_neighbours)
    strongest.add(
        np.concatenate([known.left[keep], left]),
        np.concatenate([known.right[keep], right]),
        np.concatenate([known.similarity[keep], similarity]).astype(np.float64),
    )
    pairs = strongest.sorted_pairs()
    key, before = _key(*pairs[:2], n), _key(known.left, known.right, n)
    at = np.minimum(np.searchsorted(before, key), max(0, len(before) - 1))
    was_there = before[at] == key if len(before) else np.zeros(len(key), dtype=bool)
    probability = np.full(len(key), np.nan)
    probability[was_there] = known.probability[at[was_there]]
    bereft[first:] = True
    came = ~was_there & (pairs[1] < first)
    lost = np.flatnonzero(stays)[~np.isin(before[stays], key, assume_unique=True)]
    for end in (pairs[0][came], pairs[1][came], known.left[lost], known.right[lost]):
        bereft[end] = True
    left, right, cosines = pairs
    now = replace(now, left=left, right=right, similarity=cosines, probability=probability)
    return now, np.flatnonzero(bereft & ~is_gone), int(again.sum()) * n


def affected(
    known: Known,
    seeds: Rows,
    connects: NDArray[np.bool_],
    linked: Sequence[tuple[int, int]],
    group: Callable[[Rows], Rows],
    *,
    cancelled: Cancel = lambda: False,
) -> Rows:
    """Return the rows whose groups may differ from those known, ascending.

    `seeds`: rows that are new or have changed, and those that have lost somebody of their group.
    `connects`: whether each known pair may hold a group together, (m,). `linked`: pairs that do,
    whatever they score. `group` takes rows and returns the lowest row of each one's group, if only
    those rows are grouped. Raises `Cancelled`.
    """
    n = len(known.group)
    is_here = known.group >= 0
    links = np.array([*linked], np.int64).reshape(-1, 2).T
    ends = np.flatnonzero(is_here), known.group[is_here]
    unit = _components(n, np.concatenate([ends[0], links[0]]), np.concatenate([ends[1], links[1]]))
    left, right = known.left[connects], known.right[connects]
    fresh = np.zeros(n, dtype=bool)  # by unit
    fresh[unit[seeds]] = True
    changed = fresh.copy()
    while fresh.any():
        if cancelled():
            raise Cancelled
        inside = changed[unit]
        both = inside[left] & inside[right]
        part = _components(n, unit[left[both]], unit[right[both]])
        again = changed & np.isin(part, part[fresh])  # the others have nothing new beside them
        inside, beside = again[unit], again.copy()
        beside[unit[right[inside[left]]]] = beside[unit[left[inside[right]]]] = True
        rows = np.flatnonzero(beside[unit] & is_here)
        found, outside = group(rows), ~inside[rows]
        fresh = np.zeros(n, dtype=bool)
        fresh[unit[rows[outside & np.isin(found, found[~outside])]]] = True
        changed |= fresh
    return np.flatnonzero(changed[unit] & is_here)


def _components(n: int, one: NDArray[np.integer], other: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the number of each of n nodes' component, (n,)."""
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(n, n))
    found: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return found


def _extended(
    known: Known, new: tuple[NDArray[np.uint8], Rows, Floats], group: Rows, threshold: float
) -> Known:
    """Return what is known with new rows, whose pairs are still missing."""
    ids, created, vectors = new
    lists, parts = known.lists, (known.vectors[0], vectors)
    if len(lists.centres) < 2 and not lists.suits(len(group)):  # then their form is all that counts
        lists = Lists.of(np.concatenate(parts), threshold)
        short, error = lists.form.right_side(np.concatenate(parts))
        first = len(known.ids)
        parts_of_short = short[:first], short[first:]
        known = replace(known, digests=(known.digests[0], None))
    else:
        short, error = lists.form.right_side(vectors)
        parts_of_short = known.short[0], short
        error = np.concatenate([known.error, error])
    return replace(
        known,
        ids=np.concatenate([known.ids, ids]),
        created=np.concatenate([known.created, created]),
        group=group,
        error=error,
        vectors=parts,
        short=parts_of_short,
        lists=lists,
    )


def _near(
    known: Known,
    rows: Rows,
    is_gone: NDArray[np.bool_],
    threshold: float,
    max_neighbours: int,
    cancelled: Cancel | None,
) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
    """Return the pairs of some rows with all that are there, left < right, each once."""
    n, form = len(is_gone), known.lists.form
    vectors = known.vectors_of(rows)
    rounded, left_error, _ = form.rounded(vectors)
    left = left_side(rounded)
    is_asked = np.zeros(n, dtype=bool)
    is_asked[rows] = True
    # Twice the cap, because a run by lists does not find all of them.
    kept = StrongestPairs(n, 2 * max_neighbours)
    for start, short, others in _blocks(known):
        if cancelled is not None and cancelled():
            raise Cancelled
        columns = np.ascontiguousarray(short.T)
        error = float(known.error[start : start + len(short)].max())
        for at in range(0, len(rows), WIDTH):
            least = least_products(
                threshold - form.float_error, form.step, left_error[at : at + WIDTH], error
            )
            i, j = at_least(multiply(left[at : at + WIDTH], columns), least)
            one, other = rows[i + at], j + start
            mine = ~is_gone[other] & (~is_asked[other] | (one < other))
            i, j, cosine = verified(
                vectors, others, i[mine] + at, j[mine], threshold, len(least) * WIDTH // _DENSE
            )
            one, other = rows[i], j + start
            kept.add(np.minimum(one, other), np.maximum(one, other), cosine)
    found, partner, cosines = kept.sorted_pairs()
    ends, place = np.unique([found, partner], return_inverse=True)
    met = known.lists.meet(known.vectors_of(ends), *place.reshape(2, -1))
    return found[met], partner[met], cosines[met]


def _blocks(known: Known) -> Iterator[tuple[int, NDArray[np.int8], Floats]]:
    """Yield the first row of each block of known rows, their short form and their vectors."""
    first = 0
    for short, vectors in zip(known.short, known.vectors, strict=True):
        for at in range(0, len(short), WIDTH):
            yield first + at, short[at : at + WIDTH], vectors[at : at + WIDTH]
        first += len(short)


def _key(left: NDArray[np.integer], right: NDArray[np.integer], n: int) -> Rows:
    return left.astype(np.int64) * n + right


def _rows(rows: Iterable[int]) -> Rows:
    return np.array([*rows], np.int64)
