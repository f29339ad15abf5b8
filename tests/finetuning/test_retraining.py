"""Retraining: enough news, a version, the gate, activation or not; rollback; crashes in between."""

import threading
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from finetuning.admin.gate import gate_report
from finetuning.errors import NotPossible
from finetuning.evaluation.gate import examine
from finetuning.lifecycle import activation, polling, retraining, start
from finetuning.lifecycle.activation import roll_back
from finetuning.lifecycle.retraining import AlreadyRetraining, go_on, retrain
from finetuning.models import DeduplicationModel, RetrainingRun, TrainingFile
from finetuning.tasks import retrain as task
from finetuning.training_data.files import examples_of, from_training_file
from insights.jobs.locks import advisory_lock


@pytest.fixture(autouse=True)
def _threshold_of_news(settings):
    settings.RETRAIN_MIN_NEW_DECISIONS = 20


def scorer_that_says(monkeypatch, probability):
    """Let versions answer `probability(version, label)` for each held-out example."""

    class Scorer:
        def __init__(self, model):
            self.model = model

        def probabilities(self, examples):
            return np.array([probability(self.model.version, one.label) for one in examples])

    monkeypatch.setattr(
        "finetuning.backends.local.LocalBackend.scorer", lambda self, model: Scorer(model)
    )


@pytest.fixture
def active(decisions):
    """Version 1, active, trained half a year ago on other decisions."""
    model = polling.wait(start.start_fine_tuning())
    return activation.activate(model)


def test_without_new_decisions_no_version_is_trained_and_the_run_says_why(active):
    run = retrain()

    assert (run.status, run.outcome) == ("succeeded", "not_needed")
    assert run.reason.startswith("0 new decisions since version 1; training needs 20")
    assert DeduplicationModel.objects.count() == 1


def test_the_first_version_has_to_beat_plain_similarity(decisions):
    run = retrain()

    assert (run.status, run.outcome) == ("succeeded", "activated"), (run.error, run.reason)
    assert run.model.is_active
    event = run.model.events.get(message__startswith="Passed the gate against plain similarity")
    gate = event.data["gate"]
    assert gate["brier"]["low"] > 0
    assert gate["pairs"] == len(list(retraining.build_dataset().examples("held_out")))
    assert run.counts["new_decisions"] == 80
    assert run.counts["since_version"] is None


def test_out_of_balance_is_not_trained(decisions, settings):
    settings.RETRAIN_MIN_BALANCE = 0.6
    run = retrain()
    assert run.outcome == "not_needed"
    assert run.reason.startswith("Out of balance")


def test_the_guides_minimum_holds_also_when_asked_for_always(db):
    run = retrain(always=True)
    assert run.status == "failed"
    assert run.error.startswith("No training data available")


def test_a_better_version_takes_over(active, monkeypatch):
    scorer_that_says(monkeypatch, lambda version, label: 0.5 + (0.2 if version == 1 else 0.45)
                     * (1 if label else -1))  # fmt: skip
    run = retrain(always=True)

    assert run.outcome == "activated"
    assert DeduplicationModel.objects.active() == run.model
    assert run.model.version == 2
    assert run.reason.startswith("Clear improvement")


def test_a_version_that_is_not_better_is_kept_out_and_says_why(active):
    run = retrain(always=True)

    assert (run.status, run.outcome) == ("succeeded", "kept")
    assert DeduplicationModel.objects.active() == active
    assert "No clear improvement" in run.reason
    event = run.model.events.get(message__startswith="Failed the gate against version 1")
    assert event.level == "warning"
    assert run.reason in event.message
    shown = gate_report(run.model)
    assert (shown.passed, shown.against) == (False, "version 1 (local)")
    assert "held-out pairs" in shown.sentences[0]
    assert "neither was trained on" in shown.sentences[0]
    assert "paired bootstrap" in shown.sentences[1]
    figures = {name: (before, after) for name, before, after in shown.rows}
    assert figures["Auto-merges above"][0] == "0.900"
    assert figures["Correct"][0] == figures["Correct"][1]
    assert gate_report(active) is None or gate_report(active).passed


def test_better_on_average_but_with_a_wrong_merge_is_kept_out(active, monkeypatch):
    said = {"wrong": 0}

    def probability(version, label):
        if version == 1:
            return 0.92 if label else 0.45
        if not label and not said["wrong"]:
            said["wrong"] = 1
            return 1.0
        return 0.97 if label else 0.03

    monkeypatch.setattr(
        "finetuning.lifecycle.polling.evaluate_held_out", lambda model: {"held_out": {"count": 1}}
    )
    monkeypatch.setattr("finetuning.evaluation.gate.differences_of", lambda pair: ())
    scorer_that_says(monkeypatch, probability)

    run = retrain(always=True)

    assert run.outcome == "kept", run.reason
    assert "automatic merges" in run.reason


def test_its_threshold_is_chosen_on_the_held_out_pairs(decisions, monkeypatch):
    monkeypatch.setattr("finetuning.evaluation.gate.differences_of", lambda pair: ())
    turn = iter(range(10_000))
    scorer_that_says(
        monkeypatch, lambda version, label: 0.97 if label else (0.93 if next(turn) % 4 == 1 else 0)
    )
    run = retrain()
    assert run.model.auto_merge_confidence == 0.97


def test_neither_version_was_trained_on_what_they_are_compared_on(active, monkeypatch):
    model = polling.wait(start.start_fine_tuning())
    assert examine(model, active).seen_before == 0

    # As if the held-out share had been smaller when the active version was trained.
    held_out = list(retraining.build_dataset().examples("held_out"))[:3]
    known = [replace(one, split="train") for one in held_out]
    monkeypatch.setattr(
        "finetuning.evaluation.gate.examples_of",
        lambda one: known if one == active else examples_of(one),
    )
    verdict = examine(model, active)
    assert verdict.seen_before == 3
    assert verdict.result.pairs == examine(model, None).result.pairs - 3


def test_nothing_that_the_new_version_was_trained_on_is_compared_on(active):
    """Were a file ever to hold a statement on both sides, its held-out pairs are left out."""
    model = polling.wait(start.start_fine_tuning())
    file = TrainingFile.objects.defer(None).get(pk=model.training_file_id)
    examples = from_training_file(file.content)
    before = examine(model, None).result.pairs
    leaked = next(one for one in examples if one.split == "held_out")
    line = next(line for line in file.content.splitlines() if leaked.statement1 in line)
    TrainingFile.objects.filter(pk=file.pk).update(
        content=file.content + line.replace('"held_out"', '"train"') + "\n"
    )
    verdict = examine(model, None)
    assert verdict.seen_before > 0
    assert verdict.result.pairs == before - verdict.seen_before


def test_a_hosted_job_is_gone_on_with_until_it_ends(decisions, monkeypatch):
    from finetuning.backends.local import LocalBackend

    advance = LocalBackend.advance
    monkeypatch.setattr(LocalBackend, "advance", lambda self, model: None)
    run = retrain()
    assert (run.status, run.model.status) == ("running", "queued")
    assert go_on().status == "running"
    assert retrain().pk == run.pk

    monkeypatch.setattr(LocalBackend, "advance", advance)
    assert go_on().outcome == "activated"
    assert go_on() is None
    assert DeduplicationModel.objects.count() == 1


def test_a_process_that_dies_after_it_made_the_version_makes_no_second_one(decisions):
    left = RetrainingRun.objects.create()
    start.start_fine_tuning()  # and then it died, before it noted which one

    finished = go_on()

    assert finished.pk == left.pk
    assert finished.outcome == "activated"
    assert DeduplicationModel.objects.count() == 1


def test_a_failed_training_ends_the_run(decisions, monkeypatch):
    def fails(self, model):
        raise RuntimeError("disk full")

    monkeypatch.setattr("finetuning.backends.local.LocalBackend.advance", fails)
    run = retrain()
    assert run.status == "failed"
    assert "disk full" in run.error


def test_a_cancelled_retraining_cancels_its_version(decisions, monkeypatch):
    monkeypatch.setattr("finetuning.backends.local.LocalBackend.advance", lambda self, model: None)
    run = retrain()
    run.cancel()
    ended = go_on()
    assert (ended.status, ended.model.status) == ("cancelled", "cancelled")


def test_the_task_may_run_twice(decisions):
    first, second = task(), task()
    assert first["outcome"] == "activated"
    assert second["outcome"] == "not_needed"
    assert DeduplicationModel.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_second_retraining_at_once_says_so_and_leaves(decisions):
    refused = []

    def second():
        try:
            retrain()
        except AlreadyRetraining as error:
            refused.append(str(error))
        finally:
            connection.close()

    with advisory_lock("retraining"):
        other = threading.Thread(target=second)
        other.start()
        other.join()

    assert refused == ["A retraining is already under way. Wait for it to finish."]
    assert not RetrainingRun.objects.exists()


def test_rolling_back_activates_the_version_before_once_more(active):
    later = polling.wait(start.start_fine_tuning())
    never_active = polling.wait(start.start_fine_tuning())
    newest = activation.activate(polling.wait(start.start_fine_tuning()))
    assert (later.activated_at, never_active.activated_at) == (None, None)

    assert roll_back().version == active.version

    assert DeduplicationModel.objects.active() == active
    assert newest.events.filter(message=f"Rolled back to {active}.").exists()
    with pytest.raises(NotPossible, match="No version before version 1"):
        roll_back()


def test_without_an_active_version_there_is_nothing_to_roll_back(db):
    with pytest.raises(NotPossible, match="nothing to roll back"):
        roll_back()


def test_a_run_started_long_ago_does_not_adopt_an_older_version(active):
    run = RetrainingRun.objects.create(started_at=timezone.now() + timedelta(seconds=1))
    assert retraining._left_by_dead_process(run) is None
