"""The active hosted model decides; while it cannot be asked, a local version stands in for it."""

import numpy as np
import pytest

from finetuning.inference.decider import ActiveModelDecider
from finetuning.inference.prediction import judge_stored, predict_merge_decision
from finetuning.inference.predictor import Predictor
from finetuning.lifecycle import activation, polling, start
from finetuning.ml.local_model import LocalModel
from finetuning.models import ModelPrediction, PredictionOrigin
from insights.decider import InsightPair
from tests.finetuning.conftest import similar_pair  # noqa: F401 - a fixture
from tests.openai.standin import faults

CHAT = "POST /chat/completions"


@pytest.fixture
def hosted_over_local(trained, provider):
    """Version 1 is local, version 2 hosted and active."""
    local = polling.wait(start.start_fine_tuning(backend="local"))
    hosted = trained()
    activation.activate(hosted)
    return local, hosted


@pytest.fixture
def two(similar_pair):  # noqa: F811
    return similar_pair("The heating in the hall is loud", "In the hall the heating is loud", 0.95)


@pytest.mark.django_db
def test_the_active_hosted_model_answers_and_is_recorded(hosted_over_local, two, provider):
    _, hosted = hosted_over_local
    provider.brain.judge = lambda model, prompt: 1 - 1e-9

    found = predict_merge_decision(*two)

    assert (found.method, found.model_id) == ("model", hosted.pk)
    assert ModelPrediction.objects.get().model == hosted
    assert found.confidence >= 0.9
    assert "has not earned" in found.reason or "unlike what version" in found.reason


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [faults.error(503), faults.spent(), faults.RESET])
def test_a_local_version_stands_in_when_the_provider_is_down(
    hosted_over_local, two, standin, fault, monkeypatch
):
    local, _hosted = hosted_over_local
    monkeypatch.setattr(
        LocalModel, "predict_probability", lambda self, a, b, s: np.full(len(a), 0.99)
    )
    standin.script(CHAT, *[fault] * 10)

    found = predict_merge_decision(*two)

    assert (found.method, found.model_id) == ("model", local.pk)
    assert found.model_version == "version 1 (local), standing in for version 2 (OpenAI)"
    assert found.prediction
    assert not found.should_merge, "nobody chose it to decide"
    assert ModelPrediction.objects.get().model == local
    (check,) = ActiveModelDecider().check([max(two, key=lambda one: (one.created_at, one.pk))])
    assert not check.should_merge


@pytest.mark.django_db
def test_similarity_stands_in_when_there_is_no_local_version(trained, two, standin):
    activation.activate(trained())
    standin.script(CHAT, *[faults.error(503)] * 10)

    found = predict_merge_decision(*two)

    assert (found.method, found.model_id, found.should_merge) == ("similarity", None, False)
    assert not ModelPrediction.objects.exists()


@pytest.mark.django_db
def test_one_model_answers_for_all_pairs_of_a_question(
    hosted_over_local, similar_pair, standin, monkeypatch, settings  # noqa: F811
):  # fmt: skip
    settings.OPENAI_CONCURRENCY = 1
    monkeypatch.setattr("finetuning.inference.predictor.BATCH", 2)
    local, _ = hosted_over_local
    pairs = [InsightPair(*similar_pair(f"One {n}", f"Other {n}", 0.8), 0.8) for n in range(4)]
    standin.script(CHAT, *[faults.changed(lambda body: body)] * 2, *[faults.error(503)] * 5)

    found = judge_stored(Predictor(), pairs, PredictionOrigin.REQUEST)

    assert {one.model_id for one in found} == {local.pk}


@pytest.mark.django_db
def test_a_switched_model_stops_deciding_at_the_next_batch(hosted_over_local, two, standin):
    local, _ = hosted_over_local
    decider = ActiveModelDecider()
    second = max(two, key=lambda one: (one.created_at, one.pk))
    decider.check([second])
    assert "OpenAI" in decider.model_version
    activation.activate(local)
    asked = standin.count(CHAT)

    decider.check([second])

    assert decider.model_version == "version 1 (local)"
    assert standin.count(CHAT) == asked


@pytest.mark.django_db
def test_a_failed_model_is_left_alone_while_a_local_one_stands_in(
    hosted_over_local, two, standin, monkeypatch
):
    monkeypatch.setattr("finetuning.inference.predictor._reported", set())
    standin.script(CHAT, *[faults.error(503)] * 20)
    decider = ActiveModelDecider()
    second = max(two, key=lambda one: (one.created_at, one.pk))
    decider.check([second])
    asked = standin.count(CHAT)
    assert "standing in" in decider.model_version

    decider.check([second])

    assert standin.count(CHAT) == asked
