"""Measure the export of training data: memory and time at 10,000 and 200,000 pairs.

    python -m benchmarks.export [--pairs 10000 200000]

Each export is read to its end from the API's view, in a process of its own; `growth` is the
process's peak memory minus that of one that exported nothing. The rows are generated in a database
of its own, which is dropped: clusters of seven, decided alternately as duplicates and as distinct;
the cap leaves 20 of their 21 pairs.
"""

import argparse
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import django

CLUSTER = 7
ADDRESS = "/api/admin/insights/export-training-data"
WHAT = {
    "openai_jsonl": ADDRESS,
    "json": f"{ADDRESS}?format=json",
    "json, stats": f"{ADDRESS}?format=json&stats=true",
}

FILL = """
WITH base AS (
    SELECT n AS number, (
        SELECT array_agg(random() - 0.5) FROM generate_series(1, 384 + 0 * n)  -- anew for each n
    )::real[]::halfvec AS vector
    FROM generate_series(0, 99) n
), made AS (
    INSERT INTO insights (id, statement, content_hash, embedding, embedding_model, status, origin,
                          created_at, updated_at)
    SELECT md5('insight ' || n)::uuid, 'Statement ' || n || repeat(', told at some length', 4),
           encode(sha256(('insight ' || n)::bytea), 'hex'), base.vector, %(embedder)s,
           'retired', 'extracted', now(), now()
    FROM generate_series(1, %(decisions)s * %(cluster)s) n
    JOIN base ON base.number = n %% 100
), decided AS (
    INSERT INTO merge_decisions (id, kind, canonical_id, actor_id, model_version, evidence,
                                 comment, decided_at, undo_comment)
    SELECT md5('decision ' || n)::uuid, CASE WHEN n %% 2 = 0 THEN 'approved' ELSE 'rejected' END,
           CASE WHEN n %% 2 = 0 THEN md5('insight ' || n * %(cluster)s)::uuid END,
           %(actor)s, '', '{}', '', now() + n * interval '1 millisecond', ''
    FROM generate_series(1, %(decisions)s) n
), members AS (
    INSERT INTO merge_decision_members (decision_id, insight_id, role, "group", written)
    SELECT md5('decision ' || (n - 1) / %(cluster)s + 1)::uuid, md5('insight ' || n)::uuid,
           'merged', 0, false
    FROM generate_series(1, %(decisions)s * %(cluster)s) n
)
INSERT INTO pair_labels (insight1_id, insight2_id, is_same, decision_id)
SELECT least(one, other), greatest(one, other), n %% 2 = 0, md5('decision ' || n)::uuid
FROM generate_series(1, %(decisions)s) n
CROSS JOIN generate_series(1, %(cluster)s) i
CROSS JOIN generate_series(1, %(cluster)s) j
CROSS JOIN LATERAL (
    SELECT md5('insight ' || (n - 1) * %(cluster)s + i)::uuid AS one,
           md5('insight ' || (n - 1) * %(cluster)s + j)::uuid AS other
) pair
WHERE i < j
"""


def fill(pairs: int, actor: int) -> None:
    """Insert decisions that give this many pairs (a multiple of 20)."""
    from django.db import connection

    from finetuning.models import PAIRS_PER_DECISION
    from insights.embedding.service import embedder

    with connection.cursor() as cursor:
        cursor.execute(
            FILL,
            {
                "embedder": embedder().name,
                "decisions": pairs // PAIRS_PER_DECISION,
                "cluster": CLUSTER,
                "actor": actor,
            },
        )
        cursor.execute("ANALYZE")


def export(what: str, database: str, key: str, answers: Any) -> None:
    """Return the seconds, the megabytes sent and this process's peak memory in megabytes."""
    start_django(database)
    from django.test import Client

    client = Client(headers={"Authorization": f"Token {key}"})
    client.get("/api/v1/whoami")
    start = time.perf_counter()
    response: Any = client.get(WHAT[what])
    pieces = response.streaming_content if response.streaming else [response.content]
    size = sum(len(piece) for piece in pieces)
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status").read_text()
    (peak,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    answers.put((response.status_code, seconds, size / 1e6, int(peak.split()[1]) / 1024))


def start_django(database: str | None = None) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    django.setup()
    from django.conf import settings
    from django.db import connection

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    if database:
        connection.settings_dict["NAME"] = database


def measured(what: str, database: str, key: str) -> tuple[int, float, float, float]:
    processes = multiprocessing.get_context("spawn")
    answers = processes.SimpleQueue()
    process = processes.Process(target=export, args=(what, database, key, answers))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"The export of {what} ended with {process.exitcode}.")
    found: tuple[int, float, float, float] = answers.get()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", help="unused: the rows are generated")
    parser.add_argument("--pairs", type=int, nargs="+", default=[10_000, 200_000])
    options = parser.parse_args()
    start_django()
    from django.contrib.auth.models import User
    from django.db import connection

    from insights.models import ApiToken

    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_export_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0)
    try:
        user = User.objects.create_superuser("bench")
        _, key = ApiToken.make(user=user, scopes=["admin"])
        database = connection.settings_dict["NAME"]
        *_, empty = measured("json, stats", database, key)
        print("| pairs | | seconds | MB sent | growth, MB |\n|---:|---|---:|---:|---:|")
        for pairs in options.pairs:
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE insights, merge_decisions CASCADE")
            fill(pairs, user.pk)
            for what in WHAT:
                status, seconds, size, peak = measured(what, database, key)
                if status != 200:
                    raise SystemExit(f"{what} was answered with {status}.")
                growth = peak - empty
                print(
                    f"| {pairs:,} | {what} | {seconds:.1f} | {size:.1f} | {growth:.0f} |",
                    flush=True,
                )
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main()
