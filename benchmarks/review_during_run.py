"""Time to the next cluster on the review page, at rest and while a large run is at work.

    python -m benchmarks.review_during_run [--rows N] [--vectors VECTORS.npy] [--minutes M]

Fills a database of its own with N statements and open clusters to review, and measures what
benchmarks.review does. Then a Celery worker, at its usual niceness, clusters everything, and the
same is measured again and again; each row begins with the step that the run was at.
After M minutes the run is cancelled. VECTORS: float32 (n, 384), those of the first n lines of
DATA/arxiv_findings/texts.txt and then of any rows (benchmarks.scale makes some); without it, N
lines are embedded. The run has no model to ask: it would judge for hours. Empties the database
insight_dedup_review_run.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ["EMBEDDED_DATABASE"] = "insight_dedup_review_run"
os.environ["DUPLICATE_DECIDER"] = "insights.decider.SimilarityDecider"
os.environ.setdefault("LOG_LEVEL", "ERROR")

import numpy as np
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import setup_test_environment

from benchmarks import review  # it sets Django up
from benchmarks._rows import copy
from benchmarks.clustering import embedded, texts_of
from insights.clustering.run import queue_clustering
from insights.jobs.enqueue import enqueue_run
from insights.models import ClusteringRun
from insights.models.run import UNFINISHED
from insights.text.normalise import content_hash

CLUSTERS = 20_000
WORKER = ("worker", "--pool=prefork", "--concurrency=1", "--queues=cluster", "--loglevel=error")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    given = parser.parse_args()
    setup_test_environment()
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE insights, clusters, clustering_runs, clustering_changes CASCADE")
    fill(given.data, given.rows, given.vectors)
    print(f"| run | {' | '.join(review.COLUMNS)} |\n|---|{'---:|' * len(review.COLUMNS)}")
    with review.served() as address:
        print("| none ", end="", flush=True)
        review.measure(address)
        run = queue_clustering()
        enqueue_run(run)
        command = [sys.executable, "-m", "celery", "--app=dedup_project", "--quiet", *WORKER]
        worker = subprocess.Popen(command)  # noqa: S603
        try:
            watch(run, address, given.minutes * 60)
        finally:
            run.cancel()
            worker.terminate()
            worker.wait()
    run.refresh_from_db()
    print(f"\nThe run: {run.status}, {run.timings}, {run.error}")


def fill(data: str, rows: int, file: Path | None) -> None:
    lines = texts_of(data, rows)
    texts = [f"{lines[row % len(lines)]} ({row // len(lines)})" for row in range(rows)]
    vectors = np.load(file, mmap_mode="r") if file else embedded(data, rows)
    distinct = {content_hash(text): row for row, text in enumerate(texts)}
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS insight_embedding_hnsw")  # `review.fill` makes it
    copy(vectors, texts, sorted(distinct.values()))
    review.fill(CLUSTERS, len(distinct) + 2 * CLUSTERS)


def watch(run: ClusteringRun, address: str, seconds: float) -> None:
    """Print rows until the run ends or the time is over."""
    until = time.monotonic() + seconds
    while step(run) == "queued":
        time.sleep(0.2)
    while run.status in UNFINISHED and time.monotonic() < until:
        before = step(run)
        print(f"| from {before} ", end="", flush=True)
        review.measure(address)
        step(run)


def step(run: ClusteringRun) -> str:
    """Return the step that the run is at, or its status."""
    run.refresh_from_db()
    return run.progress_step or run.status


if __name__ == "__main__":
    main()
