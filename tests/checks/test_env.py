"""Settings from the environment: what is wrong is named, with the way out."""

import importlib
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dedup_project import env

ROOT = Path(__file__).parents[2]


def test_what_is_not_set_or_set_to_nothing_has_its_default(monkeypatch):
    monkeypatch.delenv("DEDUP_X", raising=False)
    assert env.text("DEDUP_X", "here") == "here"
    monkeypatch.setenv("DEDUP_X", "")
    assert env.text("DEDUP_X", "here") == "here"
    assert env.share("DEDUP_X", 0.5) == 0.5
    assert env.whole("DEDUP_X", 7) == 7
    assert env.flag("DEDUP_X", True) is True


def test_a_file_holds_the_value_of_a_variable(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("DEDUP_X_FILE", str(tmp_path / "key"))
    assert env.text("DEDUP_X") == "s3cret"
    assert env.secret("DEDUP_X").reveal() == "s3cret"


def test_a_file_that_cannot_be_read_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DEDUP_X_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="DEDUP_X_FILE points at .*none"):
        env.text("DEDUP_X")
    (tmp_path / "none").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ImproperlyConfigured, match="DEDUP_X_FILE"):
        env.text("DEDUP_X")


def test_a_secret_does_not_show_itself(monkeypatch):
    monkeypatch.setenv("DEDUP_X", "s3cret")
    assert "s3cret" not in f"{env.secret('DEDUP_X')!r} {env.secret('DEDUP_X')}"


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        (lambda: env.flag("DEDUP_X", False), "perhaps", "Write 1 or 0"),
        (lambda: env.whole("DEDUP_X", 1), "1.5", "whole number"),
        (lambda: env.whole("DEDUP_X", 1, least=1), "0", "The least is 1"),
        (lambda: env.share("DEDUP_X", 0.5), "90%", "from 0 to 1"),
        (lambda: env.share("DEDUP_X", 0.5), "1.2", "from 0 to 1"),
        (lambda: env.share("DEDUP_X", 0.5), "nan", "from 0 to 1"),
        (lambda: env.amount("DEDUP_X", "1"), "ten", "Write a number"),
        (lambda: env.amount("DEDUP_X", "1"), "-1", "from 0 up"),
        (lambda: env.amount("DEDUP_X", "1"), "NaN", "from 0 up"),
        (lambda: env.choice("DEDUP_X", "a", ("a", "b")), "c", "Choose one of: a, b"),
        (lambda: env.pairs("DEDUP_X"), "a=1,b", "“b” has no value"),
    ],
)
def test_a_wrong_value_is_refused_by_name(monkeypatch, read, value, says):
    monkeypatch.setenv("DEDUP_X", value)
    with pytest.raises(ImproperlyConfigured, match="DEDUP_X") as refused:
        read()
    assert says in str(refused.value)


def test_right_values_are_read(monkeypatch):
    for name, value in {
        "FLAG": "Yes",
        "LIST": "a, b,,",
        "PAIRS": "a=1,b=2",
        "AMOUNT": "1.5",
    }.items():
        monkeypatch.setenv(f"DEDUP_{name}", value)
    assert env.flag("DEDUP_FLAG", False) is True
    assert env.words("DEDUP_LIST") == ["a", "b"]
    assert env.pairs("DEDUP_PAIRS") == {"a": "1", "b": "2"}
    assert env.amount("DEDUP_AMOUNT", "0") == Decimal("1.5")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("DEDUP_X=var", "var"),
        ("DEDUP_X = var", "var"),
        ("DEDUP_X=var   # where the data is", "var"),
        ("DEDUP_X=   # empty: the provider itself", ""),
        ("DEDUP_X=", ""),
        ("DEDUP_X=#fff", "#fff"),
        ("DEDUP_X=postgresql://u:p#w@host/db", "postgresql://u:p#w@host/db"),
        ("DEDUP_X='a # b'", "a # b"),
        ('DEDUP_X="a \'b"  # why', "a 'b"),
    ],
)
def test_a_line_of_a_dotenv_file(monkeypatch, tmp_path, line, value):
    monkeypatch.setenv("DEDUP_X", "")
    monkeypatch.delenv("DEDUP_X")
    (tmp_path / ".env").write_text(f"# comment\n\n{line}\n")
    env.load_dotenv(tmp_path / ".env")
    assert env.os.environ["DEDUP_X"] == value


@pytest.mark.parametrize("line", ["DEDUP_X", "DEDUP X=1", "DEDUP_X='open"])
def test_a_line_that_is_none_is_named_by_its_number(tmp_path, line):
    (tmp_path / ".env").write_text(f"# comment\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match="line 2"):
        env.load_dotenv(tmp_path / ".env")


def test_the_environment_stands_above_the_dotenv_file(monkeypatch, tmp_path):
    monkeypatch.setenv("DEDUP_X", "mine")
    (tmp_path / ".env").write_text("DEDUP_X=its\n")
    env.load_dotenv(tmp_path / ".env")
    assert env.text("DEDUP_X") == "mine"


def assignments():
    """The lines of .env.example that set something, the commented ones uncommented."""
    for line in (ROOT / ".env.example").read_text().splitlines():
        found = env.ASSIGNMENT.fullmatch(line.removeprefix("#").strip())
        if found and " " not in (found["plain"] or ""):  # which is prose
            yield found[0]


def named_in_the_example():
    return {line.partition("=")[0] for line in assignments()}


def test_the_example_names_every_variable_that_settings_read_and_no_other(monkeypatch):
    read = set()
    text = env.text

    def recorded(name, default=""):
        read.add(name)
        return text(name, default)

    monkeypatch.setattr(env, "text", recorded)
    monkeypatch.setattr(env, "load_dotenv", lambda path: None)
    monkeypatch.setenv("SECRET_KEY", "only for this test")
    for environment in ("local", "production"):
        monkeypatch.setenv("ENVIRONMENT", environment)
        for name in [name for name in sys.modules if name.startswith("dedup_project.settings")]:
            monkeypatch.delitem(sys.modules, name)
        importlib.import_module("dedup_project.settings")

    assert named_in_the_example() == read


def test_the_example_as_it_stands_is_a_dotenv_file(monkeypatch, tmp_path):
    """With every line uncommented, too: what stands behind a value is no part of it."""
    path = tmp_path / ".env"
    path.write_text("\n".join(assignments()))
    monkeypatch.setattr(env.os, "environ", {})
    env.load_dotenv(path)
    assert len(env.os.environ) > 40
    assert not [value for value in env.os.environ.values() if "#" in value or "  " in value]
