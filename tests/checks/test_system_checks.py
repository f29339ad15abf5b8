"""Each system check speaks up, with its id and a way out, and is silent when all is well."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dedup_project import checks

ROOT = Path(__file__).parents[2]


def ids(found):
    assert all(message.hint for message in found), "each says the way out"
    return [message.id for message in found]


@pytest.fixture
def production(settings):
    settings.PRODUCTION, settings.DEBUG = True, False
    settings.SECRET_KEY = "x" * 60
    settings.ALLOWED_HOSTS = ["dedup.example.org"]
    settings.DATABASE_URL, settings.REDIS_URL = "postgresql://host/db", "redis://host/0"
    return settings


def test_a_well_kept_production_raises_nothing(production):
    assert ids(checks.production_settings(None)) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", "unset", "dedup.E001"),
        ("DEBUG", True, "dedup.E002"),
        ("ALLOWED_HOSTS", [], "dedup.E003"),
        ("DATABASE_URL", "", "dedup.W004"),
        ("REDIS_URL", "", "dedup.W004"),
    ],
)
def test_what_is_wrong_in_production_has_an_id(production, name, value, expected):
    setattr(production, name, value)
    assert ids(checks.production_settings(None)) == [expected]


def test_on_a_laptop_all_of_it_is_fine(production):
    production.PRODUCTION, production.SECRET_KEY, production.ALLOWED_HOSTS = False, "unset", []
    assert ids(checks.production_settings(None)) == []


def test_thresholds_the_wrong_way_round_are_E005(settings):
    assert ids(checks.thresholds(None)) == []
    settings.CLUSTER_IN_CONFIDENCE, settings.CLUSTER_OUT_CONFIDENCE = 0.6, 0.7
    assert ids(checks.thresholds(None)) == ["dedup.E005"]


def test_missing_weights_are_E006_unless_another_embedder_is_chosen(settings, monkeypatch):
    monkeypatch.setattr(
        "insights.embedding.minilm.weights.weights_problem", lambda: "They are missing."
    )
    assert ids(checks.embedding_weights(None)) == ["dedup.E006"]
    settings.EMBEDDER = "insights.embedding.openai.OpenAIEmbedder"
    assert ids(checks.embedding_weights(None)) == []


class Server:
    """A database that answers the check's two questions."""

    def __init__(self, server, pgvector):
        self.answers = [(server,), (pgvector,)]

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return None

    def execute(self, query):
        return None

    def fetchone(self):
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("server", "pgvector", "expected"),
    [
        ("180001", "0.8.6", []),
        ("150000", "0.8.4", []),
        ("180001", "0.10.0", []),
        ("140012", "0.8.4", ["dedup.E007"]),
        ("180001", None, ["dedup.E008"]),
        ("180001", "0.8.3", ["dedup.E009"]),
        ("140012", "0.7.4", ["dedup.E007", "dedup.E009"]),
    ],
)
def test_an_old_server_or_pgvector_is_refused(monkeypatch, server, pgvector, expected):
    monkeypatch.setattr(checks, "connections", {"default": Server(server, pgvector)})
    assert ids(checks.database_versions(None, databases=["default"])) == expected


@pytest.mark.django_db
def test_the_real_server_is_new_enough():
    assert ids(checks.database_versions(None, databases=["default"])) == []


@pytest.mark.django_db
def test_an_embedder_that_was_changed_names_the_command(settings, make_insight):
    make_insight("Shifts are swapped by phone")
    assert checks.embeddings_of_one_model(None, databases=["default"]) == []
    settings.EMBEDDER = "insights.embedding.openai.OpenAIEmbedder"
    found = checks.embeddings_of_one_model(None, databases=["default"])
    assert ids(found) == ["dedup.W011"]
    assert "reembed insights.embedding.openai.OpenAIEmbedder --switch" in found[0].msg
    assert checks.embeddings_of_one_model(None, databases=None) == []


def test_every_check_has_a_test():
    known = set(re.findall(r'"(dedup\.[EW]\d{3})"', Path(checks.__file__).read_text()))
    tested = set(re.findall(r'"(dedup\.[EW]\d{3})"', Path(__file__).read_text()))
    assert known
    assert known == tested


def manage(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENVIRONMENT": "production", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_check_deploy_is_clean_with_the_variables_of_a_production(tmp_path):
    done = manage(
        "check",
        "--deploy",
        "--fail-level=WARNING",
        SECRET_KEY="pG9Z2kq8Vw3yT6bN1xRj5sLd7mFhCa0uEoQiXvYtBnKe4Wz-8h_JrPqU",
        ALLOWED_HOSTS="dedup.example.org",
        CSRF_TRUSTED_ORIGINS="https://dedup.example.org",
        DATABASE_URL="postgresql://user:password@db.invalid/insight_dedup",
        REDIS_URL="redis://redis.invalid:6379/0",
        INSIGHT_DEDUP_VAR=os.environ.get("INSIGHT_DEDUP_VAR", str(ROOT / "var")),
    )
    assert (done.returncode, done.stdout + done.stderr) == (
        0,
        "System check identified no issues (0 silenced).\n",
    )


def test_a_production_without_its_variables_does_not_start():
    done = manage("check", "--deploy", "--fail-level=ERROR", DEBUG="1")
    assert done.returncode != 0
    for number in ("E001", "E002", "E003", "W004"):
        assert f"dedup.{number}" in done.stderr
