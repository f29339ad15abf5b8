"""Run web server, worker and beat on one machine, and stop them together.

A process that ends is restarted. A worker can also stay alive without taking tasks (after an outage
of Redis), so it is restarted when its heartbeat, the last completed task, is old.
"""

import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from datetime import timedelta
from types import FrameType

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils import timezone

from dedup_project import schedules
from dedup_project.cache import redis_url
from dedup_project.embedded import EmbeddedServiceError
from insights.jobs.heartbeats import age, last_completed

# The queue of short tasks gets a heartbeat every minute. It has a worker of its own, so no long
# task delays it.
SILENT = timedelta(minutes=5)
STARTING = timedelta(seconds=15)  # a web server that ends sooner found its port taken
LOOK_EVERY = 30.0  # seconds
GRACE = 20.0
ENDING = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    help = "Run web server, worker and beat on http://127.0.0.1:PORT/admin/, for one machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=3000)
        parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on")

    def handle(self, *args: object, bind: str, port: int, **options: object) -> None:
        schedules.seed()
        address = f"{bind}:{port}"
        self.commands = commands(address)
        self.started_at = {name: timezone.now() for name in self.commands}
        self.children = {name: self._start(name) for name in self.commands}
        for number in ENDING:
            signal.signal(number, _stop)
        self.stdout.write(f"Serving http://{address}/admin/ (Ctrl-C stops it)")
        self.stdout.flush()  # even into a pipe or a file, before the long wait
        try:
            self._watch(port)
        except KeyboardInterrupt:
            self.stdout.write("Stopping.")
        finally:
            for number in ENDING:  # a second Ctrl-C must not leave processes behind
                signal.signal(number, signal.SIG_IGN)
            _end(list(self.children.values()))

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        self.started_at[name] = timezone.now()
        # On a laptop or in a container root is often the only user. It is supported, so Celery need
        # not warn about it.
        environment = {**os.environ, "PYTHONWARNINGS": "ignore:You're running the worker"}
        command = [sys.executable, "-m", *self.commands[name]]
        return subprocess.Popen(command, env=environment)  # noqa: S603

    def _watch(self, port: int) -> None:
        looked = time.monotonic()
        while True:
            time.sleep(0.2)
            try:
                redis_url()  # starts an embedded server that has died; PostgreSQL's needs no help
            except EmbeddedServiceError as error:
                self.stderr.write(str(error))
                time.sleep(GRACE)
            for name, child in self.children.items():
                if (code := child.poll()) is None:
                    continue
                killed = code < 0  # by a signal, so no trouble with the port
                if name == "web" and not killed and not self._was_up(name):
                    raise CommandError(
                        f"The web server ended at once with exit code {code}. If port {port} is "
                        "taken, choose another one with --port (make: PORT=)."
                    )
                self._restart(name, f"ended with exit code {code}")
            if time.monotonic() - looked > LOOK_EVERY:
                looked = time.monotonic()
                if self._is_silent():
                    self._restart("quick worker", "has completed no task for minutes")

    def _was_up(self, name: str) -> bool:
        return timezone.now() - self.started_at[name] > STARTING

    def _is_silent(self) -> bool:
        try:
            last = last_completed("quick")
        except DatabaseError:
            return False  # without it, no task can complete
        finally:
            connection.close()
        running = timezone.now() - self.started_at["quick worker"]
        return running > SILENT and (last is None or age(last) > SILENT)

    def _restart(self, name: str, why: str) -> None:
        self.stderr.write(f"The {name} {why}; restarting it.")
        _end([self.children[name]])
        if not self._was_up(name):
            time.sleep(1)  # a process that ends at once must not fill the log
        self.children[name] = self._start(name)


def commands(address: str) -> dict[str, list[str]]:
    """Return the processes, as arguments of `python -m`."""
    celery = ["celery", "--quiet", "--app=dedup_project"]
    worker = [*celery, "worker", "--loglevel=warning", "--without-gossip", "--without-mingle"]
    long = ",".join(queue for queue in settings.QUEUES if queue != "quick")
    return {
        "web": [
            "gunicorn", "dedup_project.wsgi", "--config=python:dedup_project.web.gunicorn",
            f"--bind={address}", "--log-level=warning",
        ],
        "worker": [*worker, "--hostname=long@%h", "--concurrency=1", f"--queues={long}"],
        "quick worker": [*worker, "--hostname=quick@%h", "--concurrency=1", "--queues=quick"],
        "beat": [*celery, "beat", "--loglevel=warning", "--pidfile="],
    }  # fmt: skip


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            child.kill()


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
