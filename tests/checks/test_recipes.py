"""CONTRIBUTING.md: its recipes, followed literally in a copy of the project, all work."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STEP = re.compile(
    r"^(?:Write `(?P<new>[^`]+)`"
    r"|In `(?P<old>[^`]+)`, add after the line with `(?P<anchor>[^\n]+)`):"
    r"\n\n```\w+\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def follow(recipe: str, project: Path) -> list[str]:
    """Carry out the steps of a recipe; the tests that it writes."""
    tests = []
    for step in STEP.finditer(recipe):
        if step["new"]:
            file = project / step["new"]
            assert not file.exists(), f"{step['new']} is there already"
            file.write_text(step["code"])
            tests += [step["new"]] if step["new"].startswith("tests/") else []
            continue
        file = project / step["old"]
        lines = file.read_text().splitlines(keepends=True)
        (line,) = [n for n, text in enumerate(lines) if step["anchor"] in text]
        file.write_text("".join([*lines[: line + 1], step["code"], *lines[line + 1 :]]))
    return tests


@pytest.mark.slow
def test_each_recipe_works_as_it_is_written(tmp_path: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, tracked.split("\0")):
        if not name.startswith(("docs/screenshots/", "dedup_project/demo/corpus/")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    recipes = (ROOT / "CONTRIBUTING.md").read_text().split("\n## Recipes\n")[1].split("\n## ")[0]
    written = [follow(recipe, tmp_path) for recipe in recipes.split("\n### ")[1:]]
    assert [len(tests) for tests in written] == [1, 1, 1, 1], "each recipe has its test"
    tests = [test for recipe in written for test in recipe]
    environment = {
        **os.environ,
        "INSIGHT_DEDUP_VAR": os.environ.get("INSIGHT_DEDUP_VAR", str(ROOT / "var")),
        "EMBEDDED_DATABASE": "recipes",
        "PYTEST_XDIST_WORKER": "",
    }
    for command in (["ruff", "check", "--no-cache", "."], ["pytest", "-q", "--create-db", *tests]):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path, env=environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
