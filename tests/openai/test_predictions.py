"""Predictions by a hosted model: probabilities of tokens, calibrated, and paid once."""

import math

import numpy as np
import pytest

from finetuning.backends.openai import scorer
from finetuning.backends.openai.scorer import HostedScorer, NoLogprobs, answers, body, mode_of, read
from finetuning.evaluation.gate import examine
from finetuning.evaluation.held_out import evaluate_held_out
from finetuning.inference.predictor import TextPair
from finetuning.lifecycle import activation
from insights.models import ApiAnswer, ApiCall
from insights.openai import MalformedAnswer, Refused, Unavailable
from tests.finetuning.conftest import similar_pair  # noqa: F401 - a fixture
from tests.openai.standin import faults

CHAT = "POST /chat/completions"
BASE = "gpt-4o-mini-2024-07-18"


def answer(*tokens, content="Yes"):
    top = [{"token": token, "logprob": logprob} for token, logprob in tokens]
    first = {"token": content, "logprob": 0.0, "top_logprobs": top}
    return {"choices": [{"message": {"content": content}, "logprobs": {"content": [first]}}]}


def test_spellings_of_yes_and_no_are_added_up():
    said = answer(("Yes", math.log(0.5)), (" yes", math.log(0.2)), ("YES", math.log(0.1)),
                  ("No", math.log(0.1)), ("Maybe", math.log(0.1)))  # fmt: skip
    assert read(said, "logprobs") == pytest.approx(0.8 / 0.9)


def test_minus_9999_means_not_among_the_top():
    assert read(answer(("Yes", 0.0), ("No", -9999.0)), "logprobs") == 1.0


@pytest.mark.parametrize(
    "said",
    [answer(("Maybe", 0.0)), answer(("Yes", float("nan"))), answer(("Yes", "0")), {"choices": []},
     {}, [], None, answer((None, None)), answer(("Yes", 1e9))],
)  # fmt: skip
def test_an_answer_that_is_none(said):
    with pytest.raises(MalformedAnswer):
        read(said, "logprobs")


def test_an_answer_without_logprobs():
    with pytest.raises(NoLogprobs):
        read({"choices": [{"message": {"content": "Yes"}, "logprobs": None}]}, "logprobs")


@pytest.mark.parametrize(
    ("content", "expected"),
    [('{"same": true, "confidence": 0.9}', 0.9), ('{"same": false, "confidence": 0.9}', 0.1),
     ('{"same": true, "confidence": 7}', 1.0), ('{"same": false, "confidence": 0.2}', 0.5)],
)  # fmt: skip
def test_a_structured_answer(content, expected):
    said = {"choices": [{"message": {"content": content}}]}
    assert read(said, "structured") == pytest.approx(expected)


@pytest.mark.parametrize("content", ["Yes", '{"same": "yes", "confidence": 1}', "{}", None, "[]",
                                     '{"same": true, "confidence": NaN}'])  # fmt: skip
def test_a_structured_answer_that_is_none(content):
    with pytest.raises(MalformedAnswer):
        read({"choices": [{"message": {"content": content}}]}, "structured")


def test_what_a_model_refuses_to_judge_is_left_open():
    said = {"choices": [{"message": {"content": None, "refusal": "I cannot."}}]}
    assert read(said, "structured") == 0.5


PAIRS = [TextPair(f"The rota of ward {n} is late", f"Ward {n} gets its rota late", 0.9)
         for n in range(12)]  # fmt: skip


@pytest.mark.django_db
def test_each_pair_is_paid_for_once(standin):
    first = answers(BASE, [*PAIRS, PAIRS[0]], "logprobs")
    again = answers(BASE, PAIRS, "logprobs")

    assert standin.count(CHAT) == 12
    np.testing.assert_array_equal(first[:12], again)
    assert first[12] == first[0]


@pytest.mark.django_db
def test_a_run_that_broke_off_goes_on_where_it_stopped(standin, settings):
    settings.OPENAI_CONCURRENCY = 1
    standin.script(CHAT, *[faults.changed(lambda body: body)] * 5, faults.spent())
    with pytest.raises(Refused):
        answers(BASE, PAIRS, "logprobs")
    assert ApiAnswer.objects.count() == 5

    answers(BASE, PAIRS, "logprobs")

    assert standin.count(CHAT) == 13, "12 pairs and the refusal"
    assert ApiCall.objects.filter(state="answered").count() == 12


@pytest.mark.django_db
def test_a_storm_over_many_requests_stays_within_its_calls(standin, settings):
    settings.OPENAI_CONCURRENCY = 4
    standin.script(CHAT, *[faults.storm(retry_after_ms=100)] * 6)
    answers(BASE, PAIRS, "logprobs")
    assert standin.count(CHAT) == 18


@pytest.mark.django_db
def test_a_model_that_gives_no_logprobs_is_asked_for_a_structured_answer(standin, provider):
    assert mode_of("gpt-5-mini", PAIRS[0]) == "structured"
    assert mode_of(BASE, PAIRS[0]) == "logprobs"
    standin.script(CHAT, faults.changed(
        lambda said: {**said, "choices": [{**said["choices"][0], "logprobs": None}]}
    ))  # fmt: skip
    assert mode_of(BASE, PAIRS[1]) == "structured"
    provider.logprobs = False
    assert mode_of(BASE, PAIRS[2]) == "structured"


@pytest.mark.django_db
def test_a_refusal_for_another_reason_is_no_word_on_logprobs(standin):
    standin.script(CHAT, faults.error(403, "Project has no access."))
    with pytest.raises(Refused, match="no access"):
        mode_of(BASE, PAIRS[0])


@pytest.mark.django_db
def test_the_two_requests_are_what_the_schema_allows():
    from tests.openai.standin import checks

    for mode in ("logprobs", "structured"):
        checks.chat(body(BASE, PAIRS[0], mode))
    assert "seed" not in body(BASE, PAIRS[0], "logprobs")


@pytest.mark.django_db
def test_the_calibration_corrects_an_overconfident_model(standin, provider):
    # It says 0.999 to all, and is right half of the time.
    provider.brain.judge = lambda model, prompt: 0.999
    parameters = scorer.calibrated(BASE, PAIRS, [n % 2 == 0 for n in range(12)])
    found = HostedScorer(BASE, parameters).probabilities(PAIRS)
    np.testing.assert_allclose(found, 0.5, atol=1e-6)


@pytest.mark.django_db
def test_few_labels_cannot_claim_certainty(standin, provider):
    provider.brain.judge = lambda model, prompt: 0.999999 if "early" in prompt else 0.000001
    same = [TextPair(f"{n} comes early", f"early {n}", 0.9) for n in range(4)]
    parameters = scorer.calibrated(BASE, PAIRS[:4] + same, [False] * 4 + [True] * 4)
    found = HostedScorer(BASE, parameters).probabilities(same)
    assert found.max() < 0.9, "four labels do not merge by themselves"


@pytest.mark.parametrize("parameters", [None, {}, {"format": "local-1"}, {"format": "hosted-1"}])
def test_a_model_that_was_not_calibrated_does_not_answer(parameters):
    with pytest.raises(ValueError, match="calibrated"):
        HostedScorer("ft:x", parameters)


@pytest.mark.django_db
def test_a_prompt_alone_is_a_version_too(trained, standin):
    model = trained("zero_shot")

    assert model.status == "succeeded"
    assert model.fine_tuned_model_id == BASE
    assert model.metrics["held_out"]["average_precision"] > 0.5
    assert standin.count("POST /fine_tuning") == standin.count("POST /files") == 0
    activation.activate(model)


@pytest.mark.django_db
def test_a_reasoning_model_with_the_prompt_alone(trained):
    model = trained("zero_shot", base_model="gpt-5-mini")
    assert model.status == "succeeded"
    assert model.parameters["mode"] == "structured"


@pytest.mark.django_db
def test_evaluation_gate_and_activation_ask_nothing_twice(trained, standin):
    model = trained()
    asked = standin.count(CHAT)

    again = evaluate_held_out(model)
    activation.activate(model)
    verdict = examine(model, None)

    assert standin.count(CHAT) == asked
    assert ApiAnswer.objects.count() == asked, "each question was asked once"
    assert again["held_out"] == model.metrics["held_out"]
    assert verdict.against is None


@pytest.mark.django_db
def test_unavailable_is_what_callers_see(standin):
    standin.script(CHAT, *[faults.error(500)] * 5)
    with pytest.raises(Unavailable):
        answers(BASE, PAIRS[:1], "logprobs")
