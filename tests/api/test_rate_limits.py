"""Limits count calls and work, and every answer says what is left."""

from types import SimpleNamespace

import pytest

from insights.api.http import access

CHECK = "/api/v1/duplicates/check-batch"


@pytest.fixture(autouse=True)
def one_minute(monkeypatch):
    """Stop the clock of the limits, so that no test goes over the end of a minute."""
    monkeypatch.setattr(access, "time", SimpleNamespace(time=lambda: 1_800_000_015.5))


def sent(count):
    return {"statements": [f"The rota of team {n} is late." for n in range(count)]}


def test_an_answer_says_what_is_left_and_until_when(api, settings):
    settings.API_REQUESTS_PER_MINUTE = {**settings.API_REQUESTS_PER_MINUTE, "read": 7}
    first, second = (api.get("/api/v1/whoami") for _ in range(2))
    assert first["RateLimit-Policy"] == '"read";q=7;w=60'
    assert first["RateLimit"] == '"read";r=6;t=45'
    assert second["RateLimit"].startswith('"read";r=5;')


def test_a_refusal_says_it_too(api, settings):
    settings.API_REQUESTS_PER_MINUTE = {**settings.API_REQUESTS_PER_MINUTE, "read": 1}
    refused = [api.get("/api/docs") for _ in range(3)][-1]
    assert refused.status_code == 429
    assert refused["RateLimit"].startswith('"read";r=0;')


def test_a_batch_costs_what_it_holds(api, caller, settings):
    settings.API_WORK_PER_MINUTE = 5
    answers = [api.send(CHECK, sent(3)) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert '"work";r=2;' in answers[0]["RateLimit"]
    assert '"work";q=5;w=60' in answers[0]["RateLimit-Policy"]
    assert (answers[2].json()["code"], '"work";r=0;' in answers[2]["RateLimit"]) == (
        "throttled", True,
    )  # fmt: skip
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert api.send("/api/v1/duplicates/check", {"statement": "Hi there."}).status_code == 429
    assert api.get("/api/v1/whoami").status_code == 200
    assert caller("read").send(CHECK, sent(1)).status_code == 200


def test_one_call_of_the_largest_size_is_always_possible(api, settings):
    settings.API_WORK_PER_MINUTE = 1
    assert api.send(CHECK, sent(3)).status_code == 200
