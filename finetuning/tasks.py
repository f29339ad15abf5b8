"""Celery tasks: load by id, call one service, return a small dict. Each may run twice."""

from typing import Any
from uuid import UUID

from celery import shared_task

from finetuning import lifecycle, retraining
from finetuning.models import DeduplicationModel

POLL_SECONDS = 30


@shared_task
def advance_model(model_id: str) -> dict[str, Any]:
    try:
        model = lifecycle.advance(UUID(model_id))
    except DeduplicationModel.DoesNotExist:
        return {"skipped": "the model was deleted"}
    if not model.is_finished:  # a hosted job takes its time, or another process has it in hand
        advance_model.apply_async((model_id,), countdown=POLL_SECONDS)
    return {"model": model_id, "status": model.status}


@shared_task
def retrain() -> dict[str, Any]:
    try:
        run = retraining.retrain()
    except retraining.AlreadyRetraining as error:
        return {"skipped": str(error)}
    return {"run": str(run.pk), "status": run.status, "outcome": run.outcome}
