"""Copies of the provider's events of a job."""

from datetime import UTC, datetime
from typing import Any

from finetuning.backends.openai import requests
from finetuning.models import DeduplicationModel, HostedJob, ModelEvent
from insights.openai import Client

LEVELS = {"info": "info", "warn": "warning", "error": "error"}


def take_events(openai: Client, model: DeduplicationModel, job: HostedJob) -> None:
    """Store new events of the job as events of the model, in order, each once."""
    new: list[dict[str, Any]] = []
    for event in requests.optional(requests.events(openai, model.fine_tune_job_id)):
        if event["id"] == job.last_event_id:
            break
        new.append(event)
    if not new:
        return
    ModelEvent.objects.bulk_create(
        ModelEvent(
            model=model,
            created_at=_moment(event.get("created_at")),
            level=LEVELS.get(str(event.get("level")), "info"),
            message=str(event.get("message") or "")[:2000],
        )
        for event in reversed(new)
    )
    job.last_event_id = str(new[0]["id"])[:128]
    job.save(update_fields=["last_event_id"])


def _moment(timestamp: Any) -> datetime:
    return datetime.fromtimestamp(timestamp if isinstance(timestamp, int) else 0, UTC)
