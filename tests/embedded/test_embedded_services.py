"""The embedded PostgreSQL and Redis as several processes meet them."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import kombu
import psycopg
import pytest
import redis
from django.core.cache.backends.redis import RedisCacheClient

from dedup_project import embedded
from dedup_project.embedded import place
from tests.embedded.services import ASK, ROOT, clear, command, pids, redis_port, scalar


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
