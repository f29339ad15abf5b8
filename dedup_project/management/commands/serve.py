"""Serve the admin and work on its tasks: one web server and one Celery worker, stopped together."""

import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Serve the admin on http://127.0.0.1:PORT/admin/ with a worker beside it. For a laptop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=3000)
        parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on")

    def handle(self, *args: Any, **options: Any) -> None:
        address = f"{options['bind']}:{options['port']}"
        commands = {
            "The web server": [
                "gunicorn", "dedup_project.wsgi", f"--bind={address}",
                "--workers=2", "--threads=4", "--log-level=warning",
            ],
            "The worker": [
                "celery", "--app=dedup_project", "worker",
                "--concurrency=1", "--loglevel=warning", "--without-gossip", "--without-mingle",
            ],
        }  # fmt: skip
        children = {
            name: subprocess.Popen([sys.executable, "-m", *command])  # noqa: S603
            for name, command in commands.items()
        }
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        self.stdout.write(f"Serving http://{address}/admin/ (Ctrl-C stops it)")
        try:
            while True:
                for name, child in children.items():
                    if (code := child.poll()) is not None:
                        raise CommandError(
                            f"{name} ended with exit code {code}. Is port {options['port']} taken? "
                            "Choose another one with --port (make: PORT=)."
                        )
                time.sleep(0.2)
        except KeyboardInterrupt:
            self.stdout.write("Stopping.")
        finally:
            for child in children.values():
                child.terminate()
            for child in children.values():
                try:
                    child.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    child.kill()


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
