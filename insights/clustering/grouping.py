"""Groups of near-duplicates without chaining: bounded in size, similar on average, explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from insights.clustering.linkage import Floats, Ints, PairScores, agglomerate
from insights.clustering.similarity import Cancelled

MAX_SIZE = 40
ScoreFunction = Callable[[Ints, Ints], Floats]


class ConstraintConflict(ValueError):
    """A must-not-link pair that must-link pairs hold together; `pair` is (i, j) with i < j."""

    def __init__(self, pair: tuple[int, int]) -> None:
        self.pair = pair
        super().__init__(
            f"{pair[0]} and {pair[1]} must not be linked, but a chain of must-link pairs joins "
            "them: undo one of these decisions."
        )


@dataclass(frozen=True)
class Group:
    """A group of two or more items, and what holds it together, computed when it is asked for.

    `members`: ascending.
    """

    members: tuple[int, ...]
    scores: PairScores = field(repr=False, compare=False)

    @property
    def lowest(self) -> float:
        """Return the lowest of all pair scores inside."""
        return float(self._inside.min())

    @property
    def mean(self) -> float:
        """Return the mean of all pair scores inside."""
        return float(self._inside.mean())

    @cached_property
    def weakest(self) -> tuple[int, int, float]:
        """Return the lowest link (i, j, score), i < j, of the maximum spanning tree over all pairs.

        Without it, the group falls into the two parts that `propose_split` gives.
        """
        i, j, _ = _weakest_link(self._square)
        return self.members[i], self.members[j], float(self._square[i, j])

    @property
    def _inside(self) -> Floats:
        return self._square[np.triu_indices(len(self.members), 1)]

    @cached_property
    def _square(self) -> Floats:
        return _square(np.array(self.members, dtype=np.int64), self.scores)


def group(
    n: int,
    left: ArrayLike,
    right: ArrayLike,
    score: ArrayLike,
    *,
    threshold: float,
    scores: ScoreFunction | None = None,
    must_link: Iterable[tuple[int, int]] = (),
    must_not_link: Iterable[tuple[int, int]] = (),
    max_size: int = MAX_SIZE,
    cancelled: Callable[[], bool] | None = None,
) -> list[Group]:
    """Group the items 0..n-1 by average linkage over scored pairs, by lowest member.

    `left`, `right`: integers, (m,); `score`: (m,), higher is more similar. List every pair that
    scores `threshold` or more, each once, in any order and direction. The score may be a similarity
    or anything on the same scale: for a pair that a model has judged, pass its probability, so that
    a low one pulls down the average of every group without forbidding it; what a person has
    forbidden goes into `must_not_link`.

    `scores(i, j)` gives the scores (m,) of pairs that are not listed, so that averages are exact
    (for cosines: `functools.partial(similarity.pair_similarity, vectors)`); without it an unlisted
    pair counts 0, which splits more.

    Clusters merge, best average first, while the average over the pairs between them is at least
    `threshold`; so a group's `mean` is at least `threshold` too, and a chain whose ends differ does
    not become one group. `must_link` pairs are merged first, whatever they score and however many
    they are (only they can bring a `mean` below the threshold): a set of them above `max_size`
    stays whole and takes in nothing else. No group holds a `must_not_link` pair. Equal averages are
    merged in the order of the indices.

    Raises `ConstraintConflict`; `Cancelled` if `cancelled()`, asked between rounds, says so; and
    ValueError for pairs that are listed twice, of one item with itself, out of range or not finite.
    """
    if max_size < 2:
        raise ValueError(f"max_size is {max_size}: a group has 2 members or more.")
    low, high, given = _listed(n, left, right, np.asarray(score, dtype=np.float64))
    linked = _closure(n, _pairs(n, must_link, "must_link"))
    apart = _pairs(n, must_not_link, "must_not_link")
    for i, j in apart.tolist():
        if linked[i] == linked[j]:
            raise ConstraintConflict((i, j))
    pair_scores = PairScores(n, *_forbidden(n, low, high, given, apart), scores)

    def check() -> None:
        if cancelled is not None and cancelled():
            raise Cancelled

    clusters = agglomerate(linked, pair_scores, threshold=threshold, max_size=max_size, check=check)
    return [Group(tuple(cluster), pair_scores) for cluster in clusters]


def propose_split(
    members: Sequence[int], scores: ScoreFunction
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Cut `members` in two at the weakest link of the maximum spanning tree over `scores`.

    Each part ascending, the one with the lowest member first.
    """
    if len(members) < 2:
        raise ValueError(f"{len(members)} member(s) cannot be split: give 2 or more.")
    ordered = np.array(sorted(members), dtype=np.int64)
    _, _, beyond = _weakest_link(_square(ordered, scores))
    return tuple(ordered[~beyond].tolist()), tuple(ordered[beyond].tolist())


def _square(members: Ints, scores: ScoreFunction) -> Floats:
    """Return all pair scores of `members`, symmetric, (m, m); the diagonal means nothing."""
    i, j = np.triu_indices(len(members), 1)
    square = np.zeros((len(members), len(members)))
    square[i, j] = square[j, i] = scores(members[i], members[j])
    return square


def _weakest_link(square: Floats) -> tuple[int, int, NDArray[np.bool_]]:
    """Return the lowest edge (i < j) of the maximum spanning tree, and what it cuts off item 0.

    Prim's algorithm; equal scores go to the lower indices.
    """
    outside = np.arange(1, len(square))
    reach, parent = square[0].copy(), np.zeros(len(square), dtype=np.int64)
    order: list[int] = []
    while len(outside):
        new = outside[np.argmax(reach[outside])]
        order.append(int(new))
        outside = outside[outside != new]
        closer = outside[square[new, outside] > reach[outside]]
        reach[closer], parent[closer] = square[new, closer], new

    def link(item: int) -> tuple[float, int, int]:
        above = int(parent[item])
        return float(square[item, above]), min(item, above), max(item, above)

    cut = min(order, key=link)
    beyond = np.zeros(len(square), dtype=bool)
    beyond[cut] = True
    for item in order[order.index(cut) + 1 :]:
        beyond[item] = beyond[parent[item]]
    _, i, j = link(cut)
    return i, j, beyond


def _listed(n: int, left: ArrayLike, right: ArrayLike, score: Floats) -> tuple[Ints, Ints, Floats]:
    pairs = _pairs(n, np.column_stack([np.asarray(left), np.asarray(right)]), "the pair list")
    if len(pairs) != len(score):
        raise ValueError(f"{len(pairs)} pairs but {len(score)} scores: give one score a pair.")
    if not np.isfinite(score).all():
        i, j = pairs[np.flatnonzero(~np.isfinite(score))[0]]
        raise ValueError(f"The score of ({i}, {j}) is not finite: leave the pair out or score it.")
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    low, high = pairs[order, 0], pairs[order, 1]
    twice = np.flatnonzero((low[1:] == low[:-1]) & (high[1:] == high[:-1]))
    if len(twice):
        raise ValueError(f"({low[twice[0]]}, {high[twice[0]]}) is listed twice: give it once.")
    return low, high, score[order]


def _pairs(n: int, pairs: Iterable[tuple[int, int]] | NDArray[np.integer], name: str) -> Ints:
    """Return `pairs` as int64 (m, 2), the smaller index first."""
    array = np.asarray(pairs if isinstance(pairs, np.ndarray) else list(pairs), dtype=np.int64)
    array = np.sort(array.reshape(-1, 2), axis=1)
    wrong = (array[:, 0] < 0) | (array[:, 1] >= n) | (array[:, 0] == array[:, 1])
    if wrong.any():
        i, j = array[wrong][0]
        raise ValueError(f"({i}, {j}) in {name} is not a pair of two of the items 0..{n - 1}.")
    return array


def _closure(n: int, must_link: Ints) -> Ints:
    """Return the must-link set of each item, named by its lowest member, (n,)."""
    ones = np.ones(len(must_link), dtype=np.int8)
    graph = coo_array((ones, (must_link[:, 0], must_link[:, 1])), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    _, first = np.unique(component, return_index=True)
    return first[component].astype(np.int64)


def _forbidden(
    n: int, low: Ints, high: Ints, score: Floats, apart: Ints
) -> tuple[Ints, Ints, Floats]:
    """Return the listed pairs with the cannot-link pairs among them, at -inf."""
    if not len(apart):
        return low, high, score
    key, forbidden = low * n + high, np.unique(apart[:, 0] * n + apart[:, 1])
    free = ~np.isin(key, forbidden)
    key = np.concatenate([key[free], forbidden])
    score = np.concatenate([score[free], np.full(len(forbidden), -np.inf)])
    order = np.argsort(key)
    return key[order] // n, key[order] % n, score[order]
