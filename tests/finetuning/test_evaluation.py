"""Measured on held-out decisions, beside plain similarity and the version before."""

import json

import pytest

from finetuning.backends import local
from finetuning.evaluation.held_out import evaluate_held_out, misclassifications, reviewed_accuracy
from finetuning.evaluation.report import report_of
from finetuning.inference.prediction import predict_merge_decision
from finetuning.lifecycle import activation, polling, start
from finetuning.models import DeduplicationModel, StatementSplit
from finetuning.training_data.dataset import build_dataset
from insights.models import PairLabel


@pytest.fixture
def trained(decisions):
    return polling.wait(start.start_fine_tuning())


def test_the_metrics_hold_all_that_is_shown(trained):
    metrics = trained.metrics

    assert metrics["n_positive"] == trained.training_stats["positive"]["held_out"] > 0
    assert metrics["n_negative"] == trained.training_stats["negative"]["held_out"] > 0
    for part in ("held_out", "baseline"):
        for name in ("precision", "recall", "f1", "average_precision", "brier"):
            assert 0 <= metrics[part][name] <= 1, (part, name)
    assert metrics["held_out"]["average_precision"] >= metrics["baseline"]["average_precision"]
    assert metrics["held_out"]["brier"] < metrics["baseline"]["brier"]
    assert sum(one["count"] for one in metrics["reliability"]) == (
        metrics["n_positive"] + metrics["n_negative"]
    )
    assert {"threshold", "precision", "coverage", "recall"} <= set(metrics["curve"][0])
    assert metrics["chosen_threshold"]["threshold"] >= 0.9
    assert metrics["previous"] is None
    assert metrics["reason"] is None
    json.dumps(metrics, allow_nan=False)


def test_it_is_measured_on_the_versions_own_held_out_examples(trained, decisions, reviewer):
    PairLabel.objects.all().delete()  # what is decided later changes nothing

    assert evaluate_held_out(trained) == trained.metrics


def test_the_next_version_is_compared_with_the_active_one(trained):
    activation.activate(trained)

    later = polling.wait(start.start_fine_tuning())

    assert later.metrics["previous"]["version"] == 1
    assert later.metrics["previous"]["f1"] == trained.metrics["held_out"]["f1"]
    compared = later.metrics["comparison"]["previous"]
    assert compared["average_precision"]["difference"] == 0
    assert "version 1" in str(report_of(later))


def test_without_an_active_one_it_is_the_newest_that_succeeded(trained):
    polling.wait(start.start_fine_tuning())
    DeduplicationModel.objects.create(
        version=3, backend="local", base_model="x", status="failed", error="no"
    )

    later = polling.wait(start.start_fine_tuning())

    assert (later.version, later.metrics["previous"]["version"]) == (4, 2)


def test_a_previous_version_that_is_broken_is_said_to_be(trained, caplog):
    DeduplicationModel.objects.filter(pk=trained.pk).update(parameters={})
    local._kept.clear()

    later = polling.wait(start.start_fine_tuning())

    assert later.metrics["previous"]["version"] == 1
    assert "train it again" in later.metrics["previous"]["error"]
    assert later.metrics["held_out"]["f1"] > 0
    assert "version 1" not in str(report_of(later))


def test_with_nothing_held_out_the_metrics_say_so(decisions, settings):
    settings.HELD_OUT_SHARE = 0.0

    model = polling.wait(start.start_fine_tuning())

    assert model.status == "succeeded"
    assert model.metrics["held_out"] is None
    assert model.metrics["baseline"] is None
    assert "No example is held out yet" in model.metrics["reason"]
    assert "No example is held out yet" in str(report_of(model))
    assert polling.advance(model.pk).metrics == model.metrics


@pytest.mark.parametrize(("kind", "words"), [("approved", "negative"), ("rejected", "positive")])
def test_a_one_sided_held_out_part_has_no_ranking_but_crashes_nothing(decisions, kind, words):
    build_dataset()
    StatementSplit.objects.filter(anchor__kind=kind).update(held_out=False)

    model = polling.wait(start.start_fine_tuning())

    assert model.metrics["held_out"]["average_precision"] is None
    assert model.metrics["reason"].startswith(f"All held-out examples are {words}")
    assert "–" in str(report_of(model))


def test_reviewed_accuracy_and_misclassifications_are_the_guides_queries(
    scripted, make_insight, decide, django_assert_num_queries
):
    a, b, c = (make_insight(statement) for statement in "abc")
    for pair, said in (((a, b), 0.8), ((a, c), 0.97), ((b, c), 0.1)):
        scripted.says(said, *pair)
        predict_merge_decision(*pair, 0.75)
    assert reviewed_accuracy(scripted.model).accuracy_pct is None
    decide([a, b, c], False)

    found = reviewed_accuracy(scripted.model)
    assert (found.total_reviewed, found.correct, found.accuracy_pct) == (3, 1, 33.33)
    with django_assert_num_queries(1):
        wrong = [
            {row.insight1.statement, row.insight2.statement}
            for row in misclassifications(scripted.model)
        ]
    assert wrong == [{"a", "c"}, {"a", "b"}]
