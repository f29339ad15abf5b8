"""T19: the key is found nowhere: logs, pages, API, exports, tracebacks, ledger, database, reprs."""

import copy
import io
import logging
import os
import pickle
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.views.debug import ExceptionReporter

from dedup_project.env import Secret
from finetuning.errors import NotPossible
from finetuning.lifecycle import activation, start
from finetuning.models import DeduplicationModel, ModelEvent
from insights.models import ApiCall
from insights.openai import Refused, client, rate_limit
from insights.openai.errors import Redaction
from tests.openai.conftest import KEY
from tests.openai.standin import faults
from tests.openai.test_client import CHAT, question
from tests.operations.test_backup import program

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """Everything that is logged, by every logger, at every level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    noisy = [logging.getLogger(name) for name in ("openai", "httpx2", "httpcore2")]
    levels = [(one, one.level) for one in (root, *noisy)]
    for one, _ in levels:
        one.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    for one, level in levels:
        one.setLevel(level)


def database():
    """All text of all tables."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - own names
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


TROUBLE = [
    faults.error(401, f"Incorrect API key provided: {KEY}."),
    faults.error(400, f"Bad header Bearer {KEY}", code=KEY),
    faults.error(500, f"upstream said: authorization={KEY}"),
    faults.RESET,
    faults.HALF_BODY,
    faults.GARBAGE,
]


@pytest.mark.parametrize("number", range(len(TROUBLE)))  # a page shows the locals of this frame
def test_in_no_log_error_page_or_row(standin, heard, rf, settings, number):
    settings.DEBUG = True
    standin.script(CHAT, *[TROUBLE[number]] * 5)
    try:
        client().call(question(repeatable=False))
    except Exception as error:
        page = ExceptionReporter(rf.get("/"), *sys.exc_info())
        shown = [str(error), repr(error), repr(vars(error)), page.get_traceback_html(),
                 page.get_traceback_text()]  # fmt: skip
    else:
        shown = []
    shown += [heard.getvalue(), database(), repr(client()), str(vars(client())["_redact"])]

    assert [number for number, text in enumerate(shown) if KEY in text] == []
    assert heard.getvalue()


def test_in_no_training_export_page_or_api(trained, standin, heard, admin_user, settings, tmp_path):
    standin.script("POST /fine_tuning/jobs$", TROUBLE[0])
    failed = trained()
    assert failed.status == "failed"
    model = trained()
    activation.activate(model)
    browser = Browser()
    browser.force_login(admin_user)
    shown = [database(), heard.getvalue(), *ModelEvent.objects.values_list("message", flat=True)]
    for path in (
        "/admin/", "/admin/finetuning/deduplicationmodel/",
        f"/admin/finetuning/deduplicationmodel/{failed.pk}/change/",
        f"/admin/finetuning/hostedjob/{failed.pk}/change/",
        f"/admin/finetuning/hostedjob/{model.pk}/change/",
        "/admin/insights/apicall/?q=401",
        f"/admin/insights/apicall/{ApiCall.objects.filter(state='failed').first().pk}/change/",
        "/admin/insights/apianswer/",
        "/api/admin/insights/model-status",
        "/api/admin/insights/export-training-data?format=json&stats=true",
        "/api/admin/insights/export-training-data?format=openai_jsonl",
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code == 200, path
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        shown.append(body.decode())
    out = io.StringIO()
    call_command("hosted_models", stdout=out)
    call_command("export_training_data", "--output", str(tmp_path / "pairs.jsonl"), stdout=out)
    shown += [path.read_text() for path in tmp_path.iterdir()]
    assert len(list(tmp_path.iterdir())) >= 1
    call_command("diffsettings", "--all", stdout=out)
    assert not any(KEY in text for text in [*shown, out.getvalue()])


def test_in_no_key_or_value_of_redis(standin):
    client().call(question())
    redis = rate_limit.redis_client()
    space = client()._space
    keys = list(redis.scan_iter(f"{space}:*"))
    assert keys
    assert not any(KEY.encode() in redis.dump(key) + key for key in keys)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_in_no_dump_of_the_database(standin):
    """A backup after one call that succeeded and one whose refusal quoted the key."""
    client().call(question())
    standin.script(CHAT, TROUBLE[0])
    with pytest.raises(Refused):
        client().call(question())
    connection.ensure_connection()
    server = connection.connection.info
    dumped = subprocess.run(
        [program("pg_dump"), server.dsn],
        env={**os.environ, "PGPASSWORD": server.password},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Incorrect API key provided: [key]" in dumped
    assert KEY not in dumped


def test_a_secret_shows_itself_only_to_who_asks():
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]} {secret!s:>40}"
    assert secret.reveal() == KEY
    assert bool(secret)
    assert not Secret("")
    for write_down in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            write_down(secret)


def test_a_key_of_another_shape_is_taken_out_by_itself():
    assert Redaction("hunter2-plain")("refused: hunter2-plain") == "refused: [key]"
    assert "hunter2" not in repr(Redaction("hunter2-plain"))


def test_a_key_from_a_file(tmp_path, monkeypatch):
    from dedup_project import env

    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(path))
    assert env.secret("OPENAI_API_KEY").reveal() == KEY


def test_what_looks_like_another_key_is_taken_out_too(standin):
    standin.script(CHAT, faults.error(400, "Your sk-proj-AbCdEf123456 and sess-abcdef99 are bad"))
    with pytest.raises(Refused, match=r"Your \[key\] and \[key\] are bad"):
        client().call(question())


def test_without_a_key_the_sdk_is_not_even_loaded():
    code = (
        "import os, sys; os.environ.pop('OPENAI_API_KEY', None)\n"
        "import django; django.setup()\n"
        "import finetuning.admin, finetuning.lifecycle.start, insights.tasks, finetuning.tasks\n"
        "import dedup_project.urls, finetuning.inference.prediction, insights.ingest.pipeline\n"
        "from insights.embedding.service import embedder\n"
        "from insights.ingest.statements import extractor\n"
        "embedder(); extractor()\n"
        "sys.exit('openai' in sys.modules or 'httpx2' in sys.modules)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "dedup_project.settings"}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert ended.returncode == 0


@pytest.mark.django_db
def test_without_a_key_each_page_works_and_the_model_says_where_to_put_one(
    settings, decisions, admin_user
):
    settings.OPENAI_API_KEY = Secret("")
    with pytest.raises(NotPossible, match="OPENAI_API_KEY_FILE"):
        start.start_fine_tuning(backend="openai")
    assert not DeduplicationModel.objects.exists(), "no failed version is left behind"
    browser = Browser()
    browser.force_login(admin_user)
    for path in ("/admin/", "/admin/insights/insight/", "/admin/insights/cluster/"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "openai" not in answer.content.decode().lower()
