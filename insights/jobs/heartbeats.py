"""The workers' sign of life: completed tasks, not running processes."""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from insights.models import Heartbeat

# Beat gives each queue a small task a minute (dedup_project.schedules).
SILENT_AFTER = timedelta(minutes=3)
CLOCK_SKEW = timedelta(seconds=30)


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


def silence(queue: str) -> str | None:
    """Return advice if no worker serves the queue; None if one did recently."""
    last = last_completed(queue)
    way_out = (
        f"If no worker runs for the queue “{queue}”, start one with `make worker`; one that is "
        "busy takes this next."
    )
    if last is None:
        return f"No worker has reported yet. {way_out}"
    quiet = age(last)
    if quiet <= SILENT_AFTER:
        return None
    return f"No worker has reported for {quiet // timedelta(minutes=1)} minutes. {way_out}"


def age(completed_at: datetime) -> timedelta:
    """Return the time since a heartbeat. One from the future (a clock set back) counts as old."""
    passed = timezone.now() - completed_at
    return passed if passed >= -CLOCK_SKEW else 2 * SILENT_AFTER
