"""docs/guide.sh: the guide's five steps from an empty database, with nothing but curl."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from finetuning.models import DeduplicationModel
from insights.models import ApiToken

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "guide.sh"


@pytest.mark.slow
def test_the_five_steps_run_from_an_empty_database(server, superuser, tmp_path):
    _, key = ApiToken.make(user=superuser, scopes=["admin"])
    done = subprocess.run(
        ["bash", str(SCRIPT)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "BASE": server, "TOKEN": key},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line[:6] for line in done.stdout.splitlines() if line.startswith("Step")] == [
        f"Step {n}" for n in range(1, 6)
    ]
    assert re.search(r"average_precision on held-out decisions: 0\.\d", done.stdout), done.stdout
    assert DeduplicationModel.objects.get().is_active
    assert (tmp_path / "training-data.jsonl").stat().st_size > 1000
