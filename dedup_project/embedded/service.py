"""Shared by the embedded services: errors, locks, processes and their logs."""

import errno
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOCK_SECONDS = 180.0
STOP_SECONDS = 60.0
LOG_BYTES = 5_000_000


class EmbeddedServiceError(RuntimeError):
    """An embedded service is unavailable; the message says why and how to fix it."""


@dataclass(frozen=True)
class ServiceStatus:
    """The state of one service. `pid` and `url` are None while it does not run."""

    name: str
    running: bool
    pid: int | None
    folder: Path
    url: str | None
    version: str | None


@contextmanager
def explained(name: str, folder: Path) -> Iterator[None]:
    """Turn the operating system's errors into EmbeddedServiceError with a remedy."""
    try:
        yield
    except OSError as error:
        hint = ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            hint = " Free some disk space and try again."
        elif isinstance(error, PermissionError):
            hint = (
                " It belongs to another user: run as that user or as root, or set INSIGHT_DEDUP_VAR"
                " to a folder of your own, or DATABASE_URL and REDIS_URL to servers of your own."
            )
        raise EmbeddedServiceError(f"Embedded {name} in {folder}: {error}.{hint}") from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock `path` against other processes and threads; the lock ends with the process.

    Raises EmbeddedServiceError if another process keeps it for more than three minutes.
    """
    # Read-only, so that root and the owner of the folder can share a lock that either has made.
    handle = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedServiceError(
                        f"Another process has held {path} for {LOCK_SECONDS:.0f} seconds, so it is"
                        " still starting or stopping the service: end that process and try again."
                    ) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def command_line(pid: int) -> str:
    """Return a process's arguments joined by spaces; empty if it is gone or a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return arguments.replace(b"\0", b" ").decode(errors="surrogateescape").strip()
    ps = ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def is_alive(pid: int) -> bool:
    """Return whether the process exists and is not a zombie.

    The command line cannot tell: during execve, Linux shows it as empty until the new program's
    arguments are in place, which takes long on a slow disk.
    """
    if not Path("/proc/self/stat").exists():
        return bool(command_line(pid))
    try:
        # "pid (name) state ...", where the name may hold anything (proc(5)).
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def read_pid(path: Path) -> int | None:
    """Return the process id on the first line of a pid file; None without one."""
    try:
        first = path.read_text().partition("\n")[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isdecimal() else None


def end(pid: int, kind: signal.Signals) -> None:
    """Ask a process to end and wait until it has; never kill it."""
    os.kill(pid, kind)
    deadline = time.monotonic() + STOP_SECONDS
    while is_alive(pid):
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(
                f"Process {pid} did not end within {STOP_SECONDS:.0f} seconds of {kind.name}."
            )
        time.sleep(0.02)


def last_lines(log: Path, count: int = 12) -> str:
    """Return the end of a service's log, indented, for an error message."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        lines = []
    return f"The end of {log}:\n" + "\n".join(f"    {line}" for line in lines or ["(empty)"])


def rotate(log: Path) -> None:
    """Keep one old log beside a new one if it has grown beyond 5 MB. Called before a start."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
