"""Folders for embedded services of a test's own, and looks into them."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from dedup_project import embedded
from dedup_project.embedded import place, service

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0
ASK = """
import sys
from pathlib import Path
from dedup_project import embedded
var = Path(sys.argv[1])
embedded.database_url(var), embedded.redis_url(var)
print(*(service.pid for service in embedded.status(var)))
"""


def make_folder() -> Path:
    # Not tmp_path: pytest closes its folders, and root's PostgreSQL runs as another user. In
    # memory where there is enough, as a new cluster is synced to disk file by file.
    memory = Path("/dev/shm")  # noqa: S108
    in_memory = memory.exists() and shutil.disk_usage(memory).free > 2**30
    folder = Path(tempfile.mkdtemp(prefix="e-", dir=memory if in_memory else None))
    folder.chmod(0o755)
    return folder


def clear(folder: Path, var: Path) -> None:
    home = place.home(var)
    run = place.socket_folder(home) if home.exists() else None
    # At once: no checkpoint of what is thrown away.
    for pid, kind in zip(pids(var), (signal.SIGQUIT, signal.SIGTERM), strict=True):
        if pid is not None:
            service.end(pid, kind)
    for each in (folder, home, run):
        if each and each.exists():
            shutil.rmtree(each)


def pids(var: Path) -> list[int | None]:
    return [service.pid for service in embedded.status(var)]


def redis_port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def scalar(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def command(var: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dedup_project.embedded", *arguments],
        env={**os.environ, "INSIGHT_DEDUP_VAR": str(var)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        **options,  # type: ignore[call-overload]
    )
