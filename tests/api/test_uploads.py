"""T11: uploads that are wrong are refused whole, with the rows; good ones become insights."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from insights.models import ClusteringRun, Insight, InsightSource, ProcessingRun, Source
from tests.browser.discover import named_patterns

PATH = "/api/v1/sources"


def upload(api, name, data, **fields):
    return api.post(PATH, {"file": SimpleUploadedFile(name, data), **fields})


def test_an_uploaded_file_is_processed_and_can_be_followed(api):
    response = upload(api, "tickets.csv", b"insight,page\nThe rota is late.,4\nPay is late.,5\n")
    body = response.json()
    assert response.status_code == 202
    assert body["is_new"] is True
    assert response["Location"] == body["task"]
    task = api.get(body["task"]).json()
    assert (task["status"], task["kind"], task["is_finished"]) == ("succeeded", "processing", True)
    assert task["result"]["counts"]["created"] == 2
    assert api.get(task["resource"]).json()["source"] == body["source"]["id"]
    assert InsightSource.objects.get(statement="Pay is late.").locator == "p. 5"


def test_the_same_bytes_again_create_nothing(api):
    first = upload(api, "a.csv", b"insight\nThe rota is late.\n").json()
    again = upload(api, "b.csv", b"insight\nThe rota is late.\n")
    assert again.status_code == 200
    assert again.json()["is_new"] is False
    assert again.json()["run"]["id"] == first["run"]["id"]
    assert Source.objects.count() == ProcessingRun.objects.count() == 1


def test_a_text_can_be_pasted(api):
    sent = {"name": "call.txt", "text": "The rota is published too late for the night team."}
    response = api.send(f"{PATH}/text", sent)
    assert response.status_code == 202
    assert Insight.objects.count() == 1


def test_a_broken_row_refuses_the_file_and_names_its_line(api):
    data = b"insight,page\nThe rota is late.,1\nx,2,y\nPay is late.,3\n"
    body = upload(api, "a.csv", data).json()
    assert (body["status"], body["code"]) == (422, "unreadable")
    (error,) = body["row_errors"]
    assert (error["line"], error["message"][:21]) == (3, "3 cells, more than th")
    assert "keep_good_rows" in body["detail"]
    assert "--" not in body["detail"]
    assert not Source.objects.exists()
    kept = upload(api, "a.csv", data, keep_good_rows="true").json()
    assert kept["rows_left_out"] == 1
    assert Insight.objects.count() == 2


HOSTILE = [
    ("empty.txt", b""), ("nul.csv", b"insight\na\0b\n"), ("binary.txt", bytes(range(256)) * 20),
    ("utf16.txt", "é".encode("utf-16-le")), ("line.csv", b"insight\n" + b"x" * 1_500_000),
    ("columns.csv", b",".join(b"c%d" % n for n in range(100_000))),
    ("deep.json", b"[" * 50_000 + b"]" * 50_000), ("picture.png", b"\x89PNG"),
    ("lines.jsonl", b'{"insight": "a"}\n{"insight": 5}\n'),
    ("empty_rows.csv", b"insight,page\nGood claim here.,1\n" + b"one,2,3\n" * 200_000),
]  # fmt: skip
PAGE = "/admin/insights/source/add/"


def test_every_address_that_takes_a_file_is_tested_here(api, superuser):
    paths = api.get("/api/schema").json()["paths"]
    found = {
        path
        for path, methods in paths.items()
        for operation in methods.values()
        if "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
    }
    browser = Client()
    browser.force_login(superuser)
    for space, pattern in named_patterns():
        if not pattern.pattern.regex.groups and not pattern.pattern.converters:
            url = reverse(f"{space}:{pattern.name}")
            if b'type="file"' in browser.get(url, follow=True).content:
                found.add(url)
    assert found == {PATH, PAGE}


@pytest.mark.parametrize(("name", "data"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_a_hostile_file_is_refused_with_its_reason_and_leaves_nothing(name, data, api, superuser):
    response = upload(api, name, data)
    body = response.json()
    assert (response.status_code, body["code"]) == (422, "unreadable"), response.content
    assert len(response.content) < 20_000

    browser = Client()
    browser.force_login(superuser)
    page = browser.post(PAGE, {"file": SimpleUploadedFile(name, data)}).content.decode()
    assert "1 file could not be imported" in page
    assert len(page) < 100_000
    assert not Source.objects.exists()


def test_a_file_in_another_encoding_is_taken_when_it_is_named(api):
    data = "Das Café ist am Montag immer viel zu voll.".encode("latin-1")
    assert upload(api, "latin.txt", data, encoding="latin-1").status_code == 202


def test_many_broken_rows_are_counted_and_some_are_shown(api):
    body = upload(
        api, "a.csv", b"insight,page\nGood claim here.,1\n" + b"one,2,3\n" * 200_000
    ).json()
    assert body["row_error_count"] == 200_000
    assert len(body["row_errors"]) == 100


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "a.txt", "text": 5}, "text"), ({"name": "x" * 256, "text": "y"}, "name"),
        ({"name": "a.txt", "text": "y", "keep_good_rows": "perhaps"}, "keep_good_rows"),
    ],
)  # fmt: skip
def test_what_is_neither_file_nor_text_is_refused(sent, field, api):
    response = api.send(f"{PATH}/text", sent)
    assert response.status_code == 400, response.content
    assert response.json().get("field") == field


def test_without_a_broker_the_work_is_done_in_the_request(api, monkeypatch):
    def gone(*args, **kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr("celery.app.task.Task.apply_async", gone)
    response = upload(api, "a.csv", b"insight\nThe rota is late.\n")
    assert response.status_code == 200
    assert response.json()["run"]["status"] == "succeeded"
    clustered = api.send("/api/admin/insights/cluster-all")
    assert (clustered.status_code, clustered.json()["status"]) == (200, "succeeded")
    assert clustered.json()["counts"]["insights"] == 1


def test_a_queued_run_can_be_cancelled_and_stays_cancelled(api, monkeypatch):
    monkeypatch.setattr("insights.api.long_work.enqueue_run", lambda *args: True)
    started = api.send("/api/admin/insights/cluster-all").json()
    assert started["status"] == "queued"
    again = api.send("/api/admin/insights/cluster-all").json()
    assert again["runId"] == started["runId"]
    task = api.send(f"/api/v1/tasks/{started['runId']}/cancel").json()
    assert (task["status"], task["is_finished"]) == ("cancelled", True)
    from insights.tasks import cluster_all

    assert cluster_all(run_id=started["runId"])["status"] == "cancelled"
    assert ClusteringRun.objects.get().status == "cancelled"
    conflict = api.send(f"/api/v1/tasks/{started['runId']}/cancel")
    assert (conflict.status_code, conflict.json()["code"]) == (409, "not_cancellable")


def test_a_json_body_is_not_an_upload(api):
    response = api.send(f"{PATH}/text", json.loads('{"file": "x", "name": "a.txt"}'))
    assert response.status_code == 400


@pytest.mark.parametrize(("sent", "field"), [({}, "name"), ({"name": "a.txt"}, "text")])
def test_half_an_upload_says_what_is_missing(sent, field, api):
    response = api.send(f"{PATH}/text", sent)
    assert (response.status_code, response.json()["field"]) == (400, field)
    assert api.post(PATH, sent).json()["field"] in ("file", "name")
