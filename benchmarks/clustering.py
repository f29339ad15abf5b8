"""Seconds, peak memory and cohesion of the clustering core, beside its peers.

    DATA=../shared/data python -m benchmarks.clustering [--rows N] [--peer-python PYTHON ...]

Embeds the first N lines of DATA/arxiv_findings/texts.txt (kept under var/benchmarks), or makes N
vectors around N/4 random topics with --synthetic. Each PYTHON is an interpreter that can import
sentence-transformers (community_detection) or semhash; the same vectors are handed to each side, in
a process of its own, one after the other. Loading the vectors is not timed.

Cohesion is measured here for every side: the groups whose average pair is under the threshold, and
the lowest pair in any group.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PEERS = {"community_detection": "sentence_transformers", "semhash": "semhash"}


def main() -> None:
    arguments = _arguments()
    if arguments.side:
        print(json.dumps(_measure(arguments)))
        return
    vectors = (
        _synthetic(arguments.rows)
        if arguments.synthetic
        else embedded(arguments.data, arguments.rows)
    )
    print("| what | rows | threshold | seconds | peak memory, MB | groups | rows in them | largest "
          "| average under threshold | lowest pair |")  # fmt: skip
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vectors.npy"
        np.save(file, vectors)
        for side, python in _sides(arguments.peer_python):
            result = _in_another_process(side, python, file, arguments.threshold)
            print(_row(result, np.load(file, mmap_mode="r"), arguments.threshold), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("DATA", "../shared/data"))
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--threshold", type=float, default=0.7)
    parser.add_argument("--synthetic", action="store_true")
    parser.add_argument("--peer-python", action="append", default=[])
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--vectors", help=argparse.SUPPRESS)
    return parser.parse_args()


def texts_of(data: str, rows: int) -> list[str]:
    """Return the first lines of the arXiv findings in the folder of the public data."""
    file = Path(data) / "arxiv_findings" / "texts.txt"
    if not file.is_file():
        sys.exit(f"{file} is not there. Give the folder of the public data: DATA=../shared/data")
    with file.open(encoding="utf-8") as lines:
        return [line.rstrip("\n") for line in islice(lines, rows)]


def embedded(data: str, rows: int) -> np.ndarray:
    """Return their vectors, float32 (n, 384), made once and kept under var/benchmarks."""
    texts = texts_of(data, rows)
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    kept = ROOT / "var" / "benchmarks" / f"minilm-{digest}.npy"
    if kept.is_file():
        return np.load(kept)
    from insights.embedding.minilm.embedder import OnnxMiniLM

    print(f"Embedding {len(texts):,} texts into {kept}.", file=sys.stderr)
    vectors = OnnxMiniLM().embed(texts)
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.save(kept, vectors)
    return vectors


def _synthetic(n: int) -> np.ndarray:
    """Make rows whose cosines are around 0.8 within a topic and around 0 across: no chains."""
    rng = np.random.default_rng(0)
    topics = rng.standard_normal((max(1, n // 4), 384), dtype=np.float32)
    rows = 0.5 * rng.standard_normal((n, 384), dtype=np.float32)
    rows += topics[rng.integers(0, len(topics), n)]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _sides(peer_pythons: list[str]) -> list[tuple[str, str]]:
    sides = [("ours", sys.executable)]
    for side, module in PEERS.items():
        for python in peer_pythons:
            looked = subprocess.run(  # noqa: S603 - an interpreter that the caller named
                [python, "-c", f"import {module}"], capture_output=True, check=False
            )
            if looked.returncode == 0:
                sides.append((side, python))
                break
        else:
            print(f"{side}: no --peer-python can import {module}; left out.", file=sys.stderr)
    return sides


def _in_another_process(side: str, python: str, vectors: Path, threshold: float) -> dict[str, Any]:
    command = [python, "-m", "benchmarks.clustering", "--side", side]
    command += ["--vectors", str(vectors), "--threshold", str(threshold)]
    done = subprocess.run(  # noqa: S603 - this file, by an interpreter that the caller named
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _measure(arguments: argparse.Namespace) -> dict[str, Any]:
    vectors = np.load(arguments.vectors)
    run = {"ours": _ours, "community_detection": _community_detection, "semhash": _semhash}
    name, seconds, groups = run[arguments.side](vectors, arguments.threshold)
    return {"name": name, "seconds": seconds, "groups": groups, "peak_megabytes": peak()}


def peak() -> float:
    """Return the peak memory of this process alone.

    On Linux, ru_maxrss would start at the parent's.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


Measured = tuple[str, float, list[list[int]]]


def _ours(vectors: np.ndarray, threshold: float) -> Measured:
    from insights.clustering.grouping import group
    from insights.clustering.similarity import candidate_pairs, pair_similarity

    begin = time.perf_counter()
    pairs = candidate_pairs(vectors, threshold)
    joined = time.perf_counter() - begin
    groups = group(
        len(vectors),
        pairs.left,
        pairs.right,
        pairs.similarity,
        threshold=threshold,
        scores=partial(pair_similarity, vectors),
    )
    seconds = time.perf_counter() - begin
    name = (
        f"ours: {len(pairs):,} pairs ({pairs.capped:,} capped) in {joined:.1f} s, "
        f"groups in {seconds - joined:.1f} s"
    )
    return name, seconds, [list(one.members) for one in groups]


def _community_detection(vectors: np.ndarray, threshold: float) -> Measured:
    import sentence_transformers
    from sentence_transformers.util import community_detection

    begin = time.perf_counter()
    groups = community_detection(vectors, threshold=threshold, min_community_size=2)
    seconds = time.perf_counter() - begin
    name = f"community_detection, sentence-transformers {sentence_transformers.__version__}"
    return name, seconds, [[int(row) for row in one] for one in groups]


def _semhash(vectors: np.ndarray, threshold: float) -> Measured:
    from importlib.metadata import version

    from semhash import SemHash

    class NoModel:
        """An encoder for SemHash, which requires one but does not call it when given embeddings."""

        def encode(self, *_: object, **__: object) -> np.ndarray:
            raise AssertionError("the embeddings are given")

    begin = time.perf_counter()
    records = [str(row) for row in range(len(vectors))]
    index = SemHash.from_embeddings(vectors, records, model=NoModel())
    found = index.self_deduplicate(threshold=threshold).selected_with_duplicates
    seconds = time.perf_counter() - begin
    groups = [
        [int(one.record), *(int(record) for record, _ in one.duplicates)]
        for one in found
        if one.duplicates
    ]
    return f"SemHash {version('semhash')}, usearch", seconds, groups


def _row(result: dict[str, Any], vectors: np.ndarray, threshold: float) -> str:
    from insights.clustering.similarity import pair_similarity

    groups = result["groups"]
    sizes = [len(one) for one in groups] or [0]
    pairs = np.array([pair for one in groups for pair in combinations(one, 2)]).reshape(-1, 2)
    of = np.repeat(np.arange(len(groups)), [len(one) * (len(one) - 1) // 2 for one in groups])
    similarity = pair_similarity(vectors, pairs[:, 0], pairs[:, 1])
    average = np.bincount(of, similarity) / np.bincount(of) if groups else np.empty(0)
    lowest = f"{similarity.min():.3f}" if groups else "-"
    return (
        f"| {result['name']} | {len(vectors):,} | {threshold} | {result['seconds']:.1f} "
        f"| {result['peak_megabytes']:,.0f} | {len(groups):,} | {sum(sizes):,} | {max(sizes)} "
        f"| {np.count_nonzero(average < threshold - 1e-9):,} | {lowest} |"
    )


if __name__ == "__main__":
    main()
