"""A version's way from decisions to deciding, and what it refuses on the way."""

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from finetuning.errors import (
    FineTuningError,
    InsufficientTrainingData,
    NotFit,
    NotPossible,
    NoTrainingData,
)
from finetuning.lifecycle import activation, polling, start
from finetuning.ml import training
from finetuning.models import DeduplicationModel, ModelEvent, TrainingFile
from finetuning.tasks import advance_model, poll_fine_tuning
from finetuning.training_data.dataset import build_dataset
from finetuning.training_data.files import to_training_file


def messages(model):
    return list(model.events.values_list("message", flat=True))


@pytest.fixture
def trained(decisions):
    return polling.wait(start.start_fine_tuning())


def make_model(version, status="succeeded", **fields):
    return DeduplicationModel.objects.create(
        version=version, backend="local", base_model="local-logistic-v1", status=status, **fields
    )


def test_a_new_version_is_submitted_with_its_data_kept(decisions, reviewer):
    model = start.start_fine_tuning(created_by=reviewer)

    assert (model.version, model.status, model.backend) == (1, "queued", "local")
    assert model.base_model == "local-logistic-v1"
    assert model.fine_tune_job_id.startswith("local-")
    assert model.created_by == reviewer
    assert model.training_file_id.startswith("file-")
    assert model.training_stats["approved_merges"] == 40
    assert model.auto_merge_confidence == 0.90
    file = TrainingFile.objects.get(pk=model.training_file_id)
    assert "content" in file.get_deferred_fields()
    assert file.content == to_training_file(build_dataset().examples())
    assert file.positives + file.held_out_positives == 40


def test_its_work_is_queued_when_the_transaction_commits(
    decisions, queued, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        model = start.start_fine_tuning()
    assert queued == []
    for callback in callbacks:
        callback()
    assert queued == [str(model.pk)]


def test_it_goes_through_every_status_with_an_event(trained):
    assert trained.status == "succeeded"
    assert trained.finished_at is not None
    assert trained.fine_tuned_model_id == trained.parameters["model"]["sha256"]
    said = messages(trained)
    for words in ("requested", "is valid", "has started", "Trained on", "Evaluated"):
        assert any(words in message for message in said), words
    curve = [e.data for e in trained.events.all() if "validation_loss" in e.data]
    assert len(curve) >= len(training.STRENGTHS)
    assert trained.metrics["held_out"]["average_precision"] > 0.9


def test_the_same_data_gives_the_same_model_and_one_stored_file(trained):
    again = polling.wait(start.start_fine_tuning())

    assert again.version == 2
    assert again.training_file_id == trained.training_file_id
    assert again.parameters == trained.parameters
    assert again.fine_tuned_model_id == trained.fine_tuned_model_id
    assert TrainingFile.objects.count() == 1


def test_what_is_held_out_never_reaches_the_training(decisions, monkeypatch):
    seen = []
    real = training.train

    def spy(pairs, **options):
        seen.extend([*pairs.left, *pairs.right])
        return real(pairs, **options)

    monkeypatch.setattr("finetuning.backends.local.train", spy)
    polling.wait(start.start_fine_tuning())

    held_out = list(build_dataset().examples("held_out"))
    assert seen
    assert held_out
    assert not {one.statement1 for one in held_out} & set(seen)
    assert not {one.statement2 for one in held_out} & set(seen)


def test_without_enough_decisions_no_version_is_made(db, make_insight, decide):
    with pytest.raises(NoTrainingData):
        start.start_fine_tuning()
    decide([make_insight("a"), make_insight("b")], True)
    with pytest.raises(InsufficientTrainingData):
        start.start_fine_tuning()

    assert not DeduplicationModel.objects.exists()
    assert not TrainingFile.objects.exists()


def test_an_unknown_backend_is_refused_with_the_known_ones(db):
    with pytest.raises(FineTuningError, match="no fine-tuning backend “abacus”.*local"):
        start.start_fine_tuning(backend="abacus")


def test_an_unknown_base_model_fails_the_version_and_says_why(decisions, caplog):
    model = start.start_fine_tuning(base_model="gpt-4o-mini-2024-07-18")

    assert model.status == "failed"
    assert "Invalid base model “gpt-4o-mini-2024-07-18”" in model.error
    assert model.finished_at is not None


def test_an_error_in_training_fails_the_version_and_raises_nothing(decisions, monkeypatch, caplog):
    def explode(*args, **options):
        raise MemoryError

    monkeypatch.setattr("finetuning.backends.local.train", explode)

    model = polling.wait(start.start_fine_tuning())

    assert (model.status, model.error) == ("failed", "MemoryError")
    assert model.events.filter(level="error").exists()


def test_an_error_in_the_evaluation_leaves_a_usable_version(decisions, monkeypatch, caplog):
    monkeypatch.setattr("finetuning.lifecycle.polling.evaluate_held_out", lambda model: 1 / 0)

    model = polling.wait(start.start_fine_tuning())

    assert model.status == "succeeded"
    assert "division by zero" in model.metrics["reason"]


def test_a_version_that_was_killed_while_training_is_trained_again(decisions):
    model = start.start_fine_tuning()
    DeduplicationModel.objects.filter(pk=model.pk).update(status="running")

    model = polling.wait(model)

    assert model.status == "succeeded"
    assert any("training starts again" in message for message in messages(model))


def test_one_that_was_killed_before_its_evaluation_is_evaluated_later(trained):
    DeduplicationModel.objects.filter(pk=trained.pk).update(metrics={})

    assert polling.advance(trained.pk).metrics["held_out"]


def test_one_that_was_killed_before_it_was_submitted_is_submitted_later(decisions, monkeypatch):
    monkeypatch.setattr("finetuning.lifecycle.start.submit", lambda model: None)
    model = start.start_fine_tuning()
    assert model.status == "validating_files"

    assert polling.wait(model).status == "succeeded"


def test_a_finished_version_is_left_alone(trained):
    before = ModelEvent.objects.count()

    assert polling.advance(trained.pk).parameters == trained.parameters
    assert ModelEvent.objects.count() == before


def test_the_task_may_run_twice(decisions):
    model = start.start_fine_tuning()

    first, second = advance_model(str(model.pk)), advance_model(str(model.pk))

    assert first == second == {"model": str(model.pk), "status": "succeeded"}


def test_the_poll_hands_every_unfinished_version_on(decisions, monkeypatch):
    handed_on = []
    monkeypatch.setattr("finetuning.tasks.enqueue", lambda task, *args: handed_on.append(args))
    under_way = start.start_fine_tuning()
    make_model(7, metrics={})  # it died before it was evaluated
    make_model(8, metrics={"held_out": None})
    make_model(9, status="failed")

    assert poll_fine_tuning() == {"models": 2}

    assert handed_on == [(str(under_way.pk),), (str(DeduplicationModel.objects.get(version=7).pk),)]


def test_a_version_whose_training_kills_its_process_is_given_up(decisions, monkeypatch):
    class Killed(BaseException):
        pass

    def kills(*args, **kwargs):
        raise Killed

    monkeypatch.setattr("finetuning.backends.local.train", kills)
    model = start.start_fine_tuning()
    for _ in range(5):
        with pytest.raises(Killed):
            polling.advance(model.pk)

    assert polling.advance(model.pk).status == "failed"
    model.refresh_from_db()
    assert model.error.startswith("Its process ended 5 times while it was trained")


def test_the_task_passes_over_a_deleted_version(db):
    unknown = "00000000-0000-0000-0000-000000000000"
    assert advance_model(unknown) == {"skipped": "the model was deleted"}


def test_waiting_ends_with_its_timeout(decisions, monkeypatch):
    monkeypatch.setattr("finetuning.backends.local.LocalBackend.advance", lambda self, model: None)
    model = start.start_fine_tuning()

    with pytest.raises(NotPossible, match="still queued after 0 s"):
        polling.wait(model, timeout=0)


def test_a_queued_version_can_be_cancelled_and_is_then_left_alone(decisions, reviewer):
    model = polling.cancel(start.start_fine_tuning(), actor=reviewer)

    assert model.status == "cancelled"
    assert model.events.last().actor == reviewer
    assert polling.advance(model.pk).status == "cancelled"


def test_cancelling_stops_a_training_between_its_steps(decisions, monkeypatch):
    model = start.start_fine_tuning()
    real = training.fit_sigmoid

    def cancel_first(*args):
        polling.cancel(DeduplicationModel.objects.get(pk=model.pk))
        return real(*args)

    monkeypatch.setattr(training, "fit_sigmoid", cancel_first)

    model = polling.advance(model.pk)

    assert (model.status, model.parameters) == ("cancelled", None)


def test_a_version_that_is_cancelled_at_the_last_moment_stays_cancelled(decisions, monkeypatch):
    model = start.start_fine_tuning()

    def train_then_cancel(*args, **options):
        trained = training.train(*args, **options)
        polling.cancel(DeduplicationModel.objects.get(pk=model.pk))
        return trained

    monkeypatch.setattr("finetuning.backends.local.train", train_then_cancel)

    found = polling.advance(model.pk)

    model.refresh_from_db()
    assert (found.status, model.status, model.parameters) == ("cancelled", "cancelled", None)


def test_a_finished_version_cannot_be_cancelled(trained):
    with pytest.raises(NotPossible, match="has already succeeded"):
        polling.cancel(trained)


def test_activating_one_version_steps_the_other_back(db, reviewer):
    first, second = make_model(1), make_model(2)
    activation.activate(first, reviewer)
    activation.activate(second, reviewer)

    assert DeduplicationModel.objects.active() == second
    first.refresh_from_db()
    assert not first.is_active
    assert "version 2 (local) takes over" in messages(first)[-1]
    assert second.events.last().actor == reviewer
    assert DeduplicationModel.objects.active().activated_at is not None

    activation.activate(first, reviewer)
    assert DeduplicationModel.objects.active() == first


def test_activating_what_is_active_changes_nothing(db):
    model = make_model(1)
    activation.activate(model)
    activation.activate(model)

    assert len(messages(model)) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [("failed", "failed"), ("running", "not ended"), ("cancelled", "been cancelled")],
)
def test_only_a_version_that_succeeded_can_be_activated(db, status, words):
    active = activation.activate(make_model(1))

    with pytest.raises(NotPossible, match=f"its training has {words}"):
        activation.activate(make_model(2, status))

    assert DeduplicationModel.objects.active() == active


def test_deactivating_leaves_no_model(db, reviewer):
    model = activation.activate(make_model(1))

    assert activation.deactivate(reviewer, only=make_model(2)) is None
    assert activation.deactivate(reviewer) == model
    assert DeduplicationModel.objects.active() is None
    assert model.events.last().actor == reviewer
    assert activation.deactivate(reviewer) is None


def test_the_database_refuses_a_second_active_version(db):
    activation.activate(make_model(1))

    with pytest.raises(IntegrityError, match="model_one_active"), transaction.atomic():
        make_model(2, is_active=True)


def measured(average_precision, brier, precision=0.9):
    return {
        "held_out": {
            "average_precision": average_precision, "brier": brier, "precision": precision
        },
        "baseline": {"average_precision": 0.8, "brier": 0.1, "precision": 0.7},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        (measured(0.6, 0.2), "worse than plain similarity"),
        (measured(0.9, 0.05, precision=0.3), "only 30% are"),
    ],
)
def test_a_version_that_measures_badly_is_activated_only_on_purpose(db, metrics, says):
    model = make_model(1, metrics=metrics)
    with pytest.raises(NotFit, match=says):
        activation.activate_checked(model)
    with pytest.raises(CommandError, match=says):
        call_command("activate_model", 1)
    assert not DeduplicationModel.objects.filter(is_active=True).exists()
    call_command("activate_model", 1, "--force")
    assert DeduplicationModel.objects.get(is_active=True) == model


@pytest.mark.parametrize(
    "metrics", [{}, measured(0.9, 0.2), measured(0.7, 0.05), measured(0.9, 0.05)]
)
def test_a_version_better_in_one_way_or_not_measured_needs_no_force(db, metrics):
    assert activation.activate_checked(make_model(1, metrics=metrics)).is_active
