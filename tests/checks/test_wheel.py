"""The project as a package: the wheel holds templates, static files, data and SQL."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = {".html", ".css", ".js", ".svg", ".sql", ".toml", ".txt", ".csv", ".md"}
COMMANDS = """
import django; django.setup()
from django.core.management import call_command
from django.contrib.staticfiles import finders
from django.template.loader import get_template
call_command("check")
get_template("admin/insights/dashboard/index.html")
assert finders.find("insights/admin.css")
import dedup_project
print(dedup_project.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", folder, ROOT], check=True)
    (made,) = folder.glob("*.whl")
    return made


def tracked(*folders):
    listed = subprocess.run(
        ["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [Path(line) for line in listed.stdout.splitlines()]


@pytest.mark.slow
def test_the_wheel_holds_each_file_that_is_not_python(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    files = tracked("dedup_project", "insights", "finetuning")
    expected = {str(path) for path in files}
    expected |= {f"dedup_project/{path}" for path in tracked("templates", "static")}
    assert not expected - held
    assert any(Path(name).suffix == ".sql" for name in expected)
    assert not any(name.startswith(("tests", "benchmarks", "docs")) for name in held)


@pytest.mark.slow
def test_a_command_runs_from_the_installed_package(wheel, tmp_path):
    site, folder = tmp_path / "site", tmp_path / "somewhere"
    folder.mkdir()
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--target", site, wheel], check=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(site),
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
    }
    environment.pop("INSIGHT_DEDUP_VAR", None)
    run = subprocess.run(
        [sys.executable, "-c", COMMANDS], cwd=folder, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert str(site) in run.stdout
    assert (folder / "var").exists(), "its data is where it was started, not in the package"
