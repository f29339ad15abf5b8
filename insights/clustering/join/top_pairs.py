"""The pairs found so far, cut down to each row's most similar when there are too many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WEED_AFTER = 2_000_000  # pairs; at 16 bytes a pair, 32 MB before the first look


class StrongestPairs:
    """Collects pairs of `n` rows; keeps those in the `most` most similar of either side.

    Weeding while pairs still come in loses nothing: a pair that already has `most` better ones on
    both sides can only fall further, and each row's best so far are always kept.
    """

    def __init__(self, n: int, most: int | None) -> None:
        if most is not None and most < 1:
            raise ValueError(f"max_neighbours is {most}: give 1 or more, or None for no cap.")
        self.left_out = 0
        self._n = n
        self._most = most
        self._parts: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]] = []
        self._held = 0
        self._weed_at = _WEED_AFTER
        # Each row's `most`-th best, (similarity, partner): from the next on it gains nothing more.
        self._bar: tuple[NDArray[np.float32], NDArray[np.int32]] | None = None

    def add(
        self, left: NDArray[np.intp], right: NDArray[np.intp], similarity: NDArray[np.float64]
    ) -> None:
        """Take in pairs of row numbers, each pair once, in any order."""
        (left, right, similarity), lost = self.gaining(left, right, similarity)
        self.left_out += lost
        if not len(left):
            return
        value = similarity.astype(np.float32)
        self._parts.append((left.astype(np.int32), right.astype(np.int32), value))
        self._held += len(left)
        if self._held >= self._weed_at and self._most is not None:
            self._weed(self._most)
            self._weed_at = self._held + max(_WEED_AFTER, self._held // 2)

    def gaining(
        self, left: NDArray[np.intp], right: NDArray[np.intp], similarity: NDArray[np.float64]
    ) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]], int]:
        """Return the pairs that may still be kept, and how many may not; safe from any thread.

        A row's bar only rises, so a pair that is left out now would also be left out later.
        """
        bar = self._bar
        if bar is None:
            return (left, right, similarity), 0
        value = similarity.astype(np.float32)
        gains = _above(bar, left, right, value) | _above(bar, right, left, value)
        lost = len(gains) - int(np.count_nonzero(gains))
        return (left[gains], right[gains], similarity[gains]), lost

    def sorted_pairs(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        """Return (left, right, similarity), sorted by (left, right). Call it once, at the end."""
        if self._most is not None:
            self._weed(self._most)
        left, right, similarity = self._joined()
        order = np.argsort(left.astype(np.int64) * self._n + right)
        return left[order], right[order], similarity[order]

    def _joined(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        empty = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32)
        parts = self._parts or [empty]
        joined = (
            np.concatenate([part[0] for part in parts]),
            np.concatenate([part[1] for part in parts]),
            np.concatenate([part[2] for part in parts]),
        )
        self._parts = [joined]
        return joined

    def _weed(self, most: int) -> None:
        left, right, similarity = self._joined()
        neighbours = np.bincount(left, minlength=self._n) + np.bincount(right, minlength=self._n)
        full = neighbours >= most
        if not full.any():
            return
        strong = np.zeros(len(left), dtype=bool)
        bar = np.full(self._n, -np.inf, dtype=np.float32), np.full(self._n, self._n, np.int32)
        # One entry a pair and side that has too many; `pair` says which pair it stands for.
        pair = np.concatenate([np.flatnonzero(full[left]), np.flatnonzero(full[right])])
        from_left = np.count_nonzero(full[left])
        row, other = left[pair], right[pair]
        row[from_left:], other[from_left:] = right[pair[from_left:]], left[pair[from_left:]]
        order = np.lexsort((other, -similarity[pair], row))
        first = np.cumsum(neighbours * full) - neighbours * full
        rank = np.arange(len(order)) - first[row[order]]
        strong[pair[order[rank < most]]] = True
        last = order[rank == most - 1]
        bar[0][row[last]], bar[1][row[last]] = similarity[pair[last]], other[last]
        self._bar = bar

        keep = strong | ~full[left] | ~full[right]
        self.left_out += len(left) - int(np.count_nonzero(keep))
        self._parts = [(left[keep], right[keep], similarity[keep])]
        self._held = int(np.count_nonzero(keep))


def _above(
    bar: tuple[NDArray[np.float32], NDArray[np.int32]],
    row: NDArray[np.integer],
    other: NDArray[np.integer],
    value: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Return whether each pair is better for its `row` than the last that the row keeps."""
    least, last = bar
    return (value > least[row]) | ((value == least[row]) & (other < last[row]))
