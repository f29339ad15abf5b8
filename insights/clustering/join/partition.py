"""Candidate pairs of very many rows: each row is compared only with lists of similar rows.

Spherical k-means puts each row into the list of its nearest centre. A row is compared with the rows
of every list whose centre is at least `reach` times as similar to it as its own list's. A near pair
is found when either of its rows reaches the other's list. `reach` is measured: near pairs of a
sample of rows, which were compared with all rows, say how low it must be for _TARGET of them to be
found. Another part of the sample measures afterwards how many were found
(`PartitionedJoin.recall`).

Comparing is as exact as in the whole join, so only pairs that no row reached are lost. Lists are
dealt into shards, which any process can compare from the folder that holds the arrays; the pairs of
all shards together do not depend on their number or order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from insights.clustering.join.cosines import verified
from insights.clustering.join.integers import (
    OFFSET,
    WIDTH,
    Shortening,
    at_least,
    least_products,
    left_side,
    multiply,
)
from insights.clustering.join.top_pairs import StrongestPairs

SHARD_ROWS = 20_000  # in the lists of one shard
_TARGET = 0.997
_LISTS = 2  # times sqrt(n)
_TRAINED_ON = 32  # rows a list
_ROUNDS = 5
_SAMPLE = 1024  # rows compared with all; half set the reach, half measure the recall
_ENOUGH = 1000  # near pairs to set the reach by; if there are fewer, less similar ones help
_GROWTH = 1.25  # rows, to those that lists were made for, up to which they are used again
_SHARE = 0.02  # of all pairs that will be compared, roughly

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]
Pairs = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]
ShardPairs = tuple[Pairs, int]  # and how many more the cap left out
Cancel = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a join without its rows, for later rows to be dealt in the same way.

    `axes`: float32 (d, d), of the shortening. `centres`: int8 (k, m). `numbers`: threshold, step,
    float error, reach, and the number of rows that they were made for.
    """

    axes: Floats
    centres: NDArray[np.int8]
    numbers: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Floats, threshold: float, count: int = 1) -> Lists:
        """Make lists for `vectors`, rows of length 1. One list compares all rows with all."""
        form = Shortening.fitting(vectors, threshold, share=_SHARE if count > 1 else 1.0)
        centres = form.rounded(_centres(vectors, count))[0]
        numbers = np.array([threshold, form.step, form.float_error, 1.0, len(vectors)])
        return cls(form.axes, centres, numbers)

    @property
    def form(self) -> Shortening:
        return Shortening(self.axes, self.centres.shape[1], float(self.numbers[1]))

    def suits(self, n: int) -> bool:
        """Return whether they are made for about `n` rows."""
        return n <= _GROWTH * float(self.numbers[4])

    def meet(self, vectors: Floats, i: Rows, j: Rows) -> NDArray[np.bool_]:
        """Return whether each pair of rows is compared: one reaches the list of the other, (m,)."""
        if len(self.centres) < 2:
            return np.ones(len(i), dtype=bool)
        left = left_side(self.form.rounded(vectors)[0])
        list_of, best = _nearest_centres(left, self.centres)
        least = _least(best, float(self.numbers[3]))

        def reaches(rows: Rows, others: Rows) -> NDArray[np.bool_]:
            return _to_list(left, self.centres, rows, list_of[others]) >= least[rows]

        return reaches(i, j) | reaches(j, i)


@dataclass(frozen=True, slots=True)
class PartitionedJoin:
    """The rows in lists. Shapes for n rows, d dimensions, m short ones and k lists:

    `vectors`: float32 (n, d). `right`, `left`: the short rows, int8 and uint8 (n, m), with the
    errors of their rounding, (n,). `centres`: int8 (k, m). `members`: the rows by list, (n,), those
    of list l at `starts`[l]:`starts`[l + 1], ascending. `list_of`: (n,). `least`: the product with
    a centre from which on a row reaches its list, int32 (n,). `sample`: rows of near pairs to
    measure the recall by, (s, 2). `axes` and `numbers`: as Lists has them.
    """

    vectors: Floats
    right: NDArray[np.int8]
    left: NDArray[np.uint8]
    left_error: Floats
    right_error: Floats
    centres: NDArray[np.int8]
    members: NDArray[np.int32]
    starts: NDArray[np.int64]
    list_of: NDArray[np.int32]
    least: NDArray[np.int32]
    sample: NDArray[np.int64]
    axes: Floats
    numbers: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        vectors: Floats,
        threshold: float,
        *,
        most: int | None,
        lists: int | None = None,
        like: Lists | None = None,
    ) -> PartitionedJoin:
        """Deal `vectors`, rows of length 1, into lists.

        `like`: the lists of an earlier join, if they suit; with them, two rows that it compared are
        compared again, and two that it did not are not.
        """
        n, reach = len(vectors), None
        if like is not None and like.suits(n):
            reach = float(like.numbers[3])
        else:
            like = Lists.of(vectors, threshold, min(n, lists or int(_LISTS * n**0.5)))
        form, centres = like.form, like.centres
        right = np.empty((n, form.dimensions), np.int8)
        left = np.empty((n, form.dimensions), np.uint8)
        left_error, right_error = np.empty(n, np.float32), np.empty(n, np.float32)
        for part in _chunks(n):
            right[part], left_error[part], right_error[part] = form.rounded(vectors[part])
            left[part] = left_side(right[part])
        list_of, best = _nearest_centres(left, centres)
        members = np.argsort(list_of, kind="stable").astype(np.int32)
        join = cls(
            vectors,
            right,
            left,
            left_error,
            right_error,
            centres,
            members,
            np.searchsorted(list_of[members], np.arange(len(centres) + 1)),
            list_of,
            best,
            np.empty((0, 2), np.int64),
            form.axes,
            like.numbers,
        )
        return join._with_reach(reach, most)

    def _with_reach(self, reach: float | None, most: int | None) -> PartitionedJoin:
        """Return it with a sample of near pairs, and with the `reach` that finds such if None."""
        rng = np.random.default_rng(0)
        rows = np.sort(rng.permutation(len(self.vectors))[:_SAMPLE])
        setting, measuring = (rows, rows) if len(rows) < _SAMPLE else (rows[::2], rows[1::2])
        threshold, best = float(self.numbers[0]), self.least
        if reach is None:
            for less in (0.0, 0.1, 0.2):
                i, j, _ = self._near(setting, threshold - less, most)
                if len(i) >= _ENOUGH:
                    break
            reached = np.maximum(
                self._to_list(i, self.list_of[j]) / np.maximum(best[i], 1),
                self._to_list(j, self.list_of[i]) / np.maximum(best[j], 1),
            )
            reach = float(np.quantile(reached, 1 - _TARGET, method="lower")) if len(i) else 1.0
        i, j, _ = self._near(measuring, threshold, most)
        numbers = self.numbers.copy()
        numbers[3] = reach
        return replace(
            self, least=_least(best, reach), sample=np.column_stack([i, j]), numbers=numbers
        )

    @property
    def lists(self) -> Lists:
        return Lists(np.array(self.axes), np.array(self.centres), np.array(self.numbers))

    def save(self, folder: Path) -> None:
        """Write the arrays into `folder`, each whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            array: NDArray[np.generic] = getattr(self, field.name)
            write_whole(folder / f"{field.name}.npy", partial(np.save, arr=array))

    @classmethod
    def load(cls, folder: Path) -> PartitionedJoin:
        """Map the arrays into memory, so that processes of one machine share them."""
        files = [folder / f"{field.name}.npy" for field in fields(cls)]
        return cls(*(np.load(file, mmap_mode="r") for file in files))

    @property
    def shards(self) -> list[range]:
        """Return ranges of lists with about SHARD_ROWS rows each."""
        ends = np.searchsorted(self.starts, np.arange(0, len(self.vectors), SHARD_ROWS))
        bounds = np.unique([*ends.tolist(), len(self.centres)]).tolist()
        return [range(a, b) for a, b in zip([0, *bounds], bounds, strict=False) if a < b]

    def compare(
        self, lists: range, most: int | None, *, cancelled: Cancel = lambda: False
    ) -> ShardPairs:
        """Return the near pairs that are found in some lists, and how many more `most` left out.

        Each pair is found in one list only. Stops early, with a part, when `cancelled`.
        """
        kept = StrongestPairs(len(self.vectors), most)
        for number, rows in zip(lists, self._reaching(lists), strict=True):
            if cancelled():
                break
            for members in self._members(number):
                for start in range(0, len(rows), WIDTH):
                    kept.add(*self._compared(rows[start : start + WIDTH], members, number))
        return kept.sorted_pairs(), kept.left_out

    def recall(self, left: NDArray[np.int32], right: NDArray[np.int32]) -> float:
        """Return the share of the sample's near pairs that are among (left, right)."""
        if not len(self.sample):
            return 1.0
        n = len(self.vectors)
        found = left.astype(np.int64) * n + right
        return float(np.isin(self.sample.min(axis=1) * n + self.sample.max(axis=1), found).mean())

    def _members(self, number: int) -> Iterator[Rows]:
        members = self.members[self.starts[number] : self.starts[number + 1]].astype(np.intp)
        return (members[at : at + WIDTH] for at in range(0, len(members), WIDTH))

    def _reaching(self, lists: range) -> list[Rows]:
        """Return the rows that reach each of the lists, ascending."""
        centres = np.ascontiguousarray(self.centres[lists.start : lists.stop].T)
        rows, reached = [np.empty(0, np.intp)], [np.empty(0, np.intp)]
        for part in _chunks(len(self.left)):
            product = multiply(np.ascontiguousarray(self.left[part]), centres)
            i, at = np.divmod(
                np.flatnonzero(product >= self.least[part, np.newaxis]), product.shape[1]
            )
            rows.append(i + part.start)
            reached.append(at)
        by_list = np.concatenate(reached)
        order = np.argsort(by_list, kind="stable")
        ends = np.searchsorted(by_list[order], np.arange(1, len(lists)))
        return np.split(np.concatenate(rows)[order], ends)

    def _compared(
        self, rows: Rows, members: Rows, number: int
    ) -> tuple[Rows, Rows, NDArray[np.float64]]:
        """Return the near pairs of `rows` and of `members` of a list that are this list's to find.

        It is the list of either row. When each row reaches the other's list, that of the later row
        finds the pair.
        """
        rows = rows[(self.list_of[rows] != number) | (rows < members[-1])]
        i, j = self._passing(rows, members, float(self.numbers[0]))
        mine = i < j
        later = np.flatnonzero(~mine)
        a, b = i[later], j[later]
        mine[later] = (self.list_of[a] != number) & (
            self._to_list(b, self.list_of[a]) < self.least[b]
        )
        i, j = i[mine], j[mine]
        i, j, cosine = verified(
            self.vectors, self.vectors, i, j, float(self.numbers[0]), len(self.vectors) ** 2
        )
        return np.minimum(i, j), np.maximum(i, j), cosine

    def _passing(self, rows: Rows, members: Rows, threshold: float) -> tuple[Rows, Rows]:
        """Return the pairs of a row and a member that may reach the threshold."""
        if not (len(rows) and len(members)):
            return rows[:0], rows[:0]
        _, step, float_error, *_ = self.numbers.tolist()
        least = least_products(
            threshold - float_error, step, self.left_error[rows],
            float(self.right_error[members].max()),
        )  # fmt: skip
        i, j = at_least(
            multiply(self.left[rows], np.ascontiguousarray(self.right[members].T)), least
        )
        return rows[i], members[j]

    def _to_list(self, rows: Rows, lists: NDArray[np.integer]) -> NDArray[np.int32]:
        return _to_list(self.left, self.centres, rows, lists)

    def _near(
        self, rows: Rows, threshold: float, most: int | None
    ) -> tuple[Rows, Rows, NDArray[np.float64]]:
        """Return the pairs of `rows` with all others, the `most` most similar of each row."""
        n = len(self.vectors)
        parts = []
        for part in _chunks(n):
            i, j = self._passing(rows, np.arange(part.start, part.stop), threshold)
            i, j = i[i != j], j[i != j]
            parts.append(verified(self.vectors, self.vectors, i, j, threshold, n**2))
        i, j, cosine = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        order = np.lexsort((j, -cosine, i))
        first = np.searchsorted(i[order], i[order])
        top = order[np.arange(len(order)) - first < (most or n)]
        return i[top], j[top], cosine[top]


def _to_list(
    left: NDArray[np.uint8],
    centres: NDArray[np.int8],
    rows: Rows,
    lists: NDArray[np.integer],
) -> NDArray[np.int32]:
    """Return the product of each row with a centre, as `_reaching` computes it, (m,)."""
    result = np.empty(len(rows), np.int32)
    for part in _chunks(len(rows)):
        # Integers below 2**24, so float32 sums are exact in any order.
        a = left[rows[part]].astype(np.float32) - OFFSET
        result[part] = np.einsum("md,md->m", a, centres[lists[part]].astype(np.float32))
    return result


def _least(best: NDArray[np.int32], reach: float) -> NDArray[np.int32]:
    return np.minimum(best, np.floor(best * min(reach, 1.0))).astype(np.int32)


def write_whole(file: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file under a temporary name, and rename it when it is complete."""
    unfinished = file.with_suffix(f".{os.getpid()}.tmp")
    with unfinished.open("wb") as stream:
        write(stream)
    unfinished.replace(file)


def _chunks(n: int) -> Iterator[slice]:
    return (slice(at, min(at + WIDTH, n)) for at in range(0, n, WIDTH))


def _centres(vectors: Floats, count: int) -> Floats:
    """Return `count` centres of spherical k-means on a sample, rows of length 1."""
    rng = np.random.default_rng(count)
    picked = rng.choice(len(vectors), min(len(vectors), _TRAINED_ON * count), replace=False)
    sample = vectors[np.sort(picked)]
    centres = sample[rng.permutation(len(sample))[:count]]
    for _ in range(_ROUNDS if count > 1 else 0):
        nearest = np.concatenate(
            [np.argmax(sample[part] @ centres.T, axis=1) for part in _chunks(len(sample))]
        )
        order = np.argsort(nearest, kind="stable")
        used, first = np.unique(nearest[order], return_index=True)
        sums = np.add.reduceat(sample[order], first, axis=0)
        centres[used] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return centres


def _nearest_centres(
    left: NDArray[np.uint8], centres: NDArray[np.int8]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the list of each row and its product with that list's centre, (n,)."""
    columns = np.ascontiguousarray(centres.T)
    list_of, best = np.empty(len(left), np.int32), np.empty(len(left), np.int32)
    for part in _chunks(len(left)):
        product = multiply(left[part], columns)
        list_of[part] = product.argmax(axis=1)
        best[part] = product.max(axis=1)
    return list_of, best
