"""The Batch API: half the price, both files read, in any order, and a batch is sent once."""

import pytest
from django.core.management import call_command

from finetuning.backends.openai import batches
from finetuning.backends.openai.scorer import HostedScorer, answers
from finetuning.errors import FineTuningError
from finetuning.evaluation.side_by_side import side_by_side
from finetuning.inference.prediction import TextPair
from finetuning.models import DeduplicationModel, HostedBatch
from insights.models import ApiAnswer, ApiCall
from insights.openai import Unavailable
from tests.openai.standin import faults

pytestmark = pytest.mark.django_db
CREATE = "POST /batches$"
CHAT = "POST /chat/completions"
PAIRS = [TextPair(f"The rota of ward {n} is late", f"Ward {n} gets its rota late", 0.9)
         for n in range(12)]  # fmt: skip


@pytest.fixture
def model(standin):
    return DeduplicationModel.objects.create(
        version=1, backend="zero_shot", base_model="gpt-4o-mini-2024-07-18", status="succeeded",
        fine_tuned_model_id="gpt-4o-mini-2024-07-18",
        parameters={"format": "hosted-1", "mode": "logprobs", "slope": 1.0, "intercept": 0.0},
    )  # fmt: skip


def finished(batch, turned, looks=10):
    for _ in range(looks):
        if (taken := batches.advance(batch)) is not None:
            return taken
        turned.time += 60
    return None


def test_a_batch_fills_what_everybody_asks(model, standin, turned):
    (batch,) = batches.submit(model, PAIRS)
    taken = finished(batch, turned)

    assert (taken.kept, taken.failed) == (12, {})
    found = HostedScorer(model.fine_tuned_model_id, model.parameters).probabilities(PAIRS)
    assert standin.count(CHAT) == 0
    assert len(found) == 12
    assert batches.submit(model, PAIRS) == []


def test_a_comparison_finds_the_answers_of_a_batch(trained, standin, turned):
    model = trained("zero_shot")
    ApiAnswer.objects.all().delete()
    asked = standin.count(CHAT)
    (row,) = side_by_side([model], ask=False).rows
    assert row.unasked > 0

    call_command("batch_judge", model.version, "--held-out")
    batch = HostedBatch.objects.get()
    assert batch.requests == row.unasked
    finished(batch, turned)

    (row,) = side_by_side([model], ask=False).rows
    assert (row.unasked, row.evaluation is not None) == (0, True)
    assert standin.count(CHAT) == asked


def test_the_hourly_look_takes_in_what_is_over(model, provider, turned):
    from finetuning.tasks import look_at_provider

    batches.submit(model, PAIRS)
    said = [look_at_provider() for _ in range(5)]
    assert [one["batches"] for one in said] == [0, 0, 0, 1, 0]
    assert HostedBatch.objects.get().answered == 12


def test_answers_belong_to_their_pairs_in_whatever_order_they_come(model, provider, turned):
    provider.brain.judge = lambda name, prompt: 0.99 if "ward 7 " in prompt else 0.01
    (batch,) = batches.submit(model, PAIRS)
    finished(batch, turned)
    said = answers(model.fine_tuned_model_id, PAIRS, "logprobs")
    assert [n for n, p in enumerate(said) if p > 0.5] == [7]


def test_it_costs_half_and_is_reserved_before(model, turned, settings):
    settings.OPENAI_PRICES = {"gpt-4o-mini": "10/10"}
    (batch,) = batches.submit(model, PAIRS)
    call = ApiCall.objects.get(purpose="batch", pk=batch.call)
    assert call.state == "sent"
    assert float(call.cost_usd) == pytest.approx(
        5 * (call.prompt_tokens + call.completion_tokens) / 1e6
    )
    reserved = call.cost_usd
    finished(batch, turned)
    call.refresh_from_db()
    assert (call.state, 0 < call.cost_usd < reserved) == ("answered", True)


def test_the_error_file_is_read_and_its_pairs_can_be_asked_again(model, provider, standin, turned):
    provider.batch_fails = {2, 5}
    (batch,) = batches.submit(model, PAIRS)
    taken = finished(batch, turned)

    assert (taken.kept, taken.failed) == (10, {"The server had an error.": 2})
    batch.refresh_from_db()
    assert (batch.answered, batch.status) == (10, "completed")
    provider.batch_fails = set()
    (again,) = batches.submit(model, PAIRS)
    assert again.requests == 2
    assert finished(again, turned).kept == 2


@pytest.mark.parametrize(
    ("plan", "kept", "failed"),
    [
        (["in_progress", "expired"], 6, {"This request expired.": 6}),
        (["validating", "failed"], 0, {"Enqueued token limit reached.": 12}),
        (["in_progress", "cancelling", "cancelled"], 0, {"no answer": 12}),
    ],
)
def test_a_batch_that_does_not_end_well_keeps_what_it_has(
    model, provider, turned, plan, kept, failed
):
    provider.batch_plan = plan
    (batch,) = batches.submit(model, PAIRS)
    taken = finished(batch, turned)
    assert (taken.kept, taken.failed) == (kept, failed)


def test_a_lost_answer_to_create_makes_one_batch(model, standin, provider, turned):
    standin.script(CREATE, faults.LOST)
    with pytest.raises(Unavailable):
        batches.submit(model, PAIRS)

    batch = HostedBatch.objects.get()
    assert finished(batch, turned).kept == 12
    assert len(provider.batches) == standin.count(CREATE) == 1


def test_a_create_that_did_not_arrive_is_asked_again_after_a_while(
    model, standin, provider, turned
):
    standin.script(CREATE, faults.RESET)
    with pytest.raises(Unavailable):
        batches.submit(model, PAIRS)
    batch = HostedBatch.objects.get()
    assert batches.advance(batch) is None
    assert standin.count(CREATE) == 1
    turned.time += 301
    assert finished(batch, turned).kept == 12
    assert len(provider.batches) == 1


def test_more_than_a_batch_holds_are_several(model, monkeypatch, provider):
    monkeypatch.setattr(batches, "MOST_REQUESTS", 5)
    assert [batch.requests for batch in batches.submit(model, PAIRS)] == [5, 5, 2]
    assert len(provider.batches) == 3


def test_a_local_model_needs_none():
    with pytest.raises(FineTuningError, match="not at a provider"):
        batches.submit(DeduplicationModel(version=1, backend="local"), PAIRS)
