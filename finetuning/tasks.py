"""Celery tasks: load by id, call one service, return a small dict. Each may run twice."""

from uuid import UUID

from celery import shared_task

from finetuning.evaluation import learning_curve
from finetuning.lifecycle import polling, retraining
from finetuning.models import DeduplicationModel
from insights.jobs.enqueue import enqueue
from insights.openai import ProviderError
from insights.types import JSONObject


@shared_task
def advance_model(model_id: str) -> JSONObject:
    try:
        model = polling.advance(UUID(model_id))
    except DeduplicationModel.DoesNotExist:
        return {"skipped": "the model was deleted"}
    return {"model": model_id, "status": model.status}


@shared_task
def poll_fine_tuning() -> JSONObject:
    """Advance each version in training, and the retraining run, by one step."""
    models = polling.unfinished()
    for model_id in models:
        enqueue("finetuning.tasks.advance_model", str(model_id))
    if retraining.is_under_way():
        enqueue("finetuning.tasks.continue_retraining")
    return {"models": len(models)}


@shared_task
def look_at_provider() -> JSONObject:
    """Check the provider's shutdown dates; make no call without a hosted version."""
    from finetuning.backends.openai import shutdown

    try:
        changed = shutdown.watch()
    except ProviderError as error:
        return {"skipped": str(error)}
    return {"shutdown_dates": len(changed)}


@shared_task
def continue_retraining() -> JSONObject:
    run = retraining.go_on()
    return {"run": str(run.pk), "status": run.status} if run else {"skipped": "nothing to continue"}


@shared_task
def draw_learning_curve() -> JSONObject:
    """Measure what more decisions would bring, for the front page."""
    return {"points": len(learning_curve.draw().get("points", ()))}


@shared_task
def retrain() -> JSONObject:
    try:
        run = retraining.retrain()
    except retraining.AlreadyRetraining as error:
        return {"skipped": str(error)}
    return {"run": str(run.pk), "status": run.status, "outcome": run.outcome}
