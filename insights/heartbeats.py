"""The workers' sign of life: not that a process runs, but that tasks get done."""

from datetime import datetime

from django.db.models import F
from django.utils import timezone

from insights.models import Heartbeat


def record_completed(queue: str, task: str) -> None:
    now = timezone.now()
    _, created = Heartbeat.objects.get_or_create(
        queue=queue, defaults={"completed_at": now, "task": task, "completed": 1}
    )
    if not created:
        Heartbeat.objects.filter(queue=queue).update(
            completed_at=now, task=task, completed=F("completed") + 1
        )


def last_completed(queue: str) -> datetime | None:
    return Heartbeat.objects.filter(queue=queue).values_list("completed_at", flat=True).first()
