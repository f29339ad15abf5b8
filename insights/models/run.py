"""Runs of long work, and the heartbeats of the workers that do it."""

import uuid
from typing import ClassVar, Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from insights.models.light import LightManager, person
from insights.models.source import Source
from insights.signals import run_finished


class RunStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


# The constraints allow one waiting and one working run.
UNFINISHED = [RunStatus.QUEUED, RunStatus.RUNNING]


# A run whose process keeps dying is most likely the cause, so its restarts are limited.
MAX_ATTEMPTS = 5


class Run(models.Model):
    """A long job. Its row is updated as it works, so a killed process leaves its last known state.

    `heartbeat_at` moves only with completed work: a run that is `running` but has not moved for a
    while was killed and may be taken over. For a queued run it is when it was last enqueued.

    task: dotted name of the Celery task that works on the run; it takes the id.
    """

    task: ClassVar[str]

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
    started_by = person()
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often a worker has started it."
    )

    class Meta:
        abstract = True

    @property
    def lock_name(self) -> str:
        """Return the advisory lock that a worker holds while it works on the run."""
        return f"{self._meta.db_table}:{self.pk}"

    def report(self, step: str, done: int, total: int) -> None:
        """Record progress. One UPDATE by primary key; safe to call a few times a second."""
        self.progress_step, self.progress_done, self.progress_total = step, done, total
        self.heartbeat_at = timezone.now()
        self.save(
            update_fields=["progress_step", "progress_done", "progress_total", "heartbeat_at"]
        )

    @classmethod
    def fail_abandoned(cls, *, except_: Self | None, error: str, **among: object) -> None:
        """Mark as failed the runs that a dead process left running, except one that continues.

        The caller must hold their lock. `among`: further conditions, as for a filter.
        """
        abandoned = cls._default_manager.filter(status=RunStatus.RUNNING, **among)
        if except_ is not None:
            abandoned = abandoned.exclude(pk=except_.pk)
        abandoned.update(status=RunStatus.FAILED, error=error, finished_at=timezone.now())

    def begin(self, **fields: object) -> bool:
        """Set the run to running; False if it was cancelled, has ended, or was begun too often.

        Only the holder of the run's lock may call it: a row that is already running was left by a
        process that died.
        """
        fields |= {"status": RunStatus.RUNNING, "heartbeat_at": timezone.now()}
        if self.status == RunStatus.QUEUED and not self.attempts:
            fields["started_at"] = fields["heartbeat_at"]
        open_ = type(self)._default_manager.filter(pk=self.pk, status__in=UNFINISHED)
        open_.filter(attempts__gte=MAX_ATTEMPTS).update(
            status=RunStatus.FAILED,
            error=f"Its process died {MAX_ATTEMPTS} times before it finished. Look for the cause "
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
        """Put the run back into the queue with its progress; this does not count as an attempt."""
        self.status, self.attempts, self.heartbeat_at = RunStatus.QUEUED, 0, timezone.now()
        self.save(update_fields=["status", "attempts", "heartbeat_at"])

    def cancel(self) -> bool:
        """Cancel a queued run now, a running one after its step; False if it has ended."""
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

    def finish(self, status: RunStatus, *, error: str = "", **fields: object) -> None:
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

    task = "insights.tasks.process_source"

    source = models.ForeignKey(Source, models.CASCADE, related_name="runs")
    options = models.JSONField(default=dict, blank=True)

    objects = LightManager()

    class Meta:
        db_table = "processing_runs"
        ordering = ["-started_at", "id"]
        indexes = [models.Index(fields=["-started_at", "id"], name="processing_run_newest")]
        constraints = [
            # Two workers never process the same source at once.
            models.UniqueConstraint(
                fields=["source", "status"],
                condition=Q(status__in=UNFINISHED),
                name="processing_run_one_running_per_source",
            ),
        ]

    def __str__(self) -> str:
        return f"processing of {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def lock_name(self) -> str:
        return f"source:{self.source_id}"


class ClusteringRun(Run):
    """One clustering run, over all active insights or only around the changed ones."""

    task = "insights.tasks.cluster_all"
    lock_name = "clustering"  # one at a time

    parameters = models.JSONField(default=dict, blank=True)
    model_version = models.CharField(
        max_length=128, blank=True, help_text="The model version that judged pairs, if any."
    )

    only_new = models.BooleanField(
        default=False, help_text="An incremental run; otherwise a full one."
    )
    is_automatic = models.BooleanField(
        default=False, help_text="Nobody asked for it, so a run that somebody asks for replaces it."
    )
    basis = models.TextField(
        blank=True,
        help_text="Models and parameters; an incremental run needs those of the previous run.",
    )

    class Meta:
        db_table = "clustering_runs"
        ordering = ["-started_at", "id"]
        constraints = [
            # "Run now" during a run says so and does nothing.
            models.UniqueConstraint(
                fields=["status"],
                condition=Q(status__in=UNFINISHED),
                name="clustering_run_one_running",
            ),
        ]

    def __str__(self) -> str:
        return f"clustering of {self.started_at:%Y-%m-%d %H:%M}"


class BulkRun(Run):
    """The approval of clusters as one batch, or the undo of that batch.

    It takes the clusters that were open when it was started, or the `decisions` to undo, without
    those of `excluded`. `counts` has the decided ones and those left out.
    """

    task = "insights.tasks.decide_in_bulk"

    batch = models.UUIDField(default=uuid.uuid4, help_text="Of the events of its decisions.")
    is_undo = models.BooleanField(default=False)
    least_probability = models.FloatField(default=1.0)
    comment = models.TextField(blank=True)
    excluded = ArrayField(models.UUIDField(), default=list, blank=True)
    decisions = ArrayField(models.UUIDField(), default=list, blank=True)
    stop = models.ForeignKey(
        "insights.AutoMergeStop",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="undo_runs",
        help_text="The stop of automatic merging whose doubtful merges it undoes.",
    )
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "bulk_runs"
        ordering = ["-started_at", "id"]

    def __str__(self) -> str:
        return f"bulk {'undo' if self.is_undo else 'approval'} of {self.asked_at:%Y-%m-%d %H:%M}"


class Heartbeat(models.Model):
    """The last completed task of each queue; reveals a worker that is alive but does nothing."""

    queue = models.CharField(primary_key=True, max_length=64)
    completed_at = models.DateTimeField()
    task = models.CharField(max_length=128, help_text="The last completed task.")
    completed = models.PositiveBigIntegerField(default=0, help_text="Completed tasks.")

    class Meta:
        db_table = "heartbeats"
        ordering = ["queue"]

    def __str__(self) -> str:
        return f"{self.queue} {self.completed_at:%Y-%m-%d %H:%M:%S}"


AnyRun = TypeVar("AnyRun", bound=Run)
