"""Settings from the environment: a wrong value is named, with the way out."""

import importlib
import os
import re
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dedup_project import env as environment
from dedup_project.env import POSITIVE, SHARE, EnvError, env, secret

ROOT = Path(__file__).parents[2]
ASSIGNMENT = re.compile(r"#? ?(\w+=\S*(?:\s+#.*)?)")


def test_a_variable_that_is_not_set_or_set_to_nothing_has_its_default(monkeypatch):
    monkeypatch.delenv("DEDUP_X", raising=False)
    assert env.str("DEDUP_X", "here") == "here"
    monkeypatch.setenv("DEDUP_X", "")
    assert env.str("DEDUP_X", "here") == "here"
    assert env.float("DEDUP_X", 0.5, validate=SHARE) == 0.5
    assert env.int("DEDUP_X", 7) == 7
    assert env.bool("DEDUP_X", True) is True


def test_a_file_holds_the_value_of_a_variable(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("DEDUP_X_FILE", str(tmp_path / "key"))
    assert env.str("DEDUP_X") == "s3cret"
    assert secret("DEDUP_X").reveal() == "s3cret"


def test_a_file_that_cannot_be_read_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DEDUP_X_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="DEDUP_X_FILE"):
        env.str("DEDUP_X")
    (tmp_path / "none").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ImproperlyConfigured, match="DEDUP_X_FILE"):
        env.str("DEDUP_X")


def test_a_secret_does_not_show_itself(monkeypatch):
    monkeypatch.setenv("DEDUP_X", "s3cret")
    assert "s3cret" not in f"{secret('DEDUP_X')!r} {secret('DEDUP_X')}"


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        (lambda: env.bool("DEDUP_X", False), "perhaps", "boolean"),
        (lambda: env.int("DEDUP_X", 1), "1.5", "integer"),
        (lambda: env.int("DEDUP_X", 1, validate=POSITIVE), "0", "or equal to 1"),
        (lambda: env.float("DEDUP_X", 0.5, validate=SHARE), "90%", "number"),
        (lambda: env.float("DEDUP_X", 0.5, validate=SHARE), "1.2", "equal to 1"),
        (lambda: env.float("DEDUP_X", 0.5, validate=SHARE), "nan", "nan"),
    ],
)
def test_a_wrong_value_is_refused_by_name(monkeypatch, read, value, says):
    monkeypatch.setenv("DEDUP_X", value)
    with pytest.raises(EnvError, match="DEDUP_X") as refused:
        read()
    assert says in str(refused.value)


def fresh_settings(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("dedup_project.settings")]:
        monkeypatch.delitem(sys.modules, name)
    return importlib.import_module("dedup_project.settings")


def test_prices_are_read_and_a_model_without_one_is_named(monkeypatch):
    monkeypatch.setenv("OPENAI_PRICES", "a=1/2,b=2")
    assert fresh_settings(monkeypatch).OPENAI_PRICES == {"a": "1/2", "b": "2"}
    monkeypatch.setenv("OPENAI_PRICES", "a=1,b")
    with pytest.raises(EnvError, match="OPENAI_PRICES: “b” has no price"):
        fresh_settings(monkeypatch)


@pytest.mark.parametrize("line", ["DEDUP_X", "DEDUP X=1", "DEDUP_X='open"])
def test_a_malformed_line_of_a_dotenv_file_is_named_by_its_number(tmp_path, line):
    (tmp_path / ".env").write_text(f"# comment\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match="line 2"):
        env.read_file(tmp_path / ".env")


def test_the_environment_takes_precedence_over_the_dotenv_file(monkeypatch, tmp_path):
    monkeypatch.setenv("DEDUP_X", "mine")
    monkeypatch.setenv("DEDUP_Y", "")
    monkeypatch.delenv("DEDUP_Y")
    (tmp_path / ".env").write_text("DEDUP_X=its\nDEDUP_Y='a # b'  # why\n")
    env.read_file(tmp_path / ".env")
    assert (env.str("DEDUP_X"), env.str("DEDUP_Y")) == ("mine", "a # b")


def assignments():
    """The lines of .env.example that set something, the commented ones uncommented."""
    for line in (ROOT / ".env.example").read_text().splitlines():
        if found := ASSIGNMENT.fullmatch(line):
            yield found[1]


def test_the_example_names_every_variable_that_settings_read_and_no_other(monkeypatch):
    read = set()
    get = environment.Environment._get_value

    def recorded(self, name, default):
        read.add(name)
        return get(self, name, default)

    monkeypatch.setattr(environment.Environment, "_get_value", recorded)
    monkeypatch.setattr(environment.Environment, "read_file", lambda self, path: None)
    monkeypatch.setenv("SECRET_KEY", "only for this test")
    for kind in ("local", "production"):
        monkeypatch.setenv("ENVIRONMENT", kind)
        fresh_settings(monkeypatch)

    assert {line.partition("=")[0] for line in assignments()} == read


def test_the_example_as_it_stands_is_a_dotenv_file(monkeypatch, tmp_path):
    """Even with every line uncommented: the comment behind a value is no part of it."""
    path = tmp_path / ".env"
    path.write_text("\n".join(assignments()))
    for line in assignments():
        monkeypatch.delenv(line.partition("=")[0], raising=False)
    before = set(os.environ)
    env.read_file(path)
    made = {name: os.environ.pop(name) for name in set(os.environ) - before}
    assert len(made) > 40
    assert not [value for value in made.values() if "#" in value or "  " in value]
