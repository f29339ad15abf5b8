"""One answer a pair and model, recorded once; similarity when no model answers."""

import itertools
import logging

import numpy as np
import pytest

from finetuning.backends import local
from finetuning.inference.decider import ActiveModelDecider
from finetuning.inference.prediction import (
    judge_stored,
    predict_merge_decision,
    predict_merge_decisions,
)
from finetuning.inference.predictor import Predictor
from finetuning.lifecycle import activation, polling, start
from finetuning.models import DeduplicationModel, ModelPrediction, PredictionOrigin
from insights.decider import InsightPair, Wait
from insights.embedding.service import embedder
from insights.text.guard import LeftOver


@pytest.fixture
def two(similar_pair):
    return similar_pair("Staff swap shifts by phone", "Shifts are swapped over the phone", 0.8)


def test_a_sure_pair_should_be_merged_and_is_explained(scripted, two):
    scripted.says(0.97, *two)

    found = predict_merge_decision(*two)

    assert (found.should_merge, found.prediction, found.method) == (True, True, "model")
    assert (found.probability, found.confidence) == (0.97, 0.97)
    assert found.similarity == pytest.approx(0.8, abs=2e-3)
    assert (found.model_id, found.model_version) == (scripted.model.pk, "version 3 (local)")
    assert found.explanation == ("The embeddings are alike",)


@pytest.mark.parametrize(
    ("probability", "prediction", "confidence", "should_merge"),
    [(0.5, True, 0.5, False), (0.89, True, 0.89, False), (0.9, True, 0.9, True),
     (0.05, False, 0.95, False), (0.49, False, 0.51, False)],
)  # fmt: skip
def test_prediction_confidence_and_merge_follow_from_the_probability(
    scripted, two, probability, prediction, confidence, should_merge
):
    scripted.says(probability, *two)

    found = predict_merge_decision(*two)

    assert (found.prediction, found.should_merge) == (prediction, should_merge)
    assert found.confidence == pytest.approx(confidence)


def test_the_threshold_is_the_models_own(scripted, two):
    scripted.says(0.95, *two)
    DeduplicationModel.objects.update(auto_merge_confidence=0.97)

    assert not predict_merge_decision(*two).should_merge


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The export takes 12 minutes", "The export takes 21 minutes"),
        ("Managers like the new rota", "Managers do not like the new rota"),
        ("The pilot began in March 2024", "The pilot began in April 2024"),
    ],
)
def test_a_near_miss_is_never_merged_however_sure_the_model_is(scripted, similar_pair, one, other):
    pair = similar_pair(one, other, 0.99)
    scripted.says(0.99, *pair)

    found = predict_merge_decision(*pair)

    assert found.prediction
    assert found.confidence == 0.99
    assert found.differences
    assert not found.should_merge


def test_a_rewrite_merges_only_when_it_is_very_similar(scripted, similar_pair):
    pair = similar_pair(
        "The robot was given a name by pickers.", "Pickers see the robot as a rival.", 0.84
    )
    scripted.says(0.99, *pair)

    found = predict_merge_decision(*pair)

    assert (found.left_over, found.wait) == (LeftOver.REWRITE, Wait.SIMILARITY)
    assert "below 0.85" in found.reason


def test_differences_are_shown_also_where_the_model_says_not_the_same(scripted, similar_pair):
    pair = similar_pair("The export takes 12 minutes", "The export takes 21 minutes", 0.99)
    scripted.says(0.02, *pair)

    assert predict_merge_decision(*pair).differences


def test_a_prediction_is_recorded_once_with_all_it_said(scripted, two):
    scripted.says(0.8, *two)
    predict_merge_decision(*two, similarity=0.77)

    (row,) = ModelPrediction.objects.all()
    assert row.model == scripted.model
    assert {row.insight1_id, row.insight2_id} == {two[0].pk, two[1].pk}
    assert (row.prediction, row.probability, row.confidence) == (True, 0.8, 0.8)
    assert (row.similarity_score, row.origin, row.actual_label) == (0.77, "request", None)
    assert row.is_correct is None


def test_the_second_question_about_a_pair_computes_nothing(scripted, two):
    scripted.says(0.8, *two)
    first = predict_merge_decision(*two)
    scripted.says(0.2, *two)

    second = predict_merge_decision(*two)

    assert second == first
    assert len(scripted.asked) == 1
    assert ModelPrediction.objects.count() == 1


def test_a_pair_is_one_question_whichever_way_it_is_asked(scripted, two):
    scripted.says(0.8, *two)

    assert predict_merge_decision(*two) == predict_merge_decision(*reversed(two))
    assert len(scripted.asked) == 1
    ModelPrediction.objects.all().delete()
    predict_merge_decision(*reversed(two))
    assert scripted.asked[0] == scripted.asked[1]


def test_another_version_is_asked_anew(scripted, two):
    predict_merge_decision(*two)
    activation.activate(
        DeduplicationModel.objects.create(
            version=4, backend="local", base_model="x", status="succeeded"
        )
    )
    predict_merge_decision(*two)

    assert len(scripted.asked) == 2
    assert ModelPrediction.objects.count() == 2


def test_plain_texts_are_predicted_but_not_recorded(scripted, two):
    scripted.says(0.97, two[0], "People phone to swap shifts")

    found = predict_merge_decision(two[0], "People phone to swap shifts", similarity=0.7)
    turned = predict_merge_decision("People phone to swap shifts", two[0], similarity=0.7)

    assert found.should_merge
    assert found == turned
    assert len({tuple(asked[0]) for asked in scripted.asked}) == 1
    assert not ModelPrediction.objects.exists()


def test_the_similarity_of_texts_is_that_of_their_embeddings(db):
    near = predict_merge_decision("Staff swap shifts by phone", "Staff phone to swap shifts")
    far = predict_merge_decision("Staff swap shifts by phone", "The printer is out of ink")

    assert near.similarity > 0.8 > 0.4 > far.similarity


def test_an_insight_is_not_compared_with_itself(scripted, two):
    with pytest.raises(ValueError, match="compared with itself"):
        predict_merge_decision(two[0], two[0])


@pytest.mark.parametrize("given", [None, 0.9])
def test_an_empty_text_is_refused_with_and_without_a_similarity(scripted, given):
    with pytest.raises(ValueError, match="empty"):
        predict_merge_decision("The rota is late", " ", given)


def test_many_pairs_are_one_question_with_few_queries(
    scripted, make_insight, django_assert_max_num_queries
):
    insights = [make_insight(f"statement {number}") for number in range(21)]
    pairs = [InsightPair(one, other, 0.7) for one, other in itertools.pairwise(insights)]
    judge_stored(Predictor(), pairs[:5], PredictionOrigin.CLUSTERING)
    scripted.asked.clear()

    with django_assert_max_num_queries(7):
        found = judge_stored(Predictor(), pairs, PredictionOrigin.CLUSTERING)

    assert [one.probability for one in found] == [0.1] * 20
    assert [len(asked) for asked in scripted.asked] == [15]
    assert ModelPrediction.objects.filter(origin="clustering").count() == 20


def test_a_pair_that_is_given_twice_is_asked_and_recorded_once(scripted, two):
    pairs = [InsightPair(*two, 0.8), InsightPair(two[1], two[0], 0.8)]

    assert len(judge_stored(Predictor(), pairs, PredictionOrigin.REQUEST)) == 2
    assert [len(asked) for asked in scripted.asked] == [1]


def test_without_a_model_similarity_answers_and_merges_nothing(two):
    found = predict_merge_decision(*two, similarity=0.99)

    assert (found.method, found.prediction, found.should_merge) == ("similarity", True, False)
    assert (found.probability, found.confidence, found.model_id) == (None, None, None)
    assert not predict_merge_decision(*two, similarity=0.2).prediction
    assert not ModelPrediction.objects.exists()


@pytest.mark.parametrize(
    "break_it",
    [
        lambda parameters: None,
        lambda parameters: {},
        lambda parameters: {"model": {**parameters["model"], "bias": "high"}},
        lambda parameters: {"model": {**parameters["model"], "bias": 0.5}},
        lambda parameters: {"model": {**parameters["model"], "features": []}},
    ],
)
def test_a_broken_model_falls_back_to_similarity_and_is_logged_once(
    decisions, two, break_it, caplog, monkeypatch
):
    monkeypatch.setattr("finetuning.inference.predictor._reported", set())
    model = activation.activate(polling.wait(start.start_fine_tuning()))
    DeduplicationModel.objects.update(parameters=break_it(model.parameters))
    local._kept.clear()
    caplog.clear()

    with caplog.at_level(logging.ERROR):
        found = [predict_merge_decision(*two, similarity=0.99) for _ in range(3)]

    assert {(one.method, one.should_merge) for one in found} == {("similarity", False)}
    assert len(caplog.records) == 1
    assert "version 1 (local) cannot predict" in caplog.text
    assert not ModelPrediction.objects.exists()


@pytest.mark.parametrize("answer", [np.array([np.nan]), np.array([0.9, 0.9]), np.array([])])
def test_an_answer_that_makes_no_sense_is_not_believed(scripted, two, answer, monkeypatch, caplog):
    monkeypatch.setattr(scripted, "probabilities", lambda pairs: answer)

    assert predict_merge_decision(*two).method == "similarity"


def test_the_real_model_tells_a_paraphrase_from_a_look_alike(decisions, similar_pair):
    activation.activate(polling.wait(start.start_fine_tuning()))
    same = similar_pair(
        "The newsletter reaches the staff far too late every month",
        "Staff get the newsletter much too late each month",
        0.85,
    )
    other = similar_pair(
        "New colleagues find the newsletter easy to read",
        "Nobody checks whether the newsletter was filled in by the evening team",
        0.7,
    )

    found = predict_merge_decision(*same)

    assert found.prediction
    assert len(found.explanation) == 3
    assert not predict_merge_decision(*other).prediction


def test_the_decider_judges_pairs_for_the_clustering(scripted, two):
    scripted.says(0.3, *two)
    decider = ActiveModelDecider()

    (verdict,) = decider.judge([InsightPair(*two, 0.8)])

    assert decider.model_version == "version 3 (local)"
    assert (verdict.prediction, verdict.probability, verdict.confidence) == (False, 0.3, 0.7)
    assert ModelPrediction.objects.get().origin == "clustering"


def test_without_a_model_the_decider_has_no_verdict(two):
    decider = ActiveModelDecider()

    assert decider.model_version == ""
    assert decider.judge([InsightPair(*two, 0.8)]) == [None]
    (check,) = decider.check([two[0]])
    assert (check.should_merge, check.reason) == (False, "No model is active.")


def test_a_model_that_was_deactivated_stops_at_the_next_batch(scripted, two):
    scripted.default = 0.99
    decider = ActiveModelDecider()
    second = max(two, key=lambda one: (one.created_at, one.pk))
    (check,) = decider.check([second])
    assert (check.should_merge, check.model_id) == (True, scripted.model.pk)

    DeduplicationModel.objects.filter(pk=scripted.model.pk).update(is_active=False)

    (check,) = decider.check([second])
    assert (check.should_merge, check.reason) == (False, "No model is active.")
    assert decider.model_version == ""


def test_a_confidence_that_was_raised_counts_from_the_next_batch(scripted, two):
    scripted.default = 0.95
    decider = ActiveModelDecider()
    second = max(two, key=lambda one: (one.created_at, one.pk))
    assert decider.check([second])[0].should_merge

    DeduplicationModel.objects.filter(pk=scripted.model.pk).update(auto_merge_confidence=0.99)

    assert not decider.check([second])[0].should_merge


def test_many_pairs_at_once_are_answered_as_one_by_one_with_few_calls(
    decisions, make_insight, django_assert_max_num_queries, monkeypatch
):
    activation.activate(polling.wait(start.start_fine_tuning()))
    stored = [make_insight(f"Rota {n} is published too late") for n in range(6)]
    texts = [(f"The printer on floor {n} jams", f"Floor {n + 1} has a printer") for n in range(6)]
    pairs = [*itertools.pairwise(stored), *texts, (stored[0], "The rota is published late")]
    one_by_one = [predict_merge_decision(*pair) for pair in pairs]
    ModelPrediction.objects.all().delete()
    calls = []
    embed = type(embedder()).embed
    monkeypatch.setattr(
        type(embedder()), "embed", lambda self, given: calls.append(given) or embed(self, given)
    )

    with django_assert_max_num_queries(25):
        found = predict_merge_decisions(pairs)

    assert len(calls) == 1  # the texts; stored ones have their vectors
    assert ModelPrediction.objects.count() == 5
    for at_once, alone in zip(found, one_by_one, strict=True):
        assert at_once.probability == pytest.approx(alone.probability, abs=1e-4)
        assert at_once.similarity == pytest.approx(alone.similarity, abs=1e-5)
        assert (at_once.should_merge, at_once.wait) == (alone.should_merge, alone.wait)
        assert (at_once.differences, at_once.left_over) == (alone.differences, alone.left_over)
        assert len(at_once.explanation) == len(alone.explanation) == 3


def test_no_pairs_have_no_answers(scripted):
    assert predict_merge_decisions([]) == []
