"""The default schedules that `manage.py seed_schedules` writes for django-celery-beat.

All times are UTC. People change them in the admin, and a changed one is left alone.
"""

from dataclasses import dataclass
from importlib import import_module

from celery.schedules import crontab, schedule
from django.conf import settings
from django.db import transaction
from django_celery_beat.models import (
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
)

MINUTE = schedule(60)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A default schedule; `queue` only if it is not the task's own (CELERY_TASK_ROUTES)."""

    name: str
    task: str
    when: schedule | crontab
    queue: str | None = None


def defaults() -> list[Scheduled]:
    retraining = (
        schedule(settings.RETRAIN_EVERY_SECONDS)
        if settings.RETRAIN_EVERY_SECONDS
        else crontab(minute="0", hour="3", day_of_week="1")
    )
    return [
        Scheduled("Follow training jobs", "finetuning.tasks.poll_fine_tuning", MINUTE),
        Scheduled("Recover lost jobs", "insights.tasks.sweep_lost", MINUTE),
        Scheduled("Deliver webhooks", "insights.tasks.deliver_webhooks", MINUTE),
        Scheduled(
            "Draw the audit sample",
            "insights.tasks.draw_audit",
            schedule(settings.AUDIT_EVERY_SECONDS),
        ),
        Scheduled(
            "Cluster new insights",
            "insights.tasks.cluster_new",
            schedule(settings.CLUSTER_EVERY_SECONDS),
        ),
        Scheduled(
            "Cluster everything",
            "insights.tasks.cluster_all",
            crontab(minute="0", hour="1", day_of_week="0"),
        ),
        Scheduled("Embed new insights", "insights.tasks.embed_missing_vectors", schedule(3600)),
        Scheduled("Draw the map", "insights.tasks.draw_map", crontab(minute="45", hour="3")),
        Scheduled("Delete old data", "insights.tasks.prune", crontab(minute="30", hour="4")),
        Scheduled("Check OpenAI status", "finetuning.tasks.look_at_provider", crontab(minute="17")),
        Scheduled(
            "Draw the learning curve",
            "finetuning.tasks.draw_learning_curve",
            crontab(minute="30", hour="2"),
        ),
        Scheduled("Send notices", "insights.tasks.watch", schedule(600)),
        Scheduled(
            "Send the weekly digest",
            "insights.tasks.weekly_digest",
            crontab(minute="0", hour="7", day_of_week="1"),
        ),
        Scheduled("Retrain", "finetuning.tasks.retrain", retraining),
        *(
            Scheduled(f"Heartbeat of the queue {queue}", "insights.tasks.heartbeat", MINUTE, queue)
            for queue in settings.QUEUES
        ),
    ]


@transaction.atomic
def seed() -> dict[str, int]:
    """Write the defaults and count them: created, updated, or kept as somebody changed them."""
    counts = {"created": 0, "updated": 0, "kept": 0}
    for wanted in defaults():
        kind, stored = _stored(wanted.when)
        fields = {"interval": None, "crontab": None, kind: stored, "description": _seeded(stored)}
        row, created = PeriodicTask.objects.get_or_create(
            name=wanted.name, defaults={"task": wanted.task, "queue": wanted.queue, **fields}
        )
        if created:
            counts["created"] += 1
        elif not _is_as_seeded(row):
            counts["kept"] += 1
        elif row.description != fields["description"]:
            PeriodicTask.objects.filter(pk=row.pk).update(**fields)
            counts["updated"] += 1
    for row in PeriodicTask.objects.filter(task__regex=r"^(insights|finetuning)\.tasks\."):
        module, _, name = row.task.rpartition(".")
        if not hasattr(import_module(module), name):
            row.delete()  # of an older release
    if counts["updated"]:
        PeriodicTasks.update_changed()
    return counts


def _stored(when: schedule | crontab) -> tuple[str, IntervalSchedule | CrontabSchedule]:
    if isinstance(when, crontab):
        found = CrontabSchedule.from_schedule(when)
        found.timezone = "UTC"
        kind = "crontab"
    else:
        found, kind = IntervalSchedule.from_schedule(when), "interval"
    if found.pk is None:
        found.save()
    found.refresh_from_db()  # read back in the form that the database keeps
    return kind, found


def _seeded(stored: IntervalSchedule | CrontabSchedule) -> str:
    """Return a note of what was written, which later tells whether a person has changed it."""
    return f"Seeded: {stored}"


def _is_as_seeded(row: PeriodicTask) -> bool:
    return row.enabled and row.description == _seeded(row.crontab or row.interval)
