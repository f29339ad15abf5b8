"""Time POST /api/v1/duplicates/check for one statement: p50, p99 and where the time goes.

    python -m benchmarks.api_duplicate_check [--sizes 20000 200000] [--requests 600]

The request passes through all middleware, the token, the throttle and the permission in this
process, without a network or a server. `embedding`, `search` (exact repeat and pgvector) and
`decision` (the active local model and its evidence) are timed inside; `rest` is everything else:
authentication, checks, JSON. All in milliseconds.

It empties a database of its own and fills it with the demo corpus, its trained model, and copies of
its statements whose embeddings are moved at random (cosine about 0.8), up to the size.
"""

import argparse
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.util import setup_testing_defaults

import django
import numpy as np

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
os.environ.setdefault("EMBEDDED_DATABASE", "insight_dedup_bench")
os.environ.setdefault("LOG_LEVEL", "ERROR")

PARTS = ("embedding", "search", "decision", "rest", "whole")
CHUNK = 5000


def prepare() -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    if settings.DATABASE_URL or "bench" not in settings.EMBEDDED_DATABASE:
        raise SystemExit("This empties its database. Run it with EMBEDDED_DATABASE=..._bench.")
    call_command("migrate", verbosity=0)
    tables = ", ".join(
        f'"{name}"' for name in connection.introspection.table_names()
        if name not in ("django_migrations", "django_content_type", "auth_permission")
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    from dedup_project.demo.loop import Loop

    Loop(say=lambda line: None).run()


def fill(size: int) -> None:
    from django.db import connection

    from insights.embedding.service import embedder, load_vectors
    from insights.models import Insight
    from insights.text.normalise import content_hash

    ids, base = load_vectors(Insight.objects.filter(origin="extracted").order_by("pk"))
    statements = dict(Insight.objects.values_list("pk", "statement"))
    random = np.random.default_rng(len(ids))
    there = Insight.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS insight_embedding_hnsw")
    name = embedder().name
    for start in range(there, size, CHUNK):
        rows = []
        for number in range(start, min(start + CHUNK, size)):
            pick = number % len(ids)
            noise = random.standard_normal((base.shape[1],))
            vector = base[pick] + 0.75 * noise / np.linalg.norm(noise)
            statement = f"{statements[ids[pick]]} (copy {number})"
            rows.append(
                Insight(
                    statement=statement,
                    content_hash=content_hash(statement),
                    embedding=vector / np.linalg.norm(vector),
                    embedding_model=name,
                )
            )
        Insight.objects.bulk_create(rows, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute(
            "CREATE INDEX insight_embedding_hnsw ON insights USING hnsw "
            "(embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 64) "
            "WHERE status = 'active'"
        )
        cursor.execute("ANALYZE insights")


@contextmanager
def timed(owner: Any, name: str, into: dict[str, float], part: str) -> Iterator[None]:
    original: Callable[..., Any] = getattr(owner, name)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return original(*args, **kwargs)
        finally:
            into[part] = into.get(part, 0.0) + time.perf_counter() - start

    setattr(owner, name, wrapper)
    try:
        yield
    finally:
        setattr(owner, name, original)


def measure(requests: int) -> np.ndarray:
    """Return (requests, len(PARTS)) milliseconds."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Permission
    from django.core.handlers.wsgi import WSGIHandler

    from finetuning.api import predictions
    from finetuning.inference import duplicates
    from insights.embedding.service import embedder
    from insights.models import ApiToken, Insight

    users = get_user_model()
    user, _ = users.objects.get_or_create(username="script")
    user.user_permissions.set(Permission.objects.filter(codename="view_insight"))
    _, key = ApiToken.make(user=user, scopes=["read"])
    handler = WSGIHandler()
    asked = list(
        Insight.objects.filter(origin="extracted")
        .exclude(statement__contains="(copy ")
        .order_by("content_hash")
        .values_list("statement", flat=True)[: requests // 2]
    )
    statements = [f"{ending}{one[0].lower()}{one[1:]}" for one in asked
                  for ending in ("Several people said that ", "It was noted again: ")]  # fmt: skip
    table = []
    for number, statement in enumerate(statements):
        spent: dict[str, float] = {}
        with (
            timed(type(embedder()), "embed", spent, "embedding"),
            timed(duplicates, "nearest_to_vector", spent, "search"),
            timed(duplicates, "_roots_by_hash", spent, "search"),
            timed(predictions, "check_for_semantic_duplicate_with_model", spent, "check"),
        ):
            asking = environ({"statement": statement}, key)
            start = time.perf_counter()
            response: Any = handler(asking, lambda *status: lambda data: None)
            answer = b"".join(response)
            response.close()
            whole = time.perf_counter() - start
        if response.status_code != 200:
            raise SystemExit(f"{statement!r}: {answer!r}")
        if number >= 20:  # after the warm-up
            decision = spent["check"] - spent["embedding"] - spent["search"]
            rest = whole - spent["check"]
            table.append([spent["embedding"], spent["search"], decision, rest, whole])
    return 1000 * np.array(table)


def environ(sent: dict[str, str], key: str) -> dict[str, Any]:
    """Build the WSGI environment of a POST as gunicorn does."""
    body = json.dumps(sent).encode()
    found: dict[str, Any] = {}
    setup_testing_defaults(found)
    return found | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/duplicates/check",
        "SERVER_NAME": "testserver",
        "HTTP_HOST": "testserver",
        "HTTP_AUTHORIZATION": f"Token {key}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--data", help="unused: the rows are the demo corpus")
    options = parser.parse_args()
    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.API_REQUESTS_PER_MINUTE = dict.fromkeys(settings.API_REQUESTS_PER_MINUTE, 10**9)
    prepare()
    print("| insights | requests | | " + " | ".join(PARTS) + " | rest's share |")
    print("|---:|---:|---|" + "---:|" * (len(PARTS) + 1))
    for size in options.sizes:
        fill(size)
        found = measure(options.requests)
        for label, row in (
            ("p50", np.percentile(found, 50, axis=0)),
            ("p99", np.percentile(found, 99, axis=0)),
            ("mean", found.mean(axis=0)),
        ):
            share = row[3] / row[4]
            cells = " | ".join(f"{value:.1f}" for value in row)
            print(f"| {size:,} | {len(found)} | {label} | {cells} | {share:.0%} |", flush=True)


if __name__ == "__main__":
    main()
