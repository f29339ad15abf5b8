"""T9: whatever the provider does: few calls, patient waiting, one line in the ledger."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest

from dedup_project.env import Secret
from insights.models import ApiCall
from insights.openai import (
    AnswerLost,
    MalformedAnswer,
    NotConfigured,
    Refused,
    Request,
    Unavailable,
    client,
)
from insights.openai.errors import OverBudget
from tests.openai.conftest import KEY
from tests.openai.standin import faults

pytestmark = pytest.mark.django_db

CHAT = "POST /chat/completions"


def question(text="Hello", *, repeatable=True, model="gpt-4o-mini-2024-07-18"):
    def read(body):
        try:
            return body["choices"][0]["message"]["content"]
        except (TypeError, KeyError, IndexError):
            raise MalformedAnswer("The answer has no message.") from None

    prompt = f'Statement 1: {json.dumps(text)}\nStatement 2: "x"'
    return Request(
        purpose="prediction",
        model=model,
        send=lambda sdk: sdk.chat.completions.with_raw_response.create(
            model=model,
            messages=[{"role": "user", "content": prompt}],
            max_completion_tokens=1,
        ),
        read=read,
        prompt_tokens=50,
        completion_tokens=1,
        repeatable=repeatable,
    )


def test_a_call_is_answered_and_has_its_line_in_the_ledger(standin):
    assert client().call(question()) in {"Yes", "No"}

    call = ApiCall.objects.get()
    assert (call.state, call.attempts, call.status_code) == ("answered", 1, 200)
    assert call.prompt_tokens > 0
    assert (
        call.cost_usd
        == (Decimal("0.15") * call.prompt_tokens + Decimal("0.60") * call.completion_tokens)
        / 1_000_000
    )
    assert call.request_id.startswith("req_")


def test_retry_after_is_honoured_and_the_others_wait_as_well(standin, turned):
    standin.script(CHAT, faults.storm(retry_after=7))

    client().call(question())

    assert standin.count(CHAT) == 2
    assert turned.slept[0] == pytest.approx(7, abs=0.06)
    assert ApiCall.objects.get().attempts == 2


def test_a_model_that_asked_to_wait_is_asked_by_no_other_worker_before(standin, turned):
    standin.script(CHAT, faults.storm(retry_after=7), faults.spent())
    with pytest.raises(Refused):
        client().call(question())
    turned.time -= 5
    turned.slept.clear()
    client.cache_clear()  # another process: what they share is in Redis

    client().call(question())

    assert turned.slept == [pytest.approx(5, abs=0.1)]


def test_retry_after_in_milliseconds_and_as_a_date(standin, turned):
    standin.script(
        CHAT,
        faults.storm(retry_after_ms=1500),
        faults.storm(retry_after="Wed, 18 Nov 2026 08:00:12 GMT"),
    )
    client().call(question())

    assert turned.slept[0] == pytest.approx(1.5, abs=0.06)
    assert turned.slept[1] == pytest.approx(12 - turned.slept[0], abs=0.06)


def test_who_must_wait_longer_comes_back_later_and_is_told_when(standin, turned):
    standin.script(CHAT, faults.storm(retry_after=900))

    with pytest.raises(Unavailable) as raised:
        client().call(question())

    assert raised.value.retry_at == pytest.approx(turned.time + 900)
    assert turned.slept == []
    assert standin.count(CHAT) == 1


def test_a_spent_quota_is_not_asked_again(standin, turned):
    standin.script(CHAT, faults.spent())

    with pytest.raises(Refused, match="credit is used up"):
        client().call(question())

    assert standin.count(CHAT) == 1
    assert turned.slept == []
    call = ApiCall.objects.get()
    assert (call.state, call.status_code, call.cost_usd) == ("failed", 429, 0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_for_good_and_says_what_to_do(standin, turned, status):
    standin.script(CHAT, faults.error(status, "No."))

    with pytest.raises(Refused, match=str(status)) as raised:
        client().call(question())

    assert len(str(raised.value)) > 40
    assert standin.count(CHAT) == 1


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503])
def test_trouble_that_passes_is_waited_out_with_growing_pauses(standin, turned, status):
    standin.script(CHAT, *[faults.error(status)] * 3)

    client().call(question())

    assert standin.count(CHAT) == 4
    assert [0.5 <= turned.slept[0] <= 1, 1 <= turned.slept[1] <= 2, 2 <= turned.slept[2] <= 4] == (
        [True] * 3
    )


def test_trouble_that_does_not_pass_ends_after_five_attempts(standin, turned):
    standin.script(CHAT, *[faults.error(500)] * 20)

    with pytest.raises(Unavailable, match="500"):
        client().call(question())

    assert standin.count(CHAT) == 5
    assert len(turned.slept) == 4
    assert ApiCall.objects.get().state == "failed"


@pytest.mark.parametrize("fault", [faults.HANG, faults.RESET, faults.HALF_BODY, faults.LOST])
def test_a_lost_answer_is_asked_for_again_and_counted_as_if_paid(standin, settings, turned, fault):
    if fault is faults.HANG:
        settings.OPENAI_TIMEOUT = 1
    standin.script(CHAT, fault)

    client().call(question())

    assert standin.count(CHAT) == 2
    assert [0.5 <= slept <= 1 for slept in turned.slept] == [True]
    call = ApiCall.objects.get()
    assert call.attempts == 2
    assert call.prompt_tokens > 50  # the estimate of the lost one, and what the other used


@pytest.mark.parametrize("fault", [faults.HANG, faults.RESET, faults.HALF_BODY, faults.error(500)])
def test_what_changes_something_is_not_sent_twice_when_its_answer_is_lost(
    standin, settings, turned, fault
):
    if fault is faults.HANG:
        settings.OPENAI_TIMEOUT = 1
    standin.script(CHAT, fault)

    with pytest.raises(Unavailable):
        client().call(question(repeatable=False))

    assert (standin.count(CHAT), turned.slept) == (1, [])


def test_a_server_that_is_not_there(standin, settings, turned):
    # An address of this test's own: what workers share is kept by address, for an hour.
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:9/{uuid4()}/v1"

    with pytest.raises(AnswerLost, match="connection failed"):
        client().call(question())

    assert len(turned.slept) == 4


@pytest.mark.parametrize(
    "fault",
    [faults.GARBAGE, faults.changed(lambda body: {**body, "choices": []}),
     faults.changed(lambda body: [])],
)  # fmt: skip
def test_an_answer_of_the_wrong_shape_is_asked_for_once_more_only(standin, turned, fault):
    standin.script(CHAT, fault, fault, fault)

    with pytest.raises(MalformedAnswer):
        client().call(question())

    assert standin.count(CHAT) == 2
    assert [0.5 <= slept <= 1 for slept in turned.slept] == [True]


def test_requests_keep_to_the_pace(standin, settings, turned):
    settings.OPENAI_REQUESTS_PER_MINUTE = 6
    for _ in range(9):
        client().call(question())

    assert sum(turned.slept) == pytest.approx(30, abs=0.1)  # 6 at once, then one each 10 s
    assert standin.count(CHAT) == 9


def test_tokens_keep_to_the_pace(standin, settings, turned):
    settings.OPENAI_TOKENS_PER_MINUTE = 102  # two calls of 51
    for _ in range(4):
        client().call(question())

    assert sum(turned.slept) == pytest.approx(60, abs=0.1)


def test_each_model_has_a_pace_of_its_own(standin, settings, turned):
    settings.OPENAI_REQUESTS_PER_MINUTE = 1
    client().call(question())
    client().call(question(model="gpt-4.1-mini-2025-04-14"))

    assert turned.slept == []


def test_without_redis_the_call_is_made_all_the_same(standin, monkeypatch, caplog):
    from redis import Redis

    monkeypatch.setattr(
        "insights.openai.rate_limit.redis_client", lambda: Redis(port=9, socket_connect_timeout=0.1)
    )
    assert client().call(question())
    assert "Redis does not answer" in caplog.text


def test_the_budget_is_a_hard_stop_before_anything_is_sent(standin, settings, turned):
    settings.OPENAI_DAILY_TOKENS = 101
    client().call(question())  # its 51 are settled as the 20 or so that it used
    used = sum(ApiCall.objects.values_list("prompt_tokens", "completion_tokens").get())
    settings.OPENAI_DAILY_TOKENS = used + 50

    with pytest.raises(OverBudget, match="tokens") as raised:
        client().call(question())

    assert "2026-11-19 00:00 UTC" in str(raised.value)
    assert standin.count(CHAT) == 1
    assert ApiCall.objects.count() == 1
    turned.time += 16 * 3600  # the next day, 00:00 UTC
    client().call(question())


def test_the_budget_in_money(standin, settings):
    settings.OPENAI_DAILY_USD = Decimal("0.0000001")

    with pytest.raises(OverBudget, match="USD"):
        client().call(question())

    assert standin.count(CHAT) == 0


def test_many_at_once_each_answered_once(standin, settings):
    settings.OPENAI_CONCURRENCY = 4
    found = dict(client().call_many([question(f"Number {n}") for n in range(20)]))

    assert sorted(found) == list(range(20))
    assert standin.count(CHAT) == 20
    assert ApiCall.objects.filter(state="answered").count() == 20


def test_of_many_the_paid_ones_are_given_out_before_the_error(standin, settings):
    settings.OPENAI_CONCURRENCY = 2
    standin.script(CHAT, faults.error(404), faults.error(404))
    found = []
    answers = client().call_many([question(f"Number {n}") for n in range(50)])
    with pytest.raises(Refused):
        found.extend(number for number, _ in answers)

    answered = ApiCall.objects.filter(state="answered").count()
    assert answered <= 2
    assert standin.count(CHAT) <= 4
    assert not ApiCall.objects.filter(state="sent").exists()


def test_without_a_key_it_is_said_where_to_put_one(settings):
    settings.OPENAI_API_KEY = Secret("")
    with pytest.raises(NotConfigured, match="OPENAI_API_KEY_FILE"):
        client()


def test_the_key_is_taken_out_of_what_the_provider_says(standin, settings):
    settings.OPENAI_API_KEY = Secret(KEY + "-wrong")

    with pytest.raises(Refused, match="401") as raised:
        client().call(question())

    assert KEY not in str(raised.value)
    assert "[key]" in str(raised.value)
    assert KEY not in ApiCall.objects.get().error
