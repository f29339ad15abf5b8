"""Time from the key press to the next cluster painted in Chromium, and the server's share.

    python -m benchmarks.review

Measured on the demo's data, and filled up to 200,000 insights and 20,000 open clusters, in
milliseconds. “Key” is a reviewer who reads each cluster before deciding, so the next one is already
there; “at once” presses the next key in the frame in which a cluster is painted. The server's
columns are medians of 38 (“decide”: of 6). It uses a database of its own and drops it. The added
insights have random vectors, the worst case for the index that finds precedents. Without Chromium
only the server is measured.
"""

import argparse
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop runs in this thread
django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.testcases import LiveServerThread  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from pgvector import HalfVector  # noqa: E402
from pgvector.django import HnswIndex  # noqa: E402
from pgvector.psycopg import register_vector  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from dedup_project.demo.loop import Loop  # noqa: E402
from insights.models import Cluster, ClusterMember, ClusterPair, Insight  # noqa: E402
from insights.review import queue  # noqa: E402
from insights.text.normalise import content_hash  # noqa: E402

ROUNDS, WARM_UP, STEP = 40, 2, 2_000
KEYS = 18  # pressed each way, and REJECTED on the server: the demo leaves 48 open clusters
REJECTED = 8
FETCH = {"X-Requested-With": "fetch"}
COLUMNS = [
    "insights", "open clusters", "key, median", "key, p95", "at once, median", "at once, p95",
    "claim", "item", "front page", "decide",
]  # fmt: skip
# Measured in the page: from the key's own time to the frame after the one that shows another item.
WATCH = """() => {
  window.took = [];
  let pressed = 0;
  addEventListener('keydown', event => { pressed = event.timeStamp; }, true);
  new MutationObserver(() => {
    const began = pressed;
    requestAnimationFrame(() => requestAnimationFrame(() => took.push(performance.now() - began)));
  }).observe(document.querySelector('#item'), { childList: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="unused: the rows are the demo's, or generated")
    parser.add_argument("--clusters", type=int, default=20_000)
    parser.add_argument("--insights", type=int, default=200_000)
    given = parser.parse_args()
    setup_test_environment()
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_review_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0)
    try:
        Loop(say=lambda line: None).run()
        print(f"| {' | '.join(COLUMNS)} |\n|{'---:|' * len(COLUMNS)}", flush=True)
        with served() as address:
            measure(address)
            fill(given.clusters, given.insights)
            measure(address)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


@contextmanager
def served() -> Iterator[str]:
    with override_settings(ALLOWED_HOSTS=["localhost", "testserver"]):
        server = LiveServerThread("localhost", StaticFilesHandler)
        server.daemon = True
        server.start()
        server.is_ready.wait()
        yield f"http://localhost:{server.port}"
        server.terminate()


def measure(address: str) -> None:
    user, _ = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    clusters, insights = Cluster.objects.filter(status="open").count(), Insight.objects.count()
    painted = pressed(address, client) if shutil.which("chromium") else ["–"] * 4
    first = queue.claim(user)
    assert first is not None  # noqa: S101 - just filled
    figures = [
        timed(lambda: queue.claim(user, after=first)),
        timed(lambda: client.get(f"/admin/review/{first.pk}/", headers=FETCH)),
        timed(lambda: client.get("/admin/review/")),
    ]
    with_one_less = timed(lambda: reject(client, queue.claim(user)), rounds=REJECTED)
    shown = [f"{insights:,}", f"{clusters:,}", *painted]
    shown += [f"{figure:.0f}" for figure in (*figures, with_one_less)]
    print(f"| {' | '.join(shown)} |", flush=True)


def pressed(address: str, client: Client) -> list[str]:
    """Return the median and 95th percentile when reading each cluster, then when not."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}]
        )
        figures = []
        for looks in (True, False):
            page = context.new_page()
            page.goto(f"{address}/admin/review/")
            page.get_by_role("button", name="Review next").click()
            page.wait_for_selector(".item")
            page.evaluate(WATCH)
            took = keys(page, looks)
            figures += [f"{np.median(took):.0f}", f"{np.quantile(took, 0.95):.0f}"]
            page.wait_for_selector("#desk[data-pending='0']")
            page.close()
        browser.close()
    return figures


def keys(page: Page, looks: bool) -> list[float]:
    """Return how long each rejection by key took until the next cluster was painted."""
    for number in range(1, KEYS + 1):
        if looks:
            page.wait_for_selector("#desk[data-pending='0'] .item:not(.is-busy)")
        page.keyboard.press("r")
        page.wait_for_function("number => took.length >= number", arg=number, polling="raf")
    return [float(one) for one in page.evaluate("took")]


def reject(client: Client, cluster: Any) -> None:
    response = client.post(
        f"/admin/review/{cluster.pk}/decide/",
        {"verb": "reject", "expected_version": cluster.version},
        headers=FETCH,
    )
    if response.status_code != 200:
        sys.exit(f"{response.status_code}: {response.content[:300]!r}")


def timed(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median in milliseconds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[WARM_UP:])


def fill(clusters: int, insights: int, *, say: Callable[[int], str] = str) -> None:
    """Add open clusters of two, and insights, up to these numbers. `say` words the n-th."""
    rng = np.random.default_rng(17)
    made = clusters - Cluster.objects.filter(status="open").count()
    members = [
        Insight(pk=uuid4(), statement=f"Topic {n // 2} in words {n % 2}, {say(n // 2)}")
        for n in range(2 * made)
    ]
    alone = insights - Insight.objects.count() - len(members)
    (vectors,) = [one for one in Insight._meta.indexes if isinstance(one, HnswIndex)]
    with connection.schema_editor() as schema:  # built once at the end, which is quicker
        schema.remove_index(Insight, vectors)
    copy_insights([(row.pk, row.statement) for row in members], rng)
    copy_insights([(uuid4(), f"Alone {number}, {say(number)}") for number in range(alone)], rng)
    for begin in range(0, made, STEP):
        pairs = [
            sorted(members[2 * n : 2 * n + 2], key=lambda row: row.pk)
            for n in range(begin, min(begin + STEP, made))
        ]
        opened = Cluster.objects.bulk_create(
            cluster_of(number, pair) for number, pair in enumerate(pairs, begin)
        )
        ClusterMember.objects.bulk_create(
            ClusterMember(cluster=cluster, insight=row, position=at, similarity=0.8)
            for cluster, pair in zip(opened, pairs, strict=True)
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
            for cluster, pair in zip(opened, pairs, strict=True)
        )
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        with connection.schema_editor() as schema:
            schema.add_index(Insight, vectors)
        cursor.execute("ANALYZE")


def copy_insights(rows: list[tuple[UUID, str]], rng: np.random.Generator) -> None:
    """Insert insights with random unit vectors."""
    register_vector(connection.connection)
    now = datetime.now(UTC)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY insights (id, statement, content_hash, embedding, embedding_model, status, "
            "origin, created_at, updated_at) FROM STDIN (FORMAT BINARY)"
        ) as copy,
    ):
        copy.set_types(
            ["uuid", "text", "varchar", "halfvec", "varchar", "varchar", "varchar",
             "timestamptz", "timestamptz"]
        )  # fmt: skip
        for pk, statement in rows:
            vector = rng.standard_normal(384)
            vector /= np.linalg.norm(vector)
            copy.write_row(
                (pk, statement, content_hash(statement), HalfVector(vector),
                 "all-MiniLM-L6-v2", "active", "extracted", now, now)
            )  # fmt: skip


def cluster_of(number: int, pair: list[Insight]) -> Cluster:
    return Cluster(
        fingerprint=Cluster.fingerprint_of(row.pk for row in pair),
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
