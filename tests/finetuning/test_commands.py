"""The loop by hand: train, activate, measure."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from finetuning.inference.prediction import predict_merge_decision
from finetuning.models import DeduplicationModel


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_a_model_is_trained_activated_and_measured(decisions):
    said = run("fine_tune")
    assert "version 1 (local), job local-" in said
    assert "models get good from 100 of each" in said
    for words in (
        "similarity only",
        "Average precision",
        "Measured on",
        "people decide",
        "would prove",
    ):
        assert words in said
    assert DeduplicationModel.objects.active() is None

    assert run("activate_model", "1") == "version 1 (local) is active.\n"
    assert "None of its predictions has been reviewed" in run("evaluate")


def test_training_can_activate_at_once(decisions):
    assert "version 1 (local) is active." in run("fine_tune", "--activate")
    assert DeduplicationModel.objects.active().version == 1


def test_training_says_what_is_missing(db):
    with pytest.raises(CommandError, match="No training data available"):
        run("fine_tune")


def test_a_training_that_fails_is_an_error_and_activates_nothing(decisions, caplog):
    with pytest.raises(CommandError, match=r"version 1 \(local\): failed. Invalid base model"):
        run("fine_tune", "--base-model=gpt-4o", "--activate")
    assert DeduplicationModel.objects.active() is None


def test_a_version_that_is_not_there_is_refused_with_those_that_are(decisions):
    with pytest.raises(CommandError, match="Train one with"):
        run("activate_model", "7")
    run("fine_tune")
    with pytest.raises(CommandError, match="There is no version 7. There are: 1."):
        run("activate_model", "7")


def test_evaluating_needs_a_version_that_succeeded(db):
    with pytest.raises(CommandError, match="No model is active"):
        run("evaluate")
    DeduplicationModel.objects.create(version=1, backend="local", base_model="x", status="failed")
    with pytest.raises(CommandError, match="cannot be measured: it is failed"):
        run("evaluate", "1")


def test_misclassifications_are_listed_with_both_statements(decisions, similar_pair, decide):
    run("fine_tune", "--activate")
    pair = similar_pair(
        "The newsletter reaches the staff far too late every month",
        "Staff get the newsletter much too late each month",
        0.9,
    )
    assert predict_merge_decision(*pair).prediction
    decide(list(pair), False)

    said = run("evaluate", "--misclassified")

    assert "Reviewed predictions: 0 of 1 correct (0.0 %)." in said
    assert "people say not duplicates:" in said
    assert "Staff get the newsletter much too late each month" in said
