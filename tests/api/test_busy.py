"""Heavy requests share a few slots; who finds none is told when to come again."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from django.template.response import TemplateResponse
from django.urls import reverse

from insights.api.http.docs import SchemaView
from insights.jobs import slots
from insights.jobs.locks import _key
from insights.jobs.slots import Busy, heavy_work, turn_of
from insights.models import ApiToken
from tests.tasks.conftest import wait_for

HEAVY = ("POST", "/api/v1/duplicates/check-batch", {"statements": ["The rota is late."]})


@pytest.fixture(autouse=True)
def one_slot(settings, monkeypatch):
    settings.HEAVY_REQUESTS = 1
    monkeypatch.setattr(slots, "WAIT", 0.2)


def url():
    connection.ensure_connection()
    return connection.connection.info.dsn


@contextmanager
def held(name):
    """The only slot of this name, held by another process of the site."""
    with psycopg.connect(url(), password=connection.settings_dict["PASSWORD"] or None) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [_key(f"{name} 0")])
        yield other


@pytest.fixture
def taken(transactional_db):
    with held("heavy request") as other:
        yield other


def test_the_api_says_that_it_is_busy_and_when_to_come_again(taken, api):
    answer = api.send(HEAVY[1], HEAVY[2])
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer["Retry-After"]) >= 1
    assert "Nothing was done" in answer.json()["detail"]
    assert api.get("/api/v1/whoami").status_code == 200
    taken.close()
    assert api.send(HEAVY[1], HEAVY[2]).status_code == 200


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_page_says_it_with_a_button_to_try_again(kind, taken, client, viewer):
    client.force_login(viewer)
    path = f"{reverse('admin:insights_insight_changelist')}download/{kind}/"
    answer = client.get(f"{path}?q=rota")
    assert answer.status_code == 503
    assert f'href="{path}?q=rota"' in answer.content.decode()
    assert client.get(reverse("admin:insights_insight_changelist")).status_code == 200
    taken.close()
    assert client.get(path).status_code == 200


def test_a_request_waits_a_moment_for_its_slot(taken, monkeypatch):
    monkeypatch.setattr(slots, "WAIT", 10)
    threading.Timer(0.3, taken.close).start()
    began = time.monotonic()
    with heavy_work():
        assert time.monotonic() - began >= 0.2


def test_only_one_of_a_process_waits_so_that_its_threads_stay_free(transactional_db, monkeypatch):
    monkeypatch.setattr(slots, "WAIT", 10)
    inside, leave = threading.Event(), threading.Event()

    def work():
        with heavy_work():
            inside.set()
            leave.wait(10)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert inside.wait(5)
        wait_for(lambda: slots._gates["heavy request"].asking == 2, "the other waits", seconds=5)
        began = time.monotonic()
        with pytest.raises(Busy), heavy_work():
            pass
        assert time.monotonic() - began < 1
    finally:
        leave.set()
        for thread in threads:
            thread.join()
    with heavy_work():
        pass


HOLDER = """
import os, sys, time
import psycopg
with psycopg.connect(sys.argv[1], password=os.environ.get("HOLDER_PASSWORD")) as server:
    server.execute("SELECT pg_advisory_lock(%s)", [int(sys.argv[2])])
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_slot_of_a_killed_process_is_free_again(transactional_db):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url(), str(_key("heavy request 0"))],
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "HOLDER_PASSWORD": connection.settings_dict["PASSWORD"]},
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Busy), heavy_work():
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()

    def is_free():
        try:
            with heavy_work():
                return True
        except Busy:
            return False

    wait_for(is_free, "the slot is free", seconds=5)


def test_the_slot_comes_free_when_the_work_fails(transactional_db):
    with pytest.raises(ZeroDivisionError), heavy_work():
        raise ZeroDivisionError
    with heavy_work():
        pass


def test_a_small_upload_needs_no_slot_and_a_large_one_does(taken, api):
    sent = {"name": "a.txt", "text": "The rota is published too late.", "dry_run": True}
    assert api.send("/api/v1/sources/text", sent).status_code == 200
    large = {**sent, "text": sent["text"] * (slots.LARGE // 31 + 1)}
    assert api.send("/api/v1/sources/text", large).json()["code"] == "busy"


def test_a_caller_reads_one_at_a_time_and_holds_up_nobody_else(transactional_db, api, caller):
    me = f"token:{ApiToken.objects.get().pk}"
    with held(f"turn of {me}"):
        answer = api.get("/api/v1/insights")
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert api.send("/api/v1/duplicates/check", {"statement": "Hi there."}).status_code == 503
        assert caller("read").get("/api/v1/insights").status_code == 200
    assert api.get("/api/v1/insights").status_code == 200
    assert slots._gates == {}


def test_the_pages_that_an_account_reads_take_turns_and_hold_up_nobody_else(
    transactional_db, client, viewer, reviewer
):
    page = reverse("admin:insights_insight_changelist")
    client.force_login(viewer)
    with held(f"turn of user:{viewer.pk}"):
        answer = client.get(page)
        assert (answer.status_code, answer["Retry-After"]) == (503, "3")
        assert client.post(page).status_code == 200  # only reading waits
        client.force_login(reviewer)
        assert client.get(page).status_code == 200
    client.force_login(viewer)
    assert client.get(page).status_code == 200
    assert slots._gates == {}


def test_a_page_keeps_its_turn_until_it_is_rendered(transactional_db, client, viewer, monkeypatch):
    turns = []
    render = TemplateResponse.render
    monkeypatch.setattr(
        TemplateResponse, "render", lambda self: turns.append(list(slots._gates)) or render(self)
    )
    client.force_login(viewer)
    client.get(reverse("admin:insights_insight_changelist"))
    assert turns[0] == [f"turn of user:{viewer.pk}"]


def test_a_heavy_request_gives_its_turn_back_to_its_caller(transactional_db, monkeypatch):
    passed = []

    def read():
        with turn_of("me"):
            passed.append(True)
        connection.close()

    with turn_of("me"), heavy_work():
        other = threading.Thread(target=read)
        other.start()
        other.join()
    assert passed
    assert slots._gates == {}


def test_a_caller_with_many_requests_waiting_is_refused_at_once(transactional_db, monkeypatch):
    monkeypatch.setattr(slots, "WAIT", 10)
    refused = []

    def ask():
        try:
            with turn_of("me"):
                pass
        except Busy:
            refused.append(True)
        finally:
            connection.close()

    with turn_of("me"):
        threads = [threading.Thread(target=ask) for _ in range(slots.MOST_ASKING + 1)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(refused) == 2, "two are refused", seconds=5)
    for thread in threads:
        thread.join()
    assert len(refused) == 2
    assert slots._gates == {}


def test_a_download_holds_no_slot_while_it_is_read(transactional_db, client, viewer):
    client.force_login(viewer)
    answer = client.get(f"{reverse('admin:insights_insight_changelist')}download/csv/")
    with heavy_work():
        assert b"statement" in b"".join(answer)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


def test_ten_callers_get_the_pages_and_the_schema_which_is_rendered_once(
    transactional_db, caller, monkeypatch
):
    monkeypatch.setattr(SchemaView, "_rendered", b"")
    made = []
    build = SchemaView._get_schema_response
    monkeypatch.setattr(
        SchemaView, "_get_schema_response", lambda *args: made.append(1) or build(*args)
    )
    callers = [caller("read") for _ in range(10)]

    def ask(one):
        try:
            return [one.get(path) for path in ("/api/docs", "/api/schema", "/api/redoc")]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = [answer for three in pool.map(ask, callers) for answer in three]
    assert [answer.status_code for answer in answers] == [200] * 30
    assert len({answer.content for answer in answers[1::3]}) == 1
    assert len(made) == 1
