"""Texts a second and peak memory of the local embedder, beside sentence-transformers.

    DATA=../shared/data python -m benchmarks.embedding [--texts N] [--peer-python PYTHON]

Reads the first N lines of DATA/arxiv_findings/texts.txt. PYTHON is an interpreter that can import
sentence-transformers; it gets the same weights. Each side runs in a process of its own, on all
cores, one after the other, and is timed without its start (loading, and one warming call); the
best of `--rounds` counts. CPU seconds tell more than texts a second on a machine with other work.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np

from insights.embedding.minilm.weights import find_weights

COMPARED = 500  # texts whose vectors of both sides are compared
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    arguments = _arguments()
    file = Path(arguments.data) / "arxiv_findings" / "texts.txt"
    if not file.is_file():
        sys.exit(f"{file} is not there. Give the folder of the public data: DATA=../shared/data")
    if arguments.side:
        print(json.dumps(_measure(arguments, file)))
        return

    sides = {"ours": sys.executable, "8 bits": sys.executable}
    if arguments.peer_python:
        sides["peer"] = arguments.peer_python
    print("| embedder | texts | texts/s | CPU s per 1,000 texts | start, s | peak memory, MB |")
    print("|---|---:|---:|---:|---:|---:|")
    vectors = []
    for side, python in sides.items():
        row = _in_another_process(side, python, arguments)
        vectors.append(np.array(row["vectors"]))
        print(
            f"| {row['name']} | {row['texts']:,} | {row['texts_per_second']:,.0f} "
            f"| {row['cpu_seconds']:.1f} | {row['start_seconds']:.1f} "
            f"| {row['peak_megabytes']:,.0f} |"
        )

    for side, other in list(zip(sides, vectors, strict=True))[1:]:
        cosines = np.einsum("nd,nd->n", vectors[0], other)
        print(f"\nLowest cosine of ours to {side}, of {len(cosines):,} texts: {cosines.min():.7f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("DATA", "../shared/data"))
    parser.add_argument("--texts", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--peer-python", help="an interpreter with sentence-transformers")
    parser.add_argument("--side", choices=["ours", "8 bits", "peer"], help=argparse.SUPPRESS)
    parser.add_argument("--weights", help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_another_process(side: str, python: str, arguments: argparse.Namespace) -> dict:
    command = [python, "-m", "benchmarks.embedding", "--side", side]
    command += ["--data", str(Path(arguments.data).resolve())]
    command += ["--weights", str(find_weights().path)]
    command += ["--texts", str(arguments.texts), "--rounds", str(arguments.rounds)]
    done = subprocess.run(  # noqa: S603 - this file, by an interpreter that the caller named
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _measure(arguments: argparse.Namespace, file: Path) -> dict:
    with file.open(encoding="utf-8") as lines:
        texts = [line.rstrip("\n") for line in islice(lines, arguments.texts)]
    begin = time.perf_counter()
    name, embed = _peer(arguments.weights) if arguments.side == "peer" else _ours(arguments.side)
    embed(texts[:1])
    start = time.perf_counter() - begin
    seconds, cpu_seconds = [], []
    for _ in range(arguments.rounds):
        begin, cpu_begin = time.perf_counter(), time.process_time()
        vectors = embed(texts)
        seconds.append(time.perf_counter() - begin)
        cpu_seconds.append(time.process_time() - cpu_begin)
    return {
        "name": name,
        "texts": len(texts),
        "vectors": np.asarray(vectors)[:COMPARED].tolist(),
        "texts_per_second": len(texts) / min(seconds),
        "cpu_seconds": min(cpu_seconds) / len(texts) * 1000,
        "start_seconds": start,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _ours(side: str) -> tuple[str, Callable[[list[str]], object]]:
    import onnxruntime

    from insights.embedding.minilm.embedder import EightBitMiniLM, OnnxMiniLM

    model = EightBitMiniLM() if side == "8 bits" else OnnxMiniLM()
    return f"{type(model).__name__}, onnxruntime {onnxruntime.__version__}", model.embed


def _peer(weights: str) -> tuple[str, Callable[[list[str]], object]]:
    import sentence_transformers
    import torch

    model = sentence_transformers.SentenceTransformer(weights, device="cpu")
    name = f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}"
    return name, lambda texts: model.encode(texts, normalize_embeddings=True)


if __name__ == "__main__":
    main()
