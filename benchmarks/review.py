"""How long the server takes for a reviewer among 50 and among 20,000 open clusters.

    python -m benchmarks.review

Milliseconds, the median of 38: lease the next cluster, show it, show the queue's front page, decide
one. Makes its rows up in a database of its own and drops it. Insights that stand in no cluster have
no vector: the screen does not look at them.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from insights.clustering.evidence import fingerprint  # noqa: E402
from insights.models import Cluster, ClusterMember, ClusterPair, Insight  # noqa: E402
from insights.review import queue  # noqa: E402
from insights.text.normalise import content_hash  # noqa: E402

ROUNDS, WARM_UP, STEP = 40, 2, 2_000
FETCH = {"X-Requested-With": "fetch"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="not used: the rows are made up")
    parser.add_argument("--clusters", type=int, default=20_000)
    parser.add_argument("--insights", type=int, default=200_000)
    given = parser.parse_args()
    setup_test_environment()
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_review_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0)
    try:
        measure([(50, 500), (given.clusters, given.insights)])
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measure(sizes: list[tuple[int, int]]) -> None:
    user = User.objects.create_superuser("bench")
    client = Client()
    client.force_login(user)
    print("| insights | open clusters | claim | item | front page | decide |")
    print("|---:|---:|---:|---:|---:|---:|")
    for clusters, insights in sizes:
        fill(Cluster.objects.count(), clusters, insights - Insight.objects.count())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        first = queue.claim(user)
        assert first is not None  # noqa: S101 - just filled
        figures = [
            timed(lambda first=first: queue.claim(user, after=first)),
            timed(lambda first=first: client.get(f"/admin/review/{first.pk}/", headers=FETCH)),
            timed(lambda: client.get("/admin/review/")),
            timed(lambda: reject(client, queue.claim(user))),
        ]
        shown = " | ".join(f"{figure:.0f} ms" for figure in figures)
        print(f"| {insights:,} | {clusters:,} | {shown} |", flush=True)


def reject(client: Client, cluster: Any) -> None:
    response = client.post(
        f"/admin/review/{cluster.pk}/decide/",
        {"verb": "reject", "expected_version": cluster.version},
        headers=FETCH,
    )
    if response.status_code != 200:
        sys.exit(f"{response.status_code}: {response.content[:300]!r}")


def timed(call: Callable[[], object]) -> float:
    """The median in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[WARM_UP:])


def fill(start: int, clusters: int, insights: int) -> None:
    """Up to so many clusters of two, and so many insights in all."""
    rng = np.random.default_rng(start)
    for begin in range(start, clusters, STEP):
        numbers = range(begin, min(begin + STEP, clusters))
        pairs = [
            sorted(
                (insight(f"Topic {number} in words {n}", rng) for n in range(2)),
                key=lambda row: row.pk,
            )
            for number in numbers
        ]
        Insight.objects.bulk_create(row for pair in pairs for row in pair)
        made = Cluster.objects.bulk_create(
            cluster_of(number, pair) for number, pair in zip(numbers, pairs, strict=True)
        )
        ClusterMember.objects.bulk_create(
            ClusterMember(cluster=cluster, insight=row, position=at, similarity=0.8)
            for cluster, pair in zip(made, pairs, strict=True)
            for at, row in enumerate(pair)
        )
        ClusterPair.objects.bulk_create(
            ClusterPair(
                cluster=cluster,
                insight1=pair[0],
                insight2=pair[1],
                similarity=0.8,
                probability=cluster.probability,
                reason="model",
            )
            for cluster, pair in zip(made, pairs, strict=True)
        )
    alone = max(0, insights - 2 * (clusters - start))
    for begin in range(0, alone, STEP):
        numbers = range(begin, min(begin + STEP, alone))
        Insight.objects.bulk_create(insight(f"Alone {start} {number}") for number in numbers)


def insight(statement: str, rng: np.random.Generator | None = None) -> Insight:
    return Insight(
        pk=uuid4(),
        statement=statement,
        content_hash=content_hash(statement),
        embedding=None if rng is None else rng.standard_normal(384),
        embedding_model="" if rng is None else "all-MiniLM-L6-v2",
    )


def cluster_of(number: int, pair: list[Insight]) -> Cluster:
    return Cluster(
        fingerprint=fingerprint(row.pk for row in pair),
        proposed_canonical=pair[0],
        size=2,
        source_count=number % 40,
        mean_similarity=0.8,
        weakest_similarity=0.8,
        weakest_insight1=pair[0],
        weakest_insight2=pair[1],
        probability=0.5 + (number % 500) / 1000,
        has_near_miss=number % 7 == 0,
    )


if __name__ == "__main__":
    main()
