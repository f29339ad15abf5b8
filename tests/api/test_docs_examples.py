"""docs/api.md: its examples run, and there is one for every call."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from insights.models import ApiToken, AuditItem, AutoMergeStop
from insights.people import ROLE_NAMES
from tests.api.access_table import TABLE
from tests.finetuning.conftest import decisions  # noqa: F401

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"
ID = re.compile(r"(?<=/)([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+)(?=/|$)")
COMMANDS = {
    "bash": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-W", "error", "-c"],
}


def examples(language):
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    return "\n".join(blocks)


@pytest.mark.slow
def test_every_call_has_an_example_that_runs(server, superuser, tmp_path, decisions, caplog):  # noqa: F811
    caplog.set_level("INFO", logger="insights.api.http.access")
    AuditItem.objects.create(decision=decisions[0], week="2026-01-05")
    AutoMergeStop.objects.create(reason="Too often wrong.", model_version="7")
    for role in ROLE_NAMES:  # a test before it emptied the migrations' tables
        Group.objects.get_or_create(name=role)
    _, key = ApiToken.make(user=superuser, scopes=["admin"])
    said = {}
    for language, command in COMMANDS.items():
        done = subprocess.run(
            [*command, examples(language)],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "BASE": server, "TOKEN": key},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
        said[language] = done.stdout
    assert said["python"].startswith("succeeded\n")
    assert "bytes of training data" in said["python"]
    called = {
        (method, ID.sub("<id>", path))
        for method, path, status, *_ in (
            record.args for record in caplog.records if record.name == "insights.api.http.access"
        )
        if status < 400 or path.endswith("/cancel")
    }
    assert called == set(TABLE)
