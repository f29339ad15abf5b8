"""T7 under real load: PostgreSQL restarts and the server is told to stop while people decide."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import psycopg
import pytest
import requests

from dedup_project import embedded
from dedup_project.embedded.postgres import stop_postgres
from tests.embedded.services import clear, make_folder
from tests.tasks.conftest import wait_for

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
CLUSTERS = 80
ARRANGED = f"""
import django; django.setup()
import numpy as np
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from insights.clustering.evidence import propose
from insights.clustering.store import store_proposals
from insights.models import ApiToken, ClusteringRun, Insight
from tests.conftest import unit_vector
call_command("migrate", verbosity=0)
User.objects.create_superuser("root")
proposals = []
for n in range({CLUSTERS}):
    words = [f"topic {{n}}", f"theme {{n}}"]
    pair = [Insight(statement=w, content_hash=w, embedding=unit_vector(w), embedding_model="all-MiniLM-L6-v2")
            for w in words]
    Insight.objects.bulk_create(pair)
    vectors = np.array([unit_vector(w) for w in words], dtype=np.float32)
    proposals.append(propose(pair, vectors, weakest=(0, 1), threshold=0.6, probability={{}}))
with transaction.atomic():
    store_proposals(proposals, ClusteringRun.objects.create(status="succeeded"))
call_command("create_api_token", "root", "--scope", "admin")
"""  # noqa: E501


class Clients:
    """Two who decide every cluster, as often as it takes, and two who ask for duplicates."""

    def __init__(self, base, token, clusters):
        self.base, self.headers = base, {"Authorization": f"Token {token}"}
        self.left, self.answers = list(clusters), []
        self.enough = threading.Event()
        self.threads = [
            threading.Thread(target=self.repeat, args=(what,))
            for what in (self.decide, self.decide, self.check, self.check)
        ]
        for thread in self.threads:
            thread.start()

    def repeat(self, what):
        with requests.Session() as session:
            session.headers.update(self.headers)
            while not self.enough.is_set():
                what(session)
                self.enough.wait(0.02)

    def ask(self, session, path, body):
        try:
            code = session.post(f"{self.base}/api/v1/{path}", json=body, timeout=20).status_code
        except requests.ConnectionError:
            code = 0
        self.answers.append((path.split("/")[0], code))
        return code

    def decide(self, session):
        try:
            cluster = self.left.pop(0)
        except IndexError:
            return
        if self.ask(session, f"clusters/{cluster}/approve", {}) not in (201, 409):
            self.left.append(cluster)

    def check(self, session):
        self.ask(session, "duplicates/check", {"statement": "The rota is published too late."})

    def stop(self):
        self.enough.set()
        for thread in self.threads:
            thread.join()

    def decided(self):
        return self.answers.count(("clusters", 201))

    def codes(self):
        return Counter(code for _, code in self.answers)


@pytest.fixture
def own_server():
    folder = make_folder()
    yield folder / "var"
    clear(folder, folder / "var")


def test_every_decision_is_made_once_whatever_restarts_meanwhile(own_server):
    url, redis = embedded.database_url(own_server), embedded.redis_url(own_server)
    port = 22_000 + os.getpid() % 8_000
    base = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": redis,
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
        "API_REVIEW_PER_MINUTE": "100000",
        "API_READ_PER_MINUTE": "100000",
    }
    arranged = subprocess.run(
        [sys.executable, "-c", ARRANGED],
        cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    token = arranged.stdout.split()[-1]
    with psycopg.connect(url) as server:
        clusters = [row[0] for row in server.execute("SELECT id FROM clusters ORDER BY id")]
    assert len(clusters) == CLUSTERS

    web = start_web(port, environment)
    clients = None
    try:
        wait_for(lambda: is_ready(base), "it is ready")
        clients = Clients(base, token, clusters)
        wait_for(lambda: clients.decided() > 15, "people decide")
        stop_postgres(own_server)
        wait_for(lambda: set(clients.codes()) & {500, 503}, "they notice")
        assert embedded.database_url(own_server) == url
        so_far = clients.decided()
        wait_for(lambda: clients.decided() > so_far + 15, "they go on by themselves")

        web.send_signal(signal.SIGTERM)
        assert web.wait(30) == 0
        before_it = clients.codes()[0]
        web = start_web(port, environment)
        wait_for(lambda: not clients.left, "the next server does the rest", seconds=120)
        clients.stop()
        assert clients.codes()[0] >= before_it
    finally:
        if clients:
            clients.stop()
        web.terminate()
        web.wait()

    assert set(clients.codes()) <= {0, 200, 201, 409, 500, 503}
    with psycopg.connect(url) as server:

        def one(query):
            return server.execute(query).fetchone()[0]

        assert one("SELECT count(*) FROM clusters WHERE status = 'approved'") == CLUSTERS
        assert one("SELECT count(*) FROM merge_decisions") == CLUSTERS
        assert one("SELECT count(*) FROM merge_decision_members") == 2 * CLUSTERS
        assert one("SELECT count(*) FROM insights WHERE status = 'merged'") == CLUSTERS
        assert one("SELECT count(*) FROM pair_labels WHERE is_same") == CLUSTERS
        assert one("SELECT count(*) FROM review_events WHERE kind = 'decided'") == CLUSTERS
    # Answered or not: what was committed was answered 201, or 409 to who asked again.
    assert clients.decided() <= CLUSTERS


def start_web(port, environment):
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "dedup_project.wsgi", f"--bind=127.0.0.1:{port}",
         "--workers=1", "--threads=6", "--log-level=error"],
        cwd=ROOT, env={**environment, "LOG_LEVEL": "CRITICAL"},
    )  # fmt: skip


def is_ready(base):
    try:
        return requests.get(f"{base}/readyz", timeout=5).ok
    except requests.RequestException:
        return False
