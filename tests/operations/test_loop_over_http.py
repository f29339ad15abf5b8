"""The whole loop from outside: `manage.py serve`, and nothing but HTTP until a model is stopped."""

import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import requests
from django.conf import settings
from psycopg import sql

from dedup_project import embedded
from dedup_project.demo.gold import Gold
from insights.text.normalise import content_hash
from tests.tasks.conftest import own_redis, wait_for  # noqa: F401

ROOT = Path(__file__).parents[2]
NAME = f"loop_over_http_{os.getpid()}"
PASSWORD = "only for this test"
KEY = "k3y"
PREPARE = """
import django; django.setup()
from django.core.management import call_command as manage
manage("migrate", verbosity=0)
manage("createsuperuser", interactive=False, username="lea", email="lea@example.org", verbosity=0)
manage("create_api_token", "lea", "--scope", "admin")
"""
pytestmark = pytest.mark.slow


class Site:
    def __init__(self, base, token):
        self.base = base
        self.api_session, self.browser = requests.Session(), requests.Session()
        self.api_session.headers["Authorization"] = f"Token {token}"

    def api(self, method, path, **options):
        address = path if path.startswith("http") else self.base + path
        response = self.api_session.request(method, address, timeout=60, **options)
        assert response.ok, (path, response.status_code, response.text)
        return response.json()

    def follow(self, started):
        return wait_for(
            lambda: (task := self.api("GET", started["task"]))["is_finished"] and task,
            f"{started['task']} is finished",
        )

    def all(self, path):
        page = self.api("GET", path)
        while True:
            yield from page["results"]
            if not page["next"]:
                return
            page = self.api("GET", page["next"])

    def page(self, path, **form):
        """A page of the admin; with a form, what its button sends."""
        if form:
            form["csrfmiddlewaretoken"] = self.browser.cookies["csrftoken"]
            return self.browser.post(self.base + path, data=form, timeout=60)
        return self.browser.get(self.base + path, timeout=60)

    def metric(self, name):
        headers = {"Authorization": f"Bearer {KEY}"}
        text = requests.get(f"{self.base}/metrics", headers=headers, timeout=60).text
        return float(re.search(rf"^insight_dedup_{name} (\S+)$", text, re.MULTILINE)[1])


@pytest.fixture
def site(own_redis):  # noqa: F811
    port = 21_000 + os.getpid() % 9_000
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
        "EMBEDDED_DATABASE": NAME,
        "INSIGHT_DEDUP_VAR": str(settings.VAR),
        "REDIS_URL": own_redis.url,
        "RETRAIN_EVERY_SECONDS": "5",
        "RETRAIN_MIN_NEW_DECISIONS": "80",
        "AUDIT_EVERY_SECONDS": "2",
        "AUTO_MERGE_PROOF": "threshold",  # a hundred decisions may not earn a kind of pair
        "METRICS_KEY": KEY,
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "LOG_LEVEL": "WARNING",
    }
    with psycopg.connect(
        embedded.database_url(settings.VAR, NAME), dbname="postgres", autocommit=True
    ) as server:
        done = subprocess.run(
            [sys.executable, "-c", PREPARE],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        token = done.stdout.split()[-1]
        served = subprocess.Popen(
            [sys.executable, "manage.py", "serve", f"--port={port}"],
            cwd=ROOT, env=environment, start_new_session=True,
        )  # fmt: skip
        try:
            site = Site(f"http://127.0.0.1:{port}", token)
            wait_for(lambda: is_ready(site), "it serves")
            yield site
        finally:
            served.send_signal(signal.SIGTERM)
            served.wait(60)
            # Without FORCE, which may not end autovacuum of a superuser; a plain DROP may.
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND backend_type = 'client backend'",
                [NAME],
            )
            server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(NAME)))


def is_ready(site):
    try:
        return requests.get(f"{site.base}/readyz", timeout=5).ok
    except requests.RequestException:  # not yet, or the machine is busy
        return False


def decide(site, gold, cluster):
    groups = defaultdict(list)
    detail = site.api("GET", f"/api/v1/clusters/{cluster['id']}")
    for member in detail["members"]:
        groups[gold.cluster_of[content_hash(member["statement"])]].append(member["insight"])
    parts = sorted(groups.values(), key=len, reverse=True)
    address = f"/api/v1/clusters/{cluster['id']}"
    if len(parts[0]) == 1:
        site.api("POST", f"{address}/reject", json={})
    elif len(parts) == 1:
        site.api("POST", f"{address}/approve", json={})
    else:
        site.api("POST", f"{address}/approve", json={"members": parts[0]})


def upload(site, paths):
    """All at once, then wait: one worker takes them one after the other, in this order."""
    started = []
    for path in paths:
        with path.open("rb") as file:
            started.append(site.api("POST", "/api/v1/sources", files={"file": (path.name, file)}))
    for one in started:
        done = site.follow(one)
        assert done["status"] == "succeeded"
        assert done["progress"]["done"] == done["progress"]["total"]


def model_merges(site, undone=""):
    """The automatic decisions but the exact repeats, which need no model and no audit."""
    query = "kind=automatic" + (f"&undone={undone}" if undone else "")
    for decision in site.all(f"/api/v1/decisions?{query}"):
        if not decision["evidence"].get("exact_repeat"):
            yield decision


def test_upload_decide_retrain_auto_merge_audit_stop(site):
    gold = Gold()
    sources = gold.sources()
    cut = len(sources) * 2 // 3

    upload(site, sources[:cut])
    started = site.api("POST", "/api/admin/insights/cluster-all")
    site.follow({"task": started["taskUrl"]})
    clusters = list(site.all("/api/v1/clusters?status=open&page_size=200"))
    assert 80 <= len(clusters) < 160, "enough for one version, too few for the next"
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda cluster: decide(site, gold, cluster), clusters))

    active = wait_for(
        lambda: [m for m in site.all("/api/v1/models") if m["is_active"]],
        "the scheduled retraining has activated a version",
        seconds=240,
    )[0]
    events = [e["message"] for e in site.all(f"/api/v1/models/{active['id']}/events")]
    assert any(said.startswith("Passed the gate against plain similarity") for said in events)

    upload(site, sources[cut:])
    merges = list(model_merges(site))
    assert merges
    for merge in merges:
        assert merge["model_version"] == f"version {active['version']} (local)"
        assert merge["evidence"]["probability"] >= active["auto_merge_confidence"]
        assert merge["evidence"]["reason"]

    wait_for(lambda: site.metric("audit_waiting") >= min(3, len(merges)), "a sample was drawn")
    site.page("/admin/login/")
    logged_in = site.page("/admin/login/", username="lea", password=PASSWORD, next="/admin/")
    assert "Log out" in logged_in.text
    found_wrong = 0
    while not site.metric("auto_merge_stopped"):
        item = site.page("/admin/review/next/", facet="audit").url.removeprefix(site.base)
        assert site.page(f"{item}answer/", verb="reject").ok
        found_wrong += 1

    assert "Automatic merging stopped on" in site.page(stop_address(site)).text
    undone = list(model_merges(site, undone="true"))
    assert 1 <= len(undone) == found_wrong <= 3
    site.page(f"{stop_address(site)}../undo/".replace("change/../", ""), all="yes")
    wait_for(
        lambda: len(list(model_merges(site, undone="false"))) < len(merges) - len(undone),
        "a worker has undone what was merged since the last good audit",
    )


def stop_address(site):
    page = site.page("/admin/insights/automergestop/").text
    return re.search(r'href="(/admin/insights/automergestop/[0-9a-f-]+/change/)', page)[1]
