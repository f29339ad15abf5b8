"""Progress in words: what a queued run waits for, and how long a running one has left."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from insights.jobs.heartbeats import silence
from insights.models import ClusteringRun, ProcessingRun, RunStatus
from insights.models.run import Run


def waits_for(run: Run) -> str:
    """Return one sentence: the run that is at work before it, or what to do about the workers."""
    clustering = ClusteringRun.objects.filter(status=RunStatus.RUNNING).first()
    if isinstance(run, ClusteringRun) and clustering is not None:
        return f"Waits for the clustering that is running ({_progress(clustering)})."
    reading = ProcessingRun.objects.filter(status=RunStatus.RUNNING).select_related("source")
    busy = [f"“{one.source}” ({_progress(one)})" for one in reading[:2]]
    if clustering is not None:
        busy.append(f"the clustering ({_progress(clustering)})")
    if busy:
        return f"Waits for a free worker. At work: {', '.join(busy)}."
    return silence(settings.CELERY_TASK_ROUTES[run.task]["queue"]) or "A worker will start it soon."


def _progress(run: Run) -> str:
    return (
        remaining(run.progress_done, run.progress_total, run.started_at)
        or run.progress_step
        or "starting"
    )


def remaining(done: int | None, total: int | None, started_at: datetime | None) -> str:
    """Return "3,210 of 5,033, 2 min left", or nothing while that is unknown."""
    if not done or not total or started_at is None:
        return ""
    seconds = (timezone.now() - started_at).total_seconds() * (total - done) / done
    left = f"{seconds / 60:.0f} min left" if seconds >= 60 else "almost done"
    return f"{done:,} of {total:,}, {left}"
