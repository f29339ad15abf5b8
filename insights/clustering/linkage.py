"""Average-linkage agglomeration on a sparse list of scored pairs, under constraints.

UPGMA (Sokal and Michener 1958), cut where the average falls under a threshold. Two facts keep it
sparse and fast:

- Two clusters whose average reaches the threshold hold at least one pair that does. So only
  clusters joined by a listed pair can merge; connected components need no step of their own.
- Average linkage is reducible: merging others never brings two clusters closer than the closer one
  was. So all pairs of clusters that are each other's nearest ("reciprocal nearest neighbours") can
  be merged at once, with the result of merging one at a time (Murtagh 1983; at scale: Sumengen et
  al. 2021, arXiv:2105.11653). Constraints keep this true, since what is forbidden stays forbidden.

Memory is proportional to the listed pairs, never to the square of a component.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, product

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_AT_ONCE = 65_536  # cluster pairs whose averages are computed at once


class PairScores:
    """The score of any pair of `n` items: the listed one, else what `unlisted` says, else 0.

    Scores are read to six decimals, so that 0.7 is 0.7 in float32 too. -inf forbids a pair: no
    average with it reaches a threshold.
    """

    def __init__(
        self,
        n: int,
        left: Ints,
        right: Ints,
        score: Floats,
        unlisted: Callable[[Ints, Ints], Floats] | None,
    ) -> None:
        """Take each pair once, `left` < `right`, sorted by (left, right)."""
        self.n = n
        self.left, self.right = left, right
        self.score = np.round(score, 6)
        self._key = left * n + right
        self._unlisted = unlisted

    def __call__(self, i: Ints, j: Ints) -> Floats:
        """Return the scores of the pairs (i[k], j[k]), float64 (m,)."""
        low, high = np.minimum(i, j), np.maximum(i, j)
        key = low * self.n + high
        at = np.searchsorted(self._key, key)
        listed = np.zeros(len(key), dtype=bool)
        inside = at < len(self._key)
        listed[inside] = self._key[at[inside]] == key[inside]
        result = np.zeros(len(key))
        result[listed] = self.score[at[listed]]
        if self._unlisted is not None and not listed.all():
            rest = np.asarray(self._unlisted(low[~listed], high[~listed]), dtype=np.float64)
            result[~listed] = np.round(rest, 6)
        return result


def agglomerate(
    label: Ints,
    scores: PairScores,
    *,
    threshold: float,
    max_size: int,
    check: Callable[[], None],
) -> list[list[int]]:
    """Merge clusters by average linkage until no average reaches `threshold`.

    `label`: int64 (n,), the cluster each item starts in, named by its lowest member. Clusters are
    merged up to `max_size` members. Equal averages (to nine decimals) are merged in the order of
    the clusters' lowest members. `check` is called once a round and may raise to stop.

    Returns the clusters of two members and more, by lowest member, members ascending.
    """
    n = scores.n
    members: list[list[int]] = [[] for _ in range(n)]
    for item, root in enumerate(label.tolist()):
        members[root].append(item)
    size: Ints = np.bincount(label, minlength=n)
    # One edge for two clusters with a listed pair between them: the sum and the number of the pair
    # scores known so far. An unlisted pair scores below the threshold, or it would be listed; until
    # an edge's sum is complete, the threshold in its place bounds the average from above.
    a, b, total, known = _contracted(
        n, label[scores.left], label[scores.right], scores.score, np.ones(len(scores.left))
    )
    while True:
        check()
        pairs = size[a] * size[b]
        average = ((total + (pairs - known) * threshold) / pairs).round(9)
        alive = (average >= threshold) & (size[a] + size[b] <= max_size)
        a, b, total, known = a[alive], b[alive], total[alive], known[alive]
        if not len(a):
            break
        pairs, average = pairs[alive], average[alive]
        nearest_of_a, nearest_of_b = _nearest(n, a, b, average)
        complete = known == pairs
        wanted = np.flatnonzero((nearest_of_a | nearest_of_b) & ~complete)
        if len(wanted):
            total[wanted] = _sums(a[wanted].tolist(), b[wanted].tolist(), members, scores)
            known[wanted] = pairs[wanted]
        merge = nearest_of_a & nearest_of_b & complete
        if not merge.any():
            continue
        keep, gone = a[merge], b[merge]
        for root, other in zip(keep.tolist(), gone.tolist(), strict=True):
            members[root] += members[other]
            members[other] = []
        size[keep] += size[gone]
        size[gone] = 0
        merged_into = np.arange(n)
        merged_into[gone] = keep
        a, b, total, known = _contracted(n, merged_into[a], merged_into[b], total, known)
    return [sorted(cluster) for cluster in members if len(cluster) > 1]


def _contracted(
    n: int, a: Ints, b: Ints, total: Floats, known: Floats
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the edges between clusters, with parallel ones added up and inner ones removed."""
    between = a != b
    a, b = a[between], b[between]
    key, edge = np.unique(np.minimum(a, b) * n + np.maximum(a, b), return_inverse=True)
    return (
        key // n,
        key % n,
        np.bincount(edge, total[between], len(key)).astype(np.float64),
        np.bincount(edge, known[between], len(key)).astype(np.float64),
    )


def _nearest(
    n: int, a: Ints, b: Ints, average: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether each edge is the best of its first and of its second end; ties go first."""
    best = np.full(n, -np.inf)
    np.maximum.at(best, a, average)
    np.maximum.at(best, b, average)
    edge = np.arange(len(a))
    first = np.full(n, len(a))
    for end in (a, b):
        level = average == best[end]
        np.minimum.at(first, end[level], edge[level])
    return first[a] == edge, first[b] == edge


def _sums(
    a: Sequence[int], b: Sequence[int], members: list[list[int]], scores: PairScores
) -> Floats:
    """Return the sum of the pair scores between the clusters a[k] and b[k], (m,)."""
    sums = []
    for at in range(0, len(a), _AT_ONCE):
        crossed = [
            (members[x], members[y])
            for x, y in zip(a[at : at + _AT_ONCE], b[at : at + _AT_ONCE], strict=True)
        ]
        count = np.array([len(x) * len(y) for x, y in crossed])
        flat = np.fromiter(
            chain.from_iterable(chain.from_iterable(product(x, y) for x, y in crossed)),
            dtype=np.int64,
            count=2 * int(count.sum()),
        )
        score = scores(flat[::2], flat[1::2])
        sums.append(np.add.reduceat(score, np.cumsum(count) - count))
    return np.concatenate(sums)
