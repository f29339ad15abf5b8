"""/healthz, /readyz and /metrics: alive, ready, and how the work stands, behind a key."""

import subprocess
import sys

import pytest
from django.db import OperationalError
from prometheus_client.parser import text_string_to_metric_families

from dedup_project import env
from insights.jobs.heartbeats import record_completed

pytestmark = pytest.mark.django_db


def test_alive_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert client.post("/healthz").status_code == 405


def test_ready_says_what_it_looked_at(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"database": "ok", "redis": "ok"})
    assert "no-store" in response["Cache-Control"]


READY = """
import time
import dedup_project.wsgi
from django.test import Client
assert Client(HTTP_HOST="localhost").get("/readyz").status_code == 200
print(time.process_time())
"""


def test_a_process_that_follows_a_killed_one_is_ready_after_little_work():
    """2.4 s of processor time when written; ten on the clock are the promise."""
    made = subprocess.run([sys.executable, "-c", READY], stdout=subprocess.PIPE, check=True)
    assert float(made.stdout) < 5


def test_what_forks_to_serve_has_not_started_the_threads_of_the_models():
    """A process that was forked with them hangs at its end."""
    ready = "import sys, dedup_project.wsgi; sys.exit('onnxruntime' in sys.modules)"
    subprocess.run([sys.executable, "-c", ready], check=True)


def test_without_the_database_it_is_not_ready(client, monkeypatch):
    def away(self):
        raise OperationalError("gone")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", away)
    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.close", lambda self: None)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "unreachable")


def test_without_redis_it_serves_all_the_same(client, monkeypatch):
    def away(*args):
        raise ConnectionError("gone")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.get", away)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["redis"]) == (200, "unreachable")


def test_without_a_key_there_are_no_metrics(client):
    assert client.get("/metrics").status_code == 404


def test_metrics_want_their_key_and_never_show_it(client, settings, make_cluster):
    settings.METRICS_KEY = env.Secret("k3y")
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer k3x"}).status_code == 401
    make_cluster(["alpha", "beta"])
    record_completed("quick", "insights.tasks.heartbeat")

    response = client.get("/metrics", headers={"Authorization": "Bearer k3y"})

    assert response.status_code == 200
    text = response.content.decode()
    assert "k3y" not in text
    assert "alpha" not in text
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["insight_dedup_insights", "active"] == 2
    assert found["insight_dedup_clusters", "open"] == 1
    assert found["insight_dedup_tasks_completed_total", "quick"] == 1
    assert found["insight_dedup_heartbeat_age_seconds", "quick"] < 60
    assert found["insight_dedup_auto_merge_stopped",] == 0
    assert found["insight_dedup_active_version",] == 0
    assert found["insight_dedup_queue_length", "train"] >= 0


def test_probes_are_not_redirected_in_production():
    import re

    from django.conf import settings as now  # the exemption only exists in production

    source = (now.BASE_DIR / "dedup_project" / "settings" / "__init__.py").read_text()
    (pattern,) = re.findall(r'SECURE_REDIRECT_EXEMPT = \[r"(.*)"\]', source)
    assert all(re.search(pattern, path) for path in ("healthz", "readyz", "metrics"))
    assert not re.search(pattern, "admin/")
