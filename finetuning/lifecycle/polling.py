"""Advance versions until they are finished, wait for them, or cancel them."""

import logging
import time
from uuid import UUID

from django.db import transaction

from finetuning.backends import backend_named
from finetuning.errors import NotPossible
from finetuning.evaluation.held_out import evaluate_held_out
from finetuning.models import DeduplicationModel, ModelStatus
from finetuning.models.deduplication_model import TERMINAL
from finetuning.training_data.files import file_of
from finetuning.transitions import announce, move, outcome, record
from insights.jobs.locks import advisory_lock
from insights.permissions import Actor

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0


def advance(model_id: UUID) -> DeduplicationModel:
    """Take a model one step further; a local one is trained to the end and evaluated.

    Does nothing when it is finished, or when another process is working on it.
    """
    with advisory_lock(f"model:{model_id}") as free:
        model = DeduplicationModel.objects.get(pk=model_id)
        if not free:
            return model
        if not model.is_finished:
            _attempt(model)
        if model.lacks_evaluation:
            _evaluate(model)
    return model


def submit(model: DeduplicationModel) -> None:
    """Take the first step of a new version, unless another process already does."""
    with advisory_lock(f"model:{model.pk}") as free:
        if free:
            _attempt(model)


def unfinished() -> list[UUID]:
    """Return the versions that `advance` can advance, the oldest first."""
    return list(
        DeduplicationModel.objects.exclude(status__in=TERMINAL)
        .union(DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED, metrics={}))
        .order_by("version")
        .values_list("pk", flat=True)
    )


def wait(model: DeduplicationModel, timeout: float | None = None) -> DeduplicationModel:
    """Advance a model until it is finished, whatever the outcome.

    Raises NotPossible after `timeout` seconds; the work then continues elsewhere.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        model = advance(model.pk)
        if model.is_finished and not model.lacks_evaluation:
            return model
        if deadline is not None and time.monotonic() >= deadline:
            raise NotPossible(
                f"{model} is still {model.get_status_display().lower()} after {timeout:g} s. "
                "Training continues in the background; its page shows how far it is."
            )
        time.sleep(POLL_SECONDS)


def cancel(model: DeduplicationModel, *, actor: Actor = None) -> DeduplicationModel:
    """Cancel an unfinished model. Raises NotPossible when it is already finished."""
    model.refresh_from_db()
    while not model.is_finished:
        backend_named(model.backend).cancel(model)
        if move(model, ModelStatus.CANCELLED, "Cancelled.", actor=actor):
            return model
    raise NotPossible(f"{model} has already {outcome(model)}; there is nothing to cancel.")


def _attempt(model: DeduplicationModel) -> None:
    """Take one step of the backend; an exception becomes the model's error."""
    backend = backend_named(model.backend)
    try:
        if model.status == ModelStatus.VALIDATING_FILES and not model.fine_tune_job_id:
            backend.start(model, file_of(model))
        else:
            backend.advance(model)
    except Exception as error:
        logger.exception("Fine-tuning of %s failed.", model)
        reason = str(error) or type(error).__name__
        move(model, ModelStatus.FAILED, reason, level="error", error=reason)


def _evaluate(model: DeduplicationModel) -> None:
    try:
        model.metrics = evaluate_held_out(model)
    except Exception as error:
        logger.exception("The evaluation of %s failed.", model)
        model.metrics = {"held_out": None, "reason": f"The evaluation failed: {error}"}
        record(model, model.metrics["reason"], level="error")
    else:
        record(model, "Evaluated on the held-out decisions.")
    with transaction.atomic():
        model.save(update_fields=["metrics"])
        announce(model)
