"""The house rules that a linter does not know: sizes of files and folders."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("dedup_project", "insights", "finetuning")
# Django and the servers look for these by name, however short they are.
NAMED_BY_DJANGO = {"apps.py", "wsgi.py", "formats.py"}
FLAT = {"models", "migrations", "commands"}


def modules() -> list[Path]:
    found = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts and path.stem != "__init__"]


def test_no_module_is_a_closet_or_a_hall():
    lines = {path: len(path.read_text().splitlines()) for path in modules()}
    assert not [path for path, n in lines.items() if n > 400]
    short = [path for path, n in lines.items() if n < 15 and path.name not in NAMED_BY_DJANGO]
    assert not [path for path in short if path.parent.name != "commands"]


def test_no_folder_holds_more_modules_than_one_can_take_in():
    crowd = Counter(path.parent for path in modules() if path.parent.name not in FLAT)
    assert not {folder: n for folder, n in crowd.items() if n > 12}


@pytest.mark.parametrize("app", APPS)
def test_every_package_says_what_it_is_for(app: str):
    empty = [
        path
        for path in (ROOT / app).rglob("__init__.py")
        if not path.read_text().startswith('"""')
        and not FLAT & set(path.parts)
        and path.parent.name not in {"management", "db", "formats", "en", "embedded_postgresql"}
    ]
    assert not empty


def test_signatures_say_more_than_any():
    """`Any` is left where a library gives no type; the number may only fall."""
    found = 0
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                every = [one.annotation for one in ast.walk(node.args) if isinstance(one, ast.arg)]
                found += sum(_names_any(one) for one in [*every, node.returns])
    assert found <= 95


def _names_any(annotation: ast.expr | None) -> bool:
    return annotation is not None and any(
        isinstance(one, ast.Name) and one.id == "Any" for one in ast.walk(annotation)
    )


HANGING = re.compile(r"(What|Whether|How|Why|Of|Who|Those|Which|Somebody|Twice)\b")


def test_docstrings_begin_with_a_verb_or_a_noun_phrase():
    """Ruff's D401 sees the mood of a verb, not that there is none."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    assert not [
        f"{path}: {text.splitlines()[0]}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, kinds) and (text := ast.get_docstring(node)) and HANGING.match(text)
    ]
