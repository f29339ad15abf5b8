"""Growth of the join and the grouping, and the gain of a second worker.

    python -m benchmarks.scale [VECTORS.npy] [--rows N ...] [--threshold T ...] [--group]

VECTORS: float32 (n, 384), rows of length 1; without it, 20,000 texts of DATA/arxiv_findings are
embedded. Without --rows, all are joined. A file made with
`--mixed N OUT.npy` has N rows: those of VECTORS, and then copies, each the normalised sum of a row,
0.4 to 1 times another row of the same k-means list, and a little noise (cosine to the row: 0.84),
so that new rows lie where real ones do. CPU seconds stand beside the wall clock, because on a busy
machine only they can be compared. --workers compares the shards by one process, and by two.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.clustering import embedded, peak
from insights.clustering.grouping import group
from insights.clustering.join.partition import PartitionedJoin
from insights.clustering.similarity import MAX_NEIGHBOURS, candidate_pairs, pair_similarity


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors", type=Path, nargs="?")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--threshold", type=float, action="append")
    parser.add_argument("--group", action="store_true")
    parser.add_argument("--workers", action="store_true")
    parser.add_argument("--mixed", nargs=2, metavar=("N", "OUT"))
    parser.add_argument("--shards", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.shards:
        _take(given.vectors, given.shards)
        return
    vectors = (
        np.load(given.vectors, mmap_mode="r") if given.vectors else embedded(given.data, 20_000)
    )
    if given.mixed:
        _mixed(vectors, int(given.mixed[0]), Path(given.mixed[1]))
        return
    print("| rows | threshold | join wall s | join CPU s | pairs | capped | recall | sampled "
          "| group wall s | groups | peak MB |\n|" + "---:|" * 11)  # fmt: skip
    for n in given.rows or [len(vectors)]:
        for threshold in given.threshold or [0.64, 0.85]:
            if given.workers:
                _workers(vectors[:n], threshold)
            else:
                _measure(vectors[:n], threshold, grouped=given.group)


def _measure(vectors: np.ndarray, threshold: float, *, grouped: bool) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    pairs = candidate_pairs(vectors, threshold)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    took, groups = 0.0, 0
    if grouped:
        took = time.perf_counter()
        columns = (pairs.left, pairs.right, pairs.similarity)
        scores = partial(pair_similarity, vectors)
        groups = len(group(len(vectors), *columns, threshold=threshold, scores=scores))
        took = time.perf_counter() - took
    print(
        f"| {len(vectors):,} | {threshold} | {wall:.1f} | {cpu:.1f} | {len(pairs):,} "
        f"| {pairs.capped:,} | {pairs.recall:.4f} | {pairs.sampled:,} | {took:.1f} | {groups:,} "
        f"| {peak():,.0f} |",
        flush=True,
    )


def _workers(vectors: np.ndarray, threshold: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        PartitionedJoin.of(vectors, threshold, most=MAX_NEIGHBOURS).save(Path(folder))
        for parts in (["0/1"], ["0/2", "1/2"]):
            wall = time.perf_counter()
            command = [sys.executable, "-m", "benchmarks.scale", folder, "--shards"]
            workers = [
                subprocess.Popen([*command, part], stdout=subprocess.PIPE, text=True)  # noqa: S603
                for part in parts
            ]
            cpu = [worker.communicate()[0].strip() for worker in workers]
            print(f"{len(parts)} workers: {time.perf_counter() - wall:.1f} s wall, CPU {cpu}")


def _take(folder: Path, part: str) -> None:
    number, of = map(int, part.split("/"))
    join = PartitionedJoin.load(folder)
    cpu = time.process_time()
    for lists in join.shards[number::of]:
        join.compare(lists, MAX_NEIGHBOURS)
    print(f"{time.process_time() - cpu:.1f}")


def _mixed(vectors: np.ndarray, n: int, out: Path) -> None:
    rng = np.random.default_rng(0)
    join = PartitionedJoin.of(vectors, 0.8, most=MAX_NEIGHBOURS)
    size = np.diff(join.starts)
    rows = np.lib.format.open_memmap(out, "w+", np.float32, (n, vectors.shape[1]))
    rows[: len(vectors)] = vectors[:n]
    for at in range(len(vectors), n, len(vectors)):
        one = rng.permutation(len(vectors))[: n - at]
        lists = join.list_of[one]
        other = join.members[join.starts[lists] + (rng.random(len(one)) * size[lists]).astype(int)]
        weight = rng.uniform(0.4, 1.0, (len(one), 1)).astype(np.float32)
        noise = rng.standard_normal((len(one), vectors.shape[1]), np.float32) * np.float32(0.0255)
        copy = vectors[one] + weight * vectors[other] + noise
        rows[at : at + len(one)] = copy / np.linalg.norm(copy, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
