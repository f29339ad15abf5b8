"""kill -9 in ingestion, clustering and approval: consistent data, and the next start goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from insights.clustering.run import run_clustering
from insights.ingest.pipeline import process
from insights.models import (
    Cluster,
    ClusteringRun,
    Insight,
    InsightSource,
    MergeDecision,
    ProcessingRun,
    Source,
)
from insights.review.actions import ApproveCluster
from tests.review.state import snapshot

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def start(code):
    """A process of its own on this test's database."""
    environment = {
        **os.environ,
        "EMBEDDED_DATABASE": connection.settings_dict["NAME"],
        "INSIGHT_DEDUP_VAR": str(settings.VAR),
        "DUPLICATE_DECIDER": "insights.decider.SimilarityDecider",
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
    }
    code = f"import time, django; django.setup()\n{code}"
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)


def kill_when(process, condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, "the process ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # PostgreSQL notices within moments that its client is gone, and rolls back.
    while _other_connections():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _other_connections():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


@pytest.fixture(autouse=True)
def _without_model(settings):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"


def test_a_killed_ingestion_goes_on_and_doubles_nothing(tmp_path):
    path = tmp_path / "rows.csv"
    rows = [f"Statement number {n} is about topic {n}." for n in range(600)]
    path.write_text("insight\n" + "\n".join(rows) + "\n")
    child = start(
        "from insights.ingest import pipeline; pipeline.BATCH = 20\n"
        "from django.core.management import call_command\n"
        f"call_command('ingest', {str(path)!r})"
    )
    kill_when(child, InsightSource.objects.exists)
    done = InsightSource.objects.count()
    assert 0 < done < 600
    assert done % 20 == 0, "only whole batches are there"
    assert ProcessingRun.objects.get().status == "running"

    run = process(Source.objects.get())

    assert run.counts["resumed_after"] == done
    assert InsightSource.objects.count() == Insight.objects.count() == 600
    assert sorted(Insight.objects.values_list("statement", flat=True)) == sorted(rows)


def test_a_killed_clustering_wrote_nothing_and_the_next_run_starts(make_insight):
    make_insight("alpha")
    child = start(
        "from insights.clustering import pipeline, run\n"
        "def waits(*args, **more):\n"
        "    from insights.models import Cluster, Insight\n"
        "    only = Insight.objects.get()\n"
        "    Cluster.objects.create(fingerprint='x', proposed_canonical=only, size=2,\n"
        "        mean_similarity=1, weakest_similarity=1, weakest_insight1=only,\n"
        "        weakest_insight2=only)\n"
        "    time.sleep(60)\n"
        "pipeline.store_proposals = waits\n"
        "run.run_clustering()"
    )
    kill_when(child, _someone_is_idle_in_transaction)
    assert not Cluster.objects.exists()

    run = run_clustering()

    assert run.status == "succeeded"
    assert sorted(ClusteringRun.objects.values_list("status", flat=True)) == ["failed", "succeeded"]


def test_a_killed_approval_changed_nothing_and_holds_nothing(make_cluster, reviewer):
    cluster = make_cluster(["alpha", "beta"])
    before = snapshot()
    child = start(
        "from insights.review.actions import base, ApproveCluster\n"
        "from django.contrib.auth.models import User\n"
        "base.refresh_labels = lambda decision: time.sleep(60)\n"
        f"ApproveCluster(cluster_id='{cluster.pk}',\n"
        f"    actor=User.objects.get(pk={reviewer.pk})).execute()"
    )
    kill_when(child, _someone_is_idle_in_transaction)
    assert snapshot() == before
    assert not MergeDecision.objects.exists()

    ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()

    assert Insight.objects.filter(status="merged").count() == 1


def _someone_is_idle_in_transaction():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
            " AND query LIKE ANY (ARRAY['%%UPDATE%%', '%%INSERT%%'])"
        )
        return cursor.fetchone()[0] > 0
