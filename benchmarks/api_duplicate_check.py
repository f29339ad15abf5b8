"""Time POST /api/v1/duplicates/check against a bare pgvector query plus the embedding.

    python -m benchmarks.api_duplicate_check [--sizes 20000 200000] [--requests 300]
        [--data DATA] [--vectors VECTORS.npy]

The request passes through all middleware, the token, the throttle and the permission in this
process, without a network or a server. `bare` is the embedding of the same statement and one
nearest-neighbour query for 20 ids, in the same session, right after it. `embedding`, `search`,
`decision` (the active local model, the guard and trust) and, inside it, `token states` and `facts`
are timed within the request; `rest` is everything else: authentication, checks, JSON. All in
milliseconds. `recall` is the share of the 20 nearest statements, by all cosines, that the search
finds of those that are similar enough to be candidates.

It empties a database of its own and fills it with the demo corpus, its trained model, and the first
arXiv findings (VECTORS: theirs, float32 (n, 384)) up to the size. The last ones are asked about.
"""

import argparse
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import django
import numpy as np

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
os.environ.setdefault("EMBEDDED_DATABASE", "insight_dedup_bench")
os.environ.setdefault("LOG_LEVEL", "ERROR")

INSIDE = ("embedding", "search", "token states", "facts", "check")
PARTS = ("bare", "whole", *INSIDE[:-1], "decision", "rest")
WARM_UP = 20  # requests


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


def fill(size: int, data: str, vectors: Path | None = None) -> None:
    """Add arXiv findings until there are `size` insights."""
    from benchmarks._rows import copy, vectors_indexed_afterwards
    from benchmarks.clustering import embedded, texts_of
    from insights.models import Insight
    from insights.text.normalise import content_hash

    texts = texts_of(data, size)
    found = np.load(vectors, mmap_mode="r") if vectors else embedded(data, size)
    stored = set(Insight.objects.values_list("content_hash", flat=True))
    there, new = len(stored), []
    for row, text in enumerate(texts):
        digest = content_hash(text)
        if there + len(new) < size and digest not in stored:
            stored.add(digest)
            new.append(row)
    with vectors_indexed_afterwards():
        copy(found, texts, new)


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


def measure(statements: list[str], key: str) -> np.ndarray:
    """Return (len(statements), len(PARTS)) milliseconds."""
    from django.core.handlers.wsgi import WSGIHandler

    from finetuning.api import predictions
    from finetuning.inference import duplicates
    from finetuning.ml.features import surface
    from insights.embedding.service import embedder
    from insights.text.guard import reader

    handler, model = WSGIHandler(), embedder()
    table = []
    for number, statement in enumerate(statements):
        spent: dict[str, float] = dict.fromkeys(INSIDE, 0.0)
        with (
            timed(type(model), "embed", spent, "embedding"),
            timed(type(model), "token_states", spent, "token states"),
            timed(duplicates, "nearest_to_vector", spent, "search"),
            timed(duplicates, "_repeated", spent, "search"),
            timed(surface, "read_facts", spent, "facts"),
            timed(reader, "read_facts", spent, "facts"),
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
        start = time.perf_counter()
        bare(model.embed([statement])[0])
        floor = time.perf_counter() - start
        if number >= WARM_UP:
            inside = [spent[part] for part in INSIDE[:-1]]
            decision = spent["check"] - spent["embedding"] - spent["search"]
            table.append([floor, whole, *inside, decision, whole - spent["check"]])
    return 1000 * np.array(table)


def bare(vector: np.ndarray) -> None:
    from django.db import connection, transaction
    from pgvector import HalfVector

    from finetuning.inference.duplicates import CANDIDATES
    from insights.embedding.nearest import tune

    with transaction.atomic(), connection.cursor() as cursor:
        tune(cursor)
        cursor.execute(
            "SELECT id FROM insights WHERE status = 'active' "
            "ORDER BY embedding <=> %s::halfvec LIMIT %s",
            [HalfVector(vector).to_text(), CANDIDATES],
        )
        cursor.fetchall()


def recall(statements: list[str]) -> tuple[float, float]:
    """Return the share of the candidates that the search finds, and how many there are each."""
    from django.conf import settings

    from finetuning.inference.duplicates import CANDIDATES
    from insights.embedding.nearest import nearest_to_vector
    from insights.embedding.service import embedder, load_vectors
    from insights.models import Insight

    least = settings.CANDIDATE_SIMILARITY
    ids, stored = load_vectors(Insight.objects.filter(status="active"))
    found = there = 0
    for vector in embedder().embed(statements):
        cosine = stored @ vector
        best = [row for row in np.argsort(-cosine)[:CANDIDATES] if cosine[row] >= least]
        near = nearest_to_vector(vector, limit=CANDIDATES, least_similarity=least)
        there += len(best)
        found += len({ids[row] for row in best} & {one.insight.pk for one in near})
    return found / max(1, there), there / len(statements)


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
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--vectors", type=Path)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import Permission, User

    from benchmarks.clustering import texts_of
    from insights.models import ApiToken

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.API_REQUESTS_PER_MINUTE = dict.fromkeys(settings.API_REQUESTS_PER_MINUTE, 10**9)
    settings.API_WORK_PER_MINUTE = 10**9
    prepare()
    user = User.objects.create_user("script")
    user.user_permissions.set(Permission.objects.filter(codename="view_insight"))
    _, key = ApiToken.make(user=user, scopes=["read"])
    statements = texts_of(options.data, 10**9)[-options.requests - WARM_UP :]
    print("| insights | recall | candidates | | " + " | ".join(PARTS) + " | whole to bare |")
    print("|---:|---:|---:|---|" + "---:|" * (len(PARTS) + 1))
    for size in options.sizes:
        fill(size, options.data, options.vectors)
        took = measure(statements, key)
        share, each = recall(statements)
        for percentile in (50, 95, 99):
            row = np.percentile(took, percentile, axis=0)
            cells = " | ".join(f"{value:.1f}" for value in row)
            head = f"| {size:,} | {share:.4f} | {each:.1f} | p{percentile}"
            print(f"{head} | {cells} | {row[1] / row[0]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
