"""T7: PostgreSQL restarts under load, a connection dies in mid-transaction."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import requests
from django.db import DatabaseError, connection

from dedup_project import embedded
from dedup_project.embedded.postgres import stop_postgres
from insights.models import Insight, MergeDecision
from insights.review.actions import ApproveCluster
from insights.review.actions import base as action
from tests.embedded.services import clear, make_folder
from tests.review.state import snapshot
from tests.tasks.conftest import wait_for

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_dies_in_a_decision_leaves_nothing_half_merged(
    make_cluster, reviewer, monkeypatch
):
    cluster = make_cluster(["alpha", "beta"])
    before = snapshot()
    real = action.refresh_labels
    failures = []

    def cut_off(decision):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        killer = threading.Thread(target=terminate, args=(pid,))
        killer.start()
        killer.join()
        real(decision)

    monkeypatch.setattr(action, "refresh_labels", cut_off)
    try:
        ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    except DatabaseError as error:
        failures.append(error)
    assert failures, "the connection was cut"

    connection.close()  # as Django does at the end of the request
    assert snapshot() == before
    monkeypatch.setattr(action, "refresh_labels", real)
    ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    assert (MergeDecision.objects.count(), Insight.objects.filter(status="merged").count()) == (
        1,
        1,
    )


def terminate(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    connection.close()


@pytest.fixture
def own_server():
    folder = make_folder()
    yield folder / "var"
    clear(folder, folder / "var")


def test_readiness_is_503_while_postgresql_restarts_and_recovers_by_itself(own_server):
    url = embedded.database_url(own_server)
    redis = embedded.redis_url(own_server)
    port = 20_000 + os.getpid() % 10_000
    environment = {
        **os.environ,
        "DATABASE_URL": url,  # not started on demand: as a server of one's own
        "REDIS_URL": redis,
        "INSIGHT_DEDUP_VAR": str(own_server),
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
    }
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "dedup_project.wsgi", f"--bind=127.0.0.1:{port}",
         "--workers=1", "--threads=4", "--log-level=error"],
        cwd=ROOT, env=environment,
    )  # fmt: skip
    seen, busy = [], threading.Event()

    def load():
        while not busy.is_set():
            seen.append(ask(port)[0])
            time.sleep(0.02)

    try:
        wait_for(lambda: ask(port)[0] == 200, "it is ready")
        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        stop_postgres(own_server)
        wait_for(lambda: ask(port)[0] == 503, "it is not ready")
        assert ask(port)[1]["database"] == "unreachable"
        for path, kind in [
            ("/api/v1/whoami", "application/problem+json"),
            ("/admin/", "text/html"),
        ]:
            status, headers, body = fetch(port, path)
            assert (status, headers["Retry-After"]) == (503, "5"), path
            assert headers["Content-Type"].startswith(kind)
            assert b"database cannot be reached" in body.lower()
        assert embedded.database_url(own_server) == url
        wait_for(lambda: ask(port)[0] == 200, "it is ready again")
        busy.set()
        for thread in threads:
            thread.join()
        assert set(seen) <= {200, 503}, "never an error page"
        assert {ask(port)[0] for _ in range(20)} == {200}, "every thread has a good connection"
    finally:
        busy.set()
        web.terminate()
        web.wait()


def fetch(port, path):
    """As somebody whose session or token has to be looked up."""
    headers = {
        "Cookie": f"sessionid={'a' * 32}",
        "Authorization": f"Token idt_{'a' * 8}_{'b' * 43}",
    }
    answer = requests.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=10)
    return answer.status_code, answer.headers, answer.content


def ask(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, None
