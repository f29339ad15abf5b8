"""Move a model from status to status; each step writes an event."""

from django.db import transaction
from django.utils import timezone

from finetuning.models import DeduplicationModel, ModelEvent, ModelStatus
from finetuning.models.deduplication_model import TERMINAL
from insights.models import Notice
from insights.permissions import Actor, account
from insights.types import JSONObject
from insights.webhooks.notify import notify


def record(
    model: DeduplicationModel,
    message: str,
    *,
    level: str = "info",
    data: JSONObject | None = None,
    actor: Actor = None,
) -> ModelEvent:
    return ModelEvent.objects.create(
        model=model, message=message, level=level, data=data or {}, actor=account(actor)
    )


@transaction.atomic
def move(
    model: DeduplicationModel,
    to: ModelStatus,
    message: str,
    *,
    level: str = "info",
    data: JSONObject | None = None,
    actor: Actor = None,
    **fields: object,
) -> bool:
    """Compare and set. False, with nothing written, when another process moved it meanwhile.

    Either way `model` then holds the row as stored.
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
    if model.is_finished and not model.lacks_evaluation:
        announce(model)
    return True


def announce(model: DeduplicationModel) -> None:
    """Notify webhooks that the job has ended: after its evaluation, if it has succeeded."""
    job = {"kind": "fine_tuning", "model": str(model.pk), "version": model.version}
    notify(Notice.JOB_FINISHED, {**job, "status": model.status})


def outcome(model: DeduplicationModel) -> str:
    """Return the outcome as a participle, to follow "has": "succeeded", "been cancelled"."""
    return {
        ModelStatus.SUCCEEDED: "succeeded",
        ModelStatus.FAILED: "failed",
        ModelStatus.CANCELLED: "been cancelled",
    }.get(ModelStatus(model.status), "not ended")
