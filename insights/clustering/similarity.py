"""Similarity join: every pair of insights whose embeddings have at least a given cosine.

An integer product of shortened rows (insights.clustering.join.integers) picks the pairs that may
reach the threshold; it misses none. Those are computed again in float32, and what may still reach
it in float64, rounded to six decimals (what float32 unit rows can carry). So the result is the same
for every block size and number of threads, and memory grows with the pairs found.

Exact up to EXACT_UP_TO rows. More are compared by lists (insights.clustering.join.partition), which
finds at least 0.99 of the pairs, as measured on a sample in each run, in far less than n squared.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insights.clustering.join.cosines import Found, float32_slack, gathered, verified
from insights.clustering.join.integers import WIDTH, IntegerRows
from insights.clustering.join.partition import PartitionedJoin, ShardPairs
from insights.clustering.join.top_pairs import StrongestPairs

BLOCK = 512
EXACT_UP_TO = 100_000
MAX_NEIGHBOURS = 50
_AT_ONCE = 8  # blocks of WIDTH rows that one task compares a block with
_FEW = 4096  # up to so many rows, BLAS is as quick as making their integer form
_DENSE = 40  # with more than 1/40 of a block's pairs, multiplying again is cheaper than gathering
_UNIT_TOLERANCE = 1e-3  # rows that went through a float16 column are off by up to 5e-4


class Cancelled(Exception):
    """The caller's `cancelled` said so; nothing was returned."""


@dataclass(frozen=True, slots=True)
class CandidatePairs:
    """Pairs at or above the threshold, each once, sorted by (left, right).

    `left`, `right`: int32, shape (m,). `similarity`: float32, shape (m,), cosine to six decimals.
    `capped`: how many pairs at or above the threshold were left out because neither side counts
    the other among its `max_neighbours` most similar; 0 says that none were.
    `recall`: the share of the pairs that should be here, measured on the near pairs of a sample of
    rows, of which there were `sampled`; 1 and 0 when all rows were compared with all.
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    similarity: NDArray[np.float32]
    capped: int
    recall: float = 1.0
    sampled: int = 0

    def __len__(self) -> int:
        return len(self.left)

    def __getitem__(self, which: NDArray[np.bool_]) -> CandidatePairs:
        """Return some of them."""
        return CandidatePairs(self.left[which], self.right[which], self.similarity[which], 0)


def candidate_pairs(
    vectors: ArrayLike,
    threshold: float,
    *,
    block: int = BLOCK,
    max_neighbours: int | None = MAX_NEIGHBOURS,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> CandidatePairs:
    """Return all pairs (left < right) of rows of `vectors` with cosine >= `threshold`.

    `vectors`: (n, d), rows of length 1, read as float32. A pair is kept when either side has the
    other among its `max_neighbours` most similar (ties go to the lower index), which bounds the
    result to n * max_neighbours pairs however low the threshold is; None keeps every pair.
    Complete for up to EXACT_UP_TO rows; see `recall` for more. `threads`: by default the cores that
    this process may use. `progress(rows_done)` and `cancelled()` are called once a block of rows;
    the first blocks are the longest.

    Raises `Cancelled`, and ValueError for rows that are not finite or not of length 1.
    """
    rows = _unit_rows(vectors)
    limit = _checked_threshold(threshold)
    if len(rows) > EXACT_UP_TO:
        return _by_lists(rows, limit, max_neighbours, threads, progress, cancelled)
    kept = StrongestPairs(len(rows), max_neighbours)
    short = IntegerRows(rows, limit) if len(rows) > _FEW else None

    def compare(start: int, blocks: range) -> Iterator[Found]:
        stop = min(start + block, len(rows))
        left = None if short is None else short.left(start, stop)
        for at in blocks:
            if short is None or left is None:
                i, j = _passing(rows[start:stop], rows[at * WIDTH : (at + 1) * WIDTH], limit)
                i, j = i + start, j + at * WIDTH
            else:
                i, j = short.passing(left, start, at, limit)
            later = j > i
            dense = (stop - start) * WIDTH // _DENSE
            yield verified(rows, rows, i[later], j[later], limit, dense)

    with ThreadPoolExecutor(threads or _usable_cores()) as pool:
        tasks = _Tasks(pool, kept)
        for start in _row_blocks(len(rows), block, progress, cancelled):
            first, last = start // WIDTH, -(-len(rows) // WIDTH)
            for at in range(first, last, _AT_ONCE):
                tasks.add(compare, start, range(at, min(at + _AT_ONCE, last)))
        tasks.finish()
    return CandidatePairs(*kept.sorted_pairs(), capped=kept.left_out)


def merged(
    join: PartitionedJoin, shards: Iterable[ShardPairs], max_neighbours: int | None
) -> CandidatePairs:
    """Return the pairs of all shards of a join, which may come in any order."""
    kept = StrongestPairs(len(join.vectors), max_neighbours)
    for (left, right, similarity), left_out in shards:
        kept.add(left.astype(np.intp), right.astype(np.intp), similarity.astype(np.float64))
        kept.left_out += left_out
    pairs = kept.sorted_pairs()
    recall = join.recall(*pairs[:2])
    return CandidatePairs(*pairs, kept.left_out, recall, len(join.sample))


def _by_lists(
    rows: NDArray[np.float32],
    threshold: float,
    max_neighbours: int | None,
    threads: int | None,
    progress: Callable[[int], object] | None,
    cancelled: Callable[[], bool] | None,
) -> CandidatePairs:
    join = PartitionedJoin.of(rows, threshold, most=max_neighbours)
    shards = join.shards

    def compared(pool: ThreadPoolExecutor) -> Iterator[ShardPairs]:
        results = pool.map(lambda lists: join.compare(lists, max_neighbours), shards)
        for done, shard in enumerate(results, 1):
            if cancelled is not None and cancelled():
                pool.shutdown(cancel_futures=True)
                raise Cancelled
            yield shard
            if progress is not None:
                progress(len(rows) * done // len(shards))

    with ThreadPoolExecutor(threads or _usable_cores()) as pool:
        return merged(join, compared(pool), max_neighbours)


def pair_similarity(vectors: ArrayLike, left: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    """Return the cosines of the pairs (left[k], right[k]) of rows, float64 to six decimals, (m,).

    The same figures as `candidate_pairs` gives; `functools.partial(pair_similarity, vectors)` is
    what `grouping.group` takes as `scores`. `vectors`: float32 (n, d), rows of length 1.
    """
    rows = np.asarray(vectors)
    return gathered(rows, rows, np.asarray(left), np.asarray(right))


class _Tasks:
    """Run comparisons on a pool, a few ahead, and take in their results in the order given."""

    def __init__(self, pool: ThreadPoolExecutor, kept: StrongestPairs) -> None:
        self._pool, self._kept = pool, kept
        self._waiting: deque[Future[tuple[list[Found], int]]] = deque()

    def add(
        self, compare: Callable[[int, range], Iterable[Found]], start: int, blocks: range
    ) -> None:
        def run() -> tuple[list[Found], int]:
            gains = [self._kept.gaining(*found) for found in compare(start, blocks)]
            return [found for found, _ in gains], sum(lost for _, lost in gains)

        self._waiting.append(self._pool.submit(run))
        if len(self._waiting) > 2 * self._pool._max_workers:
            self._take()

    def finish(self) -> None:
        while self._waiting:
            self._take()

    def _take(self) -> None:
        results, lost = self._waiting.popleft().result()
        self._kept.left_out += lost
        for found in results:
            self._kept.add(*found)


def _passing(
    a: NDArray[np.float32], b: NDArray[np.float32], threshold: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of a row of `a` and one of `b` that may reach the threshold, by float32."""
    return np.divmod(np.flatnonzero(a @ b.T >= threshold - float32_slack(a)), max(1, len(b)))


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


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _checked_threshold(threshold: float) -> float:
    if not -1.0 <= threshold <= 1.0:
        raise ValueError(f"threshold is {threshold}: a cosine lies between -1 and 1.")
    return threshold


def _unit_rows(vectors: ArrayLike) -> NDArray[np.float32]:
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim != 2:
        raise ValueError(f"vectors has shape {rows.shape}: give one row an insight, (n, d).")
    length = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    # Written so that NaN counts as wrong.
    wrong = np.flatnonzero(~(np.abs(length - 1.0) <= _UNIT_TOLERANCE))
    if len(wrong):
        raise ValueError(
            f"{len(wrong)} of {len(rows)} rows of vectors are not of length 1, the first is row "
            f"{wrong[0]} with length {length[wrong[0]]:.6g}: L2-normalise the embeddings."
        )
    return rows
