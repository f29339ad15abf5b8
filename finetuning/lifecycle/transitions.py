"""A model's way through its statuses, each step with an event."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from finetuning.models import DeduplicationModel, ModelEvent, ModelStatus
from finetuning.models.deduplication_model import TERMINAL
from insights.models import Notice
from insights.webhooks import notify


def record(
    model: DeduplicationModel,
    message: str,
    *,
    level: str = "info",
    data: dict[str, Any] | None = None,
    actor: Any = None,
) -> ModelEvent:
    return ModelEvent.objects.create(
        model=model, message=message, level=level, data=data or {}, actor=actor
    )


@transaction.atomic
def move(
    model: DeduplicationModel,
    to: ModelStatus,
    message: str,
    *,
    level: str = "info",
    data: dict[str, Any] | None = None,
    actor: Any = None,
    **fields: Any,
) -> bool:
    """Compare and set: False, and nothing written, when somebody else moved it meanwhile.

    `model` then holds what stands in the database.
    """
    fields["status"] = to
    if to in TERMINAL:
        fields["finished_at"] = timezone.now()
    current = DeduplicationModel.objects.filter(pk=model.pk, status=model.status)
    if current.update(**fields) != 1:
        model.refresh_from_db()
        return False
    for name, value in fields.items():
        setattr(model, name, value)
    record(model, message, level=level, data=data, actor=actor)
    if to in TERMINAL:
        told = {"kind": "fine_tuning", "model": str(model.pk), "version": model.version}
        notify(Notice.JOB_FINISHED, {**told, "status": str(to)})
    return True
