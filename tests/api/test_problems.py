"""Whatever goes wrong, the answer is a problem that says what to do."""

import json
import logging
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from finetuning.errors import FineTuningError
from insights.models import ApiToken
from tests.api.conftest import Caller
from tests.finetuning.conftest import decisions  # noqa: F401

GUIDE = "/api/admin/insights"
NOBODY = UUID(int=7)


def problem(response, status, code):
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    assert response["Content-Type"] == "application/problem+json"
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["request_id"] == response["X-Request-ID"]
    return body


def test_a_wrong_method_names_the_right_ones(api):
    response = api.delete("/api/v1/sources")
    assert "GET or POST" in problem(response, 405, "method_not_allowed")["detail"]
    assert response["Allow"] == "GET, HEAD, POST"


def test_a_wrong_type_names_the_field(api):
    body = problem(api.send(f"{GUIDE}/fine-tune-model", {"baseModel": ["x"]}), 400, "invalid")
    assert body["field"] == "baseModel"
    assert body["success"] is False
    assert body["error"]


def test_a_wrong_type_inside_of_a_list_names_the_field(api):
    sent = {"source": "A", "statements": [{"statement": "The rota is late."}, {"statement": 5}]}
    body = problem(api.send("/api/v1/insights", sent), 400, "invalid")
    assert body["detail"].startswith("statements.1.statement: Send a string")


def test_a_wrong_choice_names_the_right_ones(api):
    response = api.get(f"{GUIDE}/export-training-data", {"format": "xml"})
    assert "openai_jsonl, json" in problem(response, 400, "invalid_choice")["detail"]


def test_an_unknown_member_is_seen(api):
    body = problem(api.send(f"{GUIDE}/fine-tune-model", {"base_model": "x"}), 400, "unknown_member")
    assert "baseModel" in body["detail"]


def test_an_unknown_parameter_is_seen(api):
    body = problem(api.get("/api/v1/insights", {"query": "x"}), 400, "unknown_parameter")
    assert body["field"] == "query"
    assert "page_size" in body["detail"]


def test_an_unknown_id_is_named(api):
    body = problem(api.get(f"/api/v1/clusters/{NOBODY}"), 404, "not_found")
    assert str(NOBODY) in body["detail"]


def test_an_unknown_job_says_where_the_jobs_are(api):
    response = api.get(f"{GUIDE}/fine-tune-model", {"jobId": "ftjob-abc123..."})
    body = problem(response, 404, "not_found")
    assert "model-status" in body["detail"]
    assert body["error"] == body["detail"]


def test_a_missing_job_id_is_named(api):
    assert problem(api.get(f"{GUIDE}/fine-tune-model"), 400, "required")["field"] == "jobId"


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "export-training-data"), ("send", "fine-tune-model")],
)
def test_without_decisions_it_says_so_in_the_guides_words(method, path, api):
    body = problem(getattr(api, method)(f"{GUIDE}/{path}"), 409, "no_training_data")
    assert body["error"] == "No training data available"
    assert "approve or reject clusters" in body["detail"]


def test_with_too_few_decisions_it_says_so_in_the_guides_words(api, world):
    body = problem(api.send(f"{GUIDE}/fine-tune-model"), 409, "insufficient_training_data")
    assert body["error"] == "Insufficient training data"
    assert "10 positive and 10 negative" in body["detail"]


def test_a_provider_that_is_down_is_named_and_nothing_pretends_to_train(
    api,
    decisions,  # noqa: F811
    monkeypatch,
):
    def down(self, model, training_file):
        raise FineTuningError("The provider cannot be reached: connection refused.")

    monkeypatch.setattr("finetuning.backends.local.LocalBackend.start", down)
    body = problem(api.send(f"{GUIDE}/fine-tune-model"), 502, "backend_refused")
    assert "connection refused" in body["detail"]
    models = api.get(f"{GUIDE}/model-status").json()["models"]
    assert [model["status"] for model in models] == ["failed"]


def test_a_model_that_has_not_succeeded_cannot_be_activated(api, world):
    world.model.status = "failed"
    world.model.save()
    sent = {"modelId": str(world.model.pk), "action": "activate"}
    assert (
        "succeeded"
        in problem(api.send(f"{GUIDE}/model-status", sent), 409, "not_possible")["detail"]
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"expires_at": timezone.now() - timedelta(days=1)}, "token_expired"),
        ({"revoked_at": timezone.now()}, "token_revoked"),
    ],
)
def test_a_token_that_has_ended_says_how(fields, code, caller):
    assert "Make a new one" in problem(caller(**fields).get("/api/v1/whoami"), 401, code)["detail"]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Token idt_deadbeef_nonsense", "token_unknown"),
        ("Token ", "token_unknown"),
        ("Token idt_\u00e9_x", "token_unknown"),
        ("Bearer idt_deadbeef_nonsense", "token_unknown"),
        ("Basic idt_deadbeef_nonsense", "wrong_scheme"),
        ("idt_deadbeef_nonsense", "wrong_scheme"),
    ],
)
def test_what_is_no_token_is_refused(header, code, db):
    problem(Caller().get("/api/v1/whoami", headers={"Authorization": header}), 401, code)


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"\xff\xfe{}", b"[" * 100_000, b'{"statement": NaN}', b'{"statement": 1e400}',
        b'{"statement": "\\ud800"}', b'{"statement": "a\\u0000b"}', b"[]", b'"x"', b"null", b"",
        b'{"statement": ' + b"9" * 10_000 + b"}", b'{"statement": ""}', b'{"statement": " \\t "}',
    ],
)  # fmt: skip
def test_a_hostile_body_is_a_400(body, api):
    path = "/api/v1/duplicates/check"
    response = api.post(path, body, content_type="application/json")
    assert response.status_code == 400, response.content
    assert response.json()["detail"]


def test_a_form_is_told_to_be_json(api):
    response = api.post("/api/v1/duplicates/check", {"statement": "x"})
    assert "application/json" in problem(response, 415, "unsupported_media_type")["detail"]


def test_too_large_a_body_is_refused_before_it_is_read(api, settings):
    settings.MAX_SOURCE_BYTES = 100
    sent = {"name": "a.txt", "text": "x" * 200}
    assert "200" not in problem(api.send("/api/v1/sources/text", sent), 413, "too_large")["title"]


def test_an_unforeseen_error_tells_the_id_to_quote_and_no_more(api, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("insights.api.insights.nearest_to_vector", broken)
    response = api.get("/api/v1/insights/search", {"text": "x"}, headers={"X-Request-ID": "id-1"})
    body = problem(response, 500, "internal_error")
    assert body["request_id"] == "id-1"
    assert "secret detail" not in response.text
    assert "secret detail" in caplog.text


def test_a_search_by_an_embedder_that_was_changed_names_the_command(api, make_insight, settings):
    make_insight("Shifts are swapped by phone")
    settings.EMBEDDER = "insights.embedding.openai.OpenAIEmbedder"
    response = api.get("/api/v1/insights/search", {"text": "swap"})
    assert "reembed" in problem(response, 409, "vectors_of_another_model")["detail"]


def test_a_request_id_that_is_none_is_replaced(api):
    response = api.get("/api/v1/whoami", headers={"X-Request-ID": "x\n" + "y" * 100})
    assert len(response["X-Request-ID"]) == 32


def test_the_request_id_is_in_every_log_line(api, caplog):
    with caplog.at_level(logging.INFO):
        api.get("/api/v1/whoami", headers={"X-Request-ID": "batch-7"})
    from insights.request_id import RequestIdFilter

    (record,) = [r for r in caplog.records if r.name == "insights.api.http.access"]
    RequestIdFilter().filter(record)
    assert record.request_id == "batch-7"


def test_a_throttled_caller_is_told_when_to_come_back(api, settings):
    settings.API_REQUESTS_PER_MINUTE = {**settings.API_REQUESTS_PER_MINUTE, "read": 2}
    answers = [api.get("/api/v1/whoami") for _ in range(4)]
    assert {r.status_code for r in answers[:2]} == {200}
    last = answers[-1]
    problem(last, 429, "throttled")
    assert 1 <= int(last["Retry-After"]) <= 60


def test_the_limit_of_one_scope_and_token_does_not_touch_another(api, caller, settings):
    settings.API_REQUESTS_PER_MINUTE = {**settings.API_REQUESTS_PER_MINUTE, "read": 1}
    assert [api.get("/api/v1/whoami").status_code for _ in range(3)][-1] == 429
    assert api.send(f"{GUIDE}/cluster-all").status_code == 202
    assert caller("read").get("/api/v1/whoami").status_code == 200


def test_without_the_cache_nobody_is_turned_away(api, monkeypatch):
    def gone(*args, **kwargs):
        raise ConnectionError("redis is gone")

    monkeypatch.setattr("insights.api.http.access.cache.incr", gone)
    assert api.get("/api/v1/whoami").status_code == 200


def test_a_key_is_stored_as_a_hash_and_logged_nowhere(superuser, caplog):
    token, key = ApiToken.make(user=superuser, scopes=["read"])
    with caplog.at_level(logging.DEBUG):
        assert Caller(key).get("/api/v1/whoami").status_code == 200
        assert Caller(key + "x").get("/api/v1/whoami").status_code == 401
    secret = key.split("_", 2)[2]
    row = json.dumps(ApiToken.objects.filter(pk=token.pk).values()[0], default=str)
    for text in (row, repr(token), str(token), caplog.text):
        assert secret not in text
    token.refresh_from_db()
    assert token.last_used_at is not None
