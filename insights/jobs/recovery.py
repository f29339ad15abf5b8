"""Recovery of lost work: queued runs that no worker took, and runs whose process died.

A message may vanish with the broker, a worker with its machine. The runs are rows in the
database, so lost ones are found here and enqueued again. A task that arrives twice does no harm.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from insights.jobs.locks import advisory_lock
from insights.models import BulkRun, ClusteringRun, ProcessingRun, RunStatus
from insights.models.run import Run

# A worker takes a queued run within seconds unless all are busy; then asking again costs nothing.
WAITED = timedelta(minutes=2)


def lost_runs() -> list[Run]:
    """Return the runs to enqueue again, all queued, each to one caller only."""
    found: list[Run] = []
    for kind in (ProcessingRun, ClusteringRun, BulkRun):
        for run in kind._default_manager.filter(status=RunStatus.RUNNING):
            _queue_again_when_died(run)
        waiting = kind._default_manager.filter(
            status=RunStatus.QUEUED, heartbeat_at__lt=timezone.now() - WAITED
        )
        for run in waiting:
            now = timezone.now()
            if waiting.filter(pk=run.pk).update(heartbeat_at=now):
                run.heartbeat_at = now
                found.append(run)
    return found


def _queue_again_when_died(run: Run) -> None:
    """Queue a running run again if its lock is free: its process has died.

    Rows are only created and ended under the lock.
    """
    with advisory_lock(run.lock_name) as free:
        if not free:
            return
        died = type(run)._default_manager.filter(pk=run.pk, status=RunStatus.RUNNING)
        try:
            with transaction.atomic():
                died.update(status=RunStatus.QUEUED, heartbeat_at=timezone.now() - 2 * WAITED)
        except IntegrityError:
            pass  # another run waits already and resumes from there
