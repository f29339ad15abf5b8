"""Runs of long work, and the heartbeats of the workers that take it."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from insights.models.source import Source
from insights.signals import run_finished


class RunStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


# A run that waits for a worker and a run that works: at most one of each (in the constraints).
UNFINISHED = [RunStatus.QUEUED, RunStatus.RUNNING]


# A run whose process dies again and again is not started for ever: it is most likely the cause.
MAX_ATTEMPTS = 5


class Run(models.Model):
    """A run's row is written as it goes, so that a killed process leaves its last known state.

    `heartbeat_at` moves with completed work only: a run that is `running` but has not moved for a
    while was killed, and may be taken over. Of a queued run it says when it was last handed over.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=16, choices=RunStatus, default=RunStatus.RUNNING)
    counts = models.JSONField(default=dict, blank=True)
    timings = models.JSONField(default=dict, blank=True, help_text="Seconds by step.")
    error = models.TextField(blank=True)
    progress_step = models.CharField(max_length=64, blank=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often a worker has begun it."
    )

    class Meta:
        abstract = True

    def report(self, step: str, done: int, total: int) -> None:
        """Record progress. One UPDATE by primary key; safe to call a few times a second."""
        self.progress_step, self.progress_done, self.progress_total = step, done, total
        self.heartbeat_at = timezone.now()
        self.save(
            update_fields=["progress_step", "progress_done", "progress_total", "heartbeat_at"]
        )

    @classmethod
    def fail_the_dead(cls, *, but: Self | None, error: str, **among: Any) -> None:
        """Those that a process left running when it died, `but` the one that is to go on. Only for
        who holds their lock; `among`: what else they must be, as for a filter."""
        died = cls._default_manager.filter(status=RunStatus.RUNNING, **among)
        if but is not None:
            died = died.exclude(pk=but.pk)
        died.update(status=RunStatus.FAILED, error=error, finished_at=timezone.now())

    def begin(self, **fields: Any) -> bool:
        """To running; False when it was cancelled, has ended, or was begun too often. Only for who
        holds the run's lock: a row that is running already was then left by a process that died."""
        fields |= {"status": RunStatus.RUNNING, "heartbeat_at": timezone.now()}
        if self.status == RunStatus.QUEUED and not self.attempts:
            fields["started_at"] = fields["heartbeat_at"]
        open_ = type(self)._default_manager.filter(pk=self.pk, status__in=UNFINISHED)
        open_.filter(attempts__gte=MAX_ATTEMPTS).update(
            status=RunStatus.FAILED,
            error=f"Its process ended {MAX_ATTEMPTS} times before the run did. Look for the cause "
            "in the worker's log, then start it again.",
            finished_at=timezone.now(),
        )
        if not open_.update(**fields, attempts=F("attempts") + 1):
            self.refresh_from_db()
            return False
        for name, value in fields.items():
            setattr(self, name, value)
        return True

    def pause(self) -> None:
        """Back into the queue with what it has done so far; it is not held against it."""
        self.status, self.attempts, self.heartbeat_at = RunStatus.QUEUED, 0, timezone.now()
        self.save(update_fields=["status", "attempts", "heartbeat_at"])

    def cancel(self) -> bool:
        """A queued run ends at once, a running one after its present step; False when it ended."""
        this, now = type(self)._default_manager.filter(pk=self.pk), timezone.now()
        asked = this.filter(status=RunStatus.QUEUED).update(
            status=RunStatus.CANCELLED,
            error="Cancelled before it started.",
            cancel_requested_at=now,
            finished_at=now,
        ) or this.filter(status=RunStatus.RUNNING, cancel_requested_at__isnull=True).update(
            cancel_requested_at=now
        )
        self.refresh_from_db()
        return bool(asked)

    def finish(self, status: RunStatus, *, error: str = "", **fields: Any) -> None:
        self.status, self.error, self.finished_at = status, error, timezone.now()
        progress = {"progress_done": self.progress_total} if status == RunStatus.SUCCEEDED else {}
        for name, value in {**fields, **progress}.items():
            setattr(self, name, value)
        self.save(update_fields=["status", "error", "finished_at", *fields, *progress])
        run_finished.send(sender=type(self), run=self)

    def cancel_requested(self) -> bool:
        return (
            type(self)
            ._default_manager.filter(pk=self.pk, cancel_requested_at__isnull=False)
            .exists()
        )


class ProcessingRun(Run):
    """One pass of the pipeline over one source. Its id is the `run_id` of what it created."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="runs")
    options = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "processing_runs"
        ordering = ["-started_at", "id"]
        indexes = [models.Index(fields=["-started_at", "id"], name="processing_run_newest")]
        constraints = [
            # Two workers never process one source at once.
            models.UniqueConstraint(
                fields=["source", "status"],
                condition=Q(status__in=UNFINISHED),
                name="processing_run_one_running_per_source",
            ),
        ]

    def __str__(self) -> str:
        return f"processing of {self.started_at:%Y-%m-%d %H:%M}"


class ClusteringRun(Run):
    """One pass of clustering: over all active insights, or around those that changed."""

    parameters = models.JSONField(default=dict, blank=True)
    model_version = models.CharField(
        max_length=128, blank=True, help_text="Which model's verdicts were used, if any."
    )

    only_new = models.BooleanField(
        default=False, help_text="Only what has changed since the last run, else everything."
    )
    basis = models.TextField(
        blank=True,
        help_text="Models and parameters. A run of what is new needs those of the run before.",
    )

    class Meta:
        db_table = "clustering_runs"
        ordering = ["-started_at", "id"]
        constraints = [
            # "Run now" during a run says so and leaves.
            models.UniqueConstraint(
                fields=["status"],
                condition=Q(status__in=UNFINISHED),
                name="clustering_run_one_running",
            ),
        ]

    def __str__(self) -> str:
        return f"clustering of {self.started_at:%Y-%m-%d %H:%M}"


class Heartbeat(models.Model):
    """When each queue last completed a task. A worker that lives but no longer works shows here."""

    queue = models.CharField(primary_key=True, max_length=64)
    completed_at = models.DateTimeField()
    task = models.CharField(max_length=128, help_text="The task that was completed last.")
    completed = models.PositiveBigIntegerField(default=0, help_text="Tasks so far.")

    class Meta:
        db_table = "heartbeats"
        ordering = ["queue"]

    def __str__(self) -> str:
        return f"{self.queue} {self.completed_at:%Y-%m-%d %H:%M:%S}"
