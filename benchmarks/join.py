"""Seconds, memory and pair recall of the similarity join, beside its peers on the same vectors.

    python -m benchmarks.join [VECTORS.npy] [--threshold T ...] [--repeat N] [--peer-python PYTHON]

VECTORS: float32 (n, 384), rows of length 1; without it, the first --rows texts of
DATA/arxiv_findings are embedded. `--repeat` enlarges them: each further copy is the same
rows with a little noise (cosine about 0.8 to the original). PYTHON can import faiss, usearch
and hnswlib; a side that it cannot import is left out, and the table says so.
Each side runs in a process of its own, one after the other; loading the vectors is not timed. CPU
seconds stand beside the wall clock, because on a busy machine only they can be compared. Ours is
exact, so recall is counted against its pairs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.clustering import embedded, peak

ROOT = Path(__file__).resolve().parents[1]
SIDES = ("ours", "blas", "faiss flat", "faiss ivf", "usearch", "hnswlib")
BLOCK = 1024
PROBED = {0.85: 16, 0.64: 40}  # of 4 * sqrt(n) lists


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors", nargs="?")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--threshold", type=float, action="append")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--peer-python")
    parser.add_argument("--only", action="append", choices=SIDES)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(_measure(given.side, np.load(given.vectors), given.threshold[0])))
        return
    print("| side | rows | threshold | wall s | CPU s | peak MB | pairs | recall |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vectors.npy"
        vectors = np.load(given.vectors) if given.vectors else embedded(given.data, given.rows)
        np.save(file, _enlarged(vectors, given.repeat))
        for threshold in given.threshold or [0.85, 0.64]:
            exact = 0
            for side in given.only or SIDES:
                python = sys.executable if side in ("ours", "blas") else given.peer_python
                if python is None:
                    continue
                command = [python, "-m", "benchmarks.join", str(file), "--side", side]
                done = subprocess.run(  # noqa: S603 - this file, by an interpreter the caller named
                    [*command, "--threshold", str(threshold)],
                    cwd=ROOT, capture_output=True, text=True, check=False,
                )  # fmt: skip
                if done.returncode:
                    print(f"| {side} | left out: {done.stderr.splitlines()[-1]} |")
                    continue
                found = json.loads(done.stdout.splitlines()[-1])
                exact = exact or found["pairs"]
                rows = len(np.load(file, mmap_mode="r"))
                print(
                    f"| {side} | {rows:,} | {threshold} | {found['wall']:.1f} | {found['cpu']:.1f} "
                    f"| {found['peak']:,.0f} | {found['pairs']:,} "
                    f"| {found['pairs'] / max(exact, 1):.4f} |",
                    flush=True,
                )


def _enlarged(vectors: np.ndarray, times: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    parts = [vectors]
    for _ in range(times - 1):
        noise = rng.standard_normal(vectors.shape, dtype=np.float32) * np.float32(0.75 / 384**0.5)
        copy = vectors + noise
        parts.append(copy / np.linalg.norm(copy, axis=1, keepdims=True))
    return np.concatenate(parts)


def _measure(side: str, vectors: np.ndarray, threshold: float) -> dict[str, float]:
    run = {"ours": _ours, "blas": _blas, "usearch": _usearch, "hnswlib": _hnswlib}
    run |= {"faiss flat": _faiss_flat, "faiss ivf": _faiss_ivf}
    wall, cpu = time.perf_counter(), time.process_time()
    pairs = run[side](vectors, threshold)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall, "cpu": cpu, "pairs": pairs, "peak": peak()}


def _ours(vectors: np.ndarray, threshold: float) -> int:
    from insights.clustering.similarity import candidate_pairs

    found = candidate_pairs(vectors, threshold)
    return len(found) + found.capped


def _blas(vectors: np.ndarray, threshold: float) -> int:
    count = 0
    for start in range(0, len(vectors), BLOCK):
        for other in range(start, len(vectors), BLOCK):
            hits = vectors[start : start + BLOCK] @ vectors[other : other + BLOCK].T >= threshold
            count += int(np.count_nonzero(np.triu(hits, 1) if start == other else hits))
    return count


def _faiss_flat(vectors: np.ndarray, threshold: float) -> int:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return _each_once(index, vectors, threshold)


def _faiss_ivf(vectors: np.ndarray, threshold: float) -> int:
    import faiss

    lists = int(4 * len(vectors) ** 0.5)
    index = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(vectors.shape[1]), vectors.shape[1], lists, faiss.METRIC_INNER_PRODUCT
    )
    index.train(vectors[:: max(1, len(vectors) // (40 * lists))])
    index.add(vectors)
    index.nprobe = PROBED.get(threshold, 40)
    return _each_once(index, vectors, threshold)


def _each_once(index: object, vectors: np.ndarray, threshold: float) -> int:
    found = set()
    for start in range(0, len(vectors), 8192):
        limits, _, other = index.range_search(vectors[start : start + 8192], threshold)
        row = np.repeat(np.arange(len(limits) - 1), np.diff(limits).astype(np.int64)) + start
        pair = np.minimum(row, other) * len(vectors) + np.maximum(row, other)
        found.update(pair[row != other].tolist())
    return len(found)


def _usearch(vectors: np.ndarray, threshold: float) -> int:
    from usearch.index import Index

    index = Index(ndim=vectors.shape[1], metric="ip", dtype="f16")
    index.add(np.arange(len(vectors)), vectors)
    nearest = index.search(vectors, 51)
    return _nearest_once(nearest.keys, nearest.distances, threshold)


def _hnswlib(vectors: np.ndarray, threshold: float) -> int:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=vectors.shape[1])
    index.init_index(len(vectors), ef_construction=100, M=16)
    index.add_items(vectors)
    index.set_ef(100)
    return _nearest_once(*index.knn_query(vectors, 51), threshold)


def _nearest_once(keys: np.ndarray, distances: np.ndarray, threshold: float) -> int:
    row, keys = np.arange(len(keys))[:, np.newaxis], keys.astype(np.int64)
    near = (1 - distances >= threshold) & (keys != row)
    pair = np.minimum(row, keys) * len(keys) + np.maximum(row, keys)
    return len(np.unique(pair[near]))


if __name__ == "__main__":
    main()
