"""A Redis of the test's own, and real workers on the test's database."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from celery import Task
from django.conf import settings
from django.db import connection
from kombu import Connection
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from dedup_project.embedded.redis import _program
from tests.finetuning.conftest import decisions  # noqa: F401

ROOT = Path(__file__).parents[2]


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return found


class OwnRedis:
    """A Redis that keeps everything in memory, so a kill loses what was queued."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [str(_program()), "--port", str(self.port), "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )
        wait_for(self._answers, "Redis answers")

    def _answers(self) -> bool:
        try:
            with Redis(port=self.port) as client:
                return bool(client.ping())
        except RedisConnectionError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def send(self, task: Task, *args: Any) -> None:
        with Connection(self.url) as broker:
            task.apply_async(args, connection=broker, retry=False)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    yield server
    server.kill()


class Worker:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def child(self) -> int | None:
        """The pool's process that works on tasks."""
        try:
            pid = self.process.pid
            pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except FileNotFoundError:
            return None
        return int(pids[0]) if pids else None

    def kill_all(self) -> None:
        """As if the machine had lost its power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start_celery(own_redis: OwnRedis) -> Iterator[Callable[..., Worker]]:
    """Real processes on the test's database; `patch` is code that each runs first."""
    started: list[Worker] = []

    def start(*arguments: str, patch: str = "") -> Worker:
        environment = {
            **os.environ,
            "EMBEDDED_DATABASE": connection.settings_dict["NAME"],
            "INSIGHT_DEDUP_VAR": str(settings.VAR),
            "REDIS_URL": own_redis.url,
            "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
            "DUPLICATE_DECIDER": settings.DUPLICATE_DECIDER,
            "RETRAIN_MIN_NEW_DECISIONS": str(settings.RETRAIN_MIN_NEW_DECISIONS),
        }
        code = (
            "import os, signal, sys, time, django; django.setup()\n"
            f"{patch}\n"
            "from dedup_project.celery import app\n"
            f"app.start({[*arguments, '--loglevel=warning']!r})"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, start_new_session=True
        )
        started.append(Worker(process))
        return started[-1]

    yield start
    for one in started:
        with contextlib.suppress(ProcessLookupError):
            one.kill_all()
    wait_for(lambda: not _others_connected(), "the workers' connections have ended")


@pytest.fixture
def start_worker(start_celery: Callable[..., Worker]) -> Callable[..., Worker]:
    numbers = count()

    def start(patch: str = "", concurrency: int = 1) -> Worker:
        return start_celery(
            "worker",
            f"--concurrency={concurrency}",
            "--without-gossip",
            "--without-mingle",
            f"--hostname=test{next(numbers)}@here",
            f"--queues={','.join(settings.QUEUES)}",
            patch=patch,
        )

    return start


@pytest.fixture
def start_beat(start_celery: Callable[..., Worker]) -> Callable[[], Worker]:
    return lambda: start_celery("beat", "--pidfile=", "--max-interval=1")


def _others_connected() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return bool(cursor.fetchone()[0])
