"""Each process that `make up` needs is killed; a task and a page work again soon."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import requests

from dedup_project import embedded
from tests.embedded.services import clear, make_folder
from tests.tasks.conftest import wait_for

ROOT = Path(__file__).parents[2]
PORT = 23_000 + os.getpid() % 7_000
BASE = f"http://127.0.0.1:{PORT}"
# Each second beat gives each worker a task, which it counts.
PREPARE = """
import django; django.setup()
from django.core.management import call_command as manage
from django_celery_beat.models import IntervalSchedule, PeriodicTask
manage("migrate", verbosity=0)
manage("seed_schedules")
second, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
for queue in ("quick", "ingest"):
    PeriodicTask.objects.create(
        name=f"every second: {queue}", task="insights.tasks.heartbeat", queue=queue, interval=second
    )
"""
pytestmark = pytest.mark.slow


@pytest.fixture
def var():
    folder = make_folder()
    yield folder / "var"
    clear(folder, folder / "var")


@pytest.fixture
def site(var):
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL")
    } | {
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
        "INSIGHT_DEDUP_VAR": str(var),
        "EMBEDDED_DATABASE": "insight_dedup",
        "LOG_LEVEL": "CRITICAL",
    }
    subprocess.run([sys.executable, "-c", PREPARE], cwd=ROOT, env=environment, check=True)
    with subprocess.Popen(
        [sys.executable, "manage.py", "serve", f"--port={PORT}"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    ) as served:
        try:
            yield served.pid
        finally:
            served.send_signal(signal.SIGTERM)


def is_ready():
    try:
        return requests.get(f"{BASE}/readyz", timeout=5).json() == {"database": "ok", "redis": "ok"}
    except requests.RequestException:
        return False


def completed(url):
    """How many tasks each worker has completed."""
    try:
        with psycopg.connect(url) as server:
            rows = server.execute("SELECT queue, completed FROM heartbeats").fetchall()
    except psycopg.OperationalError:
        return {}
    return {queue: count for queue, count in rows if queue in ("quick", "ingest")}


def children(pid):
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def victims(var, served):
    """The processes by name, as they are now."""
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in children(served)}

    def one(part):
        return next(pid for pid, line in lines.items() if part in line)

    postgres, redis = embedded.status(var)
    return {
        "a web process": children(one("gunicorn"))[0],
        "the web server": one("gunicorn"),
        "a worker's child": children(one("long@"))[0],
        "the worker": one("long@"),
        "the quick worker": one("quick@"),
        "beat": one("beat"),
        "Redis": redis.pid,
        "PostgreSQL": postgres.pid,
    }


def test_whatever_is_killed_comes_back_by_itself(var, site):
    url = embedded.database_url(var, "insight_dedup")  # asked again, it would start the server

    def works_again(before):
        now = completed(url)
        return is_ready() and all(now.get(q, 0) > before.get(q, 0) for q in ("quick", "ingest"))

    wait_for(lambda: works_again({}), "it works", seconds=120)
    took = {}
    for name in victims(var, site):
        os.kill(victims(var, site)[name], signal.SIGKILL)
        began = time.monotonic()
        # The processes of a killed web server answer for another second.
        time.sleep(2 if name == "the web server" else 0.1)
        wait_for(is_ready, f"ready after the end of {name}")
        ready = time.monotonic() - began
        before = completed(url)
        wait_for(lambda before=before: works_again(before), f"tasks after the end of {name}")
        took[name] = (ready, time.monotonic() - began)
        print(f"{name}: ready after {ready:.1f} s, tasks after {took[name][1]:.1f} s")
    assert max(ready for ready, _ in took.values()) < 30  # ten on a quiet machine
