"""The schema by public linters, at their recommended rules, and by a generator; from `npm ci`."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "node_modules" / ".bin"
SILENT = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [("redocly", "lint", "--extends=recommended", "--max-problems=20"),
     ("spectral", "lint", "--fail-severity=error", "--ruleset", str(ROOT / ".spectral.yaml")),
     ("openapi-typescript", "--output=/dev/null")],
)  # fmt: skip
def test_a_program_finds_no_error_in_the_schema(command):
    program = PROGRAMS / command[0]
    if not program.exists():
        pytest.skip("needs `npm ci`")
    linted = subprocess.run(
        [program, *command[1:], "docs/openapi.yaml"],
        cwd=ROOT,
        env={**os.environ, **SILENT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
