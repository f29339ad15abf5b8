"""CPU seconds of each step of a whole clustering run, and of a run on what is new.

    python -m benchmarks.whole_run [--data DATA] [--rows N] [--vectors VECTORS.npy] [--new N]

VECTORS: float32 (n, 384), those of the first N lines of DATA/arxiv_findings/texts.txt; without it
they are embedded. All but the last N (1,000) are clustered as
a whole, then the last N are added and clustered as a change; a second whole run says how many
clusters that one found as well. Steps are in CPU seconds, because on a busy machine only they can
be compared; PostgreSQL's are not among them. Empties the database named
insight_dedup_scale and works there, without its vector index, which a run does not use.
"""

import argparse
import os
import time
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

os.environ["EMBEDDED_DATABASE"] = "insight_dedup_scale"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
os.environ.setdefault("DUPLICATE_DECIDER", "insights.decider.SimilarityDecider")

import django

django.setup()

import numpy as np  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks._rows import copy  # noqa: E402
from benchmarks.clustering import embedded, texts_of  # noqa: E402
from insights.clustering.run import run_clustering  # noqa: E402
from insights.models import Cluster  # noqa: E402
from insights.text.normalise import content_hash  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--new", type=int, default=1000)
    given = parser.parse_args()
    texts = texts_of(given.data, given.rows)
    vectors = (
        np.load(given.vectors, mmap_mode="r") if given.vectors else embedded(given.data, given.rows)
    )
    distinct = {content_hash(text): row for row, text in enumerate(texts)}
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE insights, clusters, clustering_runs, clustering_changes CASCADE")
        cursor.execute("DROP INDEX IF EXISTS insight_embedding_hnsw")
    rows = sorted(distinct.values())
    copy(vectors, texts, rows[: -given.new])
    print("| run | insights | clusters | step | CPU s | share |\n|---|---:|---:|---|---:|---:|")
    _show("whole", only_new=False)
    copy(vectors, texts, rows[-given.new :])
    _show("new", only_new=True)
    incremental = _fingerprints()
    _show("whole again", only_new=False)
    whole = _fingerprints()
    print(f"\nClusters of the run on what is new: {len(incremental):,}, of the whole one: "
          f"{len(whole):,}, of both: {len(incremental & whole):,}.")  # fmt: skip


def _show(name: str, *, only_new: bool) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    clock = SimpleNamespace(perf_counter=time.process_time, monotonic=time.monotonic)
    with patch("insights.jobs.progress.time", clock):
        run = run_clustering(only_new=only_new)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    head = f"| {name} | {run.counts['insights']:,} | {run.counts['clusters']:,}"
    for step, seconds in {**run.timings, "all": cpu}.items():
        print(f"{head} | {step} | {seconds:.1f} | {seconds / cpu:.0%} |")
    print(f"{head} | by the clock | {wall:.1f} | |", flush=True)
    print(f"{run.counts}")


def _fingerprints() -> set[str]:
    return set(Cluster.objects.filter(status="open").values_list("fingerprint", flat=True))


if __name__ == "__main__":
    main()
