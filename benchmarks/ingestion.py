"""CPU seconds of each step of an ingestion: what the embedder takes, and what all the rest does.

    python -m benchmarks.ingestion [--data DATA] [--rows N]

Ingests the first N lines of DATA/arxiv_findings/texts.txt as one text, a paragraph a line, without
a model. Works in the database named insight_dedup_ingestion, which it empties. PostgreSQL's own
seconds are not among these.
"""

import argparse
import os
import time
from types import SimpleNamespace
from unittest.mock import patch

os.environ["EMBEDDED_DATABASE"] = "insight_dedup_ingestion"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
os.environ.setdefault("DUPLICATE_DECIDER", "insights.decider.SimilarityDecider")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.clustering import texts_of  # noqa: E402
from insights.embedding.service import embedder  # noqa: E402
from insights.ingest.pipeline import process  # noqa: E402
from insights.ingest.sources import read, register  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--rows", type=int, default=5000)
    given = parser.parse_args()
    file = "\n\n".join(texts_of(given.data, given.rows)).encode()
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sources, insights CASCADE")
    embedder().embed(["A first sentence loads the model."])
    clock = SimpleNamespace(perf_counter=time.process_time, monotonic=time.monotonic)
    start = time.process_time()
    content = read("findings.txt", file)
    source, _ = register("findings.txt", file, content)
    reading = time.process_time() - start
    with patch("insights.jobs.progress.time", clock):
        run = process(source, content=content)
    total = time.process_time() - start
    print(f"{run.counts['created']:,} insights of {run.counts['statements']:,} statements\n")
    print("| step | CPU s | share |\n|---|---:|---:|")
    steps = {"read": reading, **run.timings}
    for step, seconds in {**steps, "other": total - sum(steps.values()), "all": total}.items():
        print(f"| {step} | {seconds:.2f} | {seconds / total:.0%} |")


if __name__ == "__main__":
    main()
