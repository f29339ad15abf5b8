"""Log lines: one JSON object each, one id from the request through its tasks, nothing private."""

import json
import logging
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import IntegrityError, transaction

from dedup_project import env
from dedup_project.celery import app
from dedup_project.logs import JsonLineFormatter, LineFormatter, discreet
from insights.models import Insight
from insights.request_id import RequestIdFilter, bind_request_id
from insights.tasks import sweep_lost

PRIVATE = "Grace told us that her rota is wrong."
KEY = "sk-planted-in-the-settings"
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=[LineFormatter, JsonLineFormatter])
def heard(request):
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    handler.addFilter(RequestIdFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


@pytest.mark.django_db
def test_the_row_that_postgresql_quotes_is_left_out(heard, make_insight):
    insight = make_insight(PRIVATE)
    for broken in ({"status": "merged"}, {"status": None}, {"merged_into": insight}):
        try:
            with transaction.atomic():
                Insight.objects.filter(pk=insight.pk).update(**broken)
        except IntegrityError as error:
            assert PRIVATE in str(error)
            logging.getLogger("insights").exception("It failed: %s", error)
    said = heard.getvalue()
    assert said.count("IntegrityError") >= 3
    assert "violates" in said
    assert "Traceback" in said
    assert "Grace" not in said


def test_secrets_are_struck_out_wherever_they_turn_up(heard, settings):
    settings.OPENAI_API_KEY = env.Secret(KEY)
    settings.REDIS_URL = "rediss://user:r3dis-password@redis:6379/0"
    try:
        raise RuntimeError(f"401 for {KEY}")
    except RuntimeError:
        logging.getLogger("kombu").exception("Could not ask with %s, %s", KEY, settings.REDIS_URL)
    said = heard.getvalue()
    assert "401 for ***" in said
    assert "rediss://user:***@redis" in said
    assert KEY not in said
    assert "r3dis-password" not in said


def test_what_follows_a_detail_is_kept():
    error = "bad row\nDETAIL:  Failing row contains (a\nb).\nCONTEXT:  SQL function\n\nTraceback"
    assert discreet(error) == "bad row\nCONTEXT:  SQL function\n\nTraceback"


def test_a_task_carries_the_id_of_its_request_and_hands_it_on(monkeypatch):
    sent = []
    monkeypatch.setattr(
        "kombu.Producer.publish", lambda self, body, **more: sent.append(more["headers"])
    )
    token = bind_request_id("from-the-request")
    try:
        with app.connection_for_write(url="memory://") as broker:
            sweep_lost.apply_async(connection=broker)
    finally:
        token.var.reset(token)
    assert [headers["request_id"] for headers in sent] == ["from-the-request"]


@pytest.mark.django_db
def test_a_line_is_one_object_with_the_id_and_no_statement():
    """A process of its own, as in a container: nobody looks at it, so it writes JSON."""
    code = (
        "import django; django.setup()\n"
        "import logging\n"
        "from insights.request_id import bind_request_id\n"
        "bind_request_id('r-1')\n"
        "try: raise ValueError('two\\nlines')\n"
        "except ValueError: logging.getLogger('insights').exception('It failed for %s', 3)\n"
    )
    environment = {
        **{name: value for name, value in os.environ.items() if name != "LOG_FORMAT"},
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
        "INSIGHT_DEDUP_VAR": str(configured.VAR),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = done.stderr.splitlines()
    record = json.loads(line)
    assert record.pop("time").startswith("20")
    assert "ValueError: two\nlines" in record.pop("exc_info")
    assert record == {
        "level": "ERROR",
        "logger": "insights",
        "message": "It failed for 3",
        "request_id": "r-1",
    }
