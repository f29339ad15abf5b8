"""Blind audit items, and stops of automatic merging."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from insights.models.decision import MergeDecision
from insights.models.lease import Leased
from insights.models.light import LightManager, person
from insights.models.run import UNFINISHED, BulkRun


class AuditVerdict(models.TextChoices):
    SAME = "same", "duplicates"
    NOT_SAME = "not_same", "not duplicates"


class AuditItem(Leased):
    """An automatic merge drawn at random for blind judging, and the answer.

    The reviewer says whether the two statements are duplicates; a wrong merge is undone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.OneToOneField(MergeDecision, models.CASCADE, related_name="audit")
    week = models.DateField(help_text="Monday of the week of the merge (UTC).")
    drawn_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=16, choices=AuditVerdict, blank=True)
    reviewer = person()
    answered_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(blank=True)
    taught = models.ForeignKey(
        MergeDecision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="answers",
        help_text="The label decision that the answer made; undoing it withdraws the answer.",
    )

    objects = LightManager()

    class Meta:
        db_table = "audit_items"
        ordering = ["-drawn_at", "id"]
        indexes = [models.Index(fields=["-drawn_at", "id"], name="audit_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="", answered_at__isnull=True)
                | (~Q(verdict="") & Q(answered_at__isnull=False)),
                name="audit_answered_with_a_verdict",
            ),
        ]

    def __str__(self) -> str:
        return f"audit of {self.drawn_at:%Y-%m-%d}"


class AutoMergeStop(models.Model):
    """A stop of automatic merging. While one is in force, no model merges anything."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stopped_at = models.DateTimeField(default=timezone.now)
    reason = models.TextField()
    model_version = models.CharField(max_length=64, blank=True)
    numbers = models.JSONField(
        default=dict, blank=True, help_text="The audit's figures at the time."
    )
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_by = person(models.PROTECT)
    comment = models.TextField(blank=True)

    class Meta:
        db_table = "auto_merge_stops"
        verbose_name = "auto-merge pause"
        verbose_name_plural = "auto-merge pauses"
        ordering = ["-stopped_at", "id"]
        permissions = [("resume_automerge", "Can resume automatic merging after a stop")]
        constraints = [
            models.UniqueConstraint(
                fields=["resumed_at"],
                condition=Q(resumed_at__isnull=True),
                nulls_distinct=False,
                name="auto_merge_stop_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"stop of {self.stopped_at:%Y-%m-%d %H:%M}"

    def undoing(self) -> BulkRun | None:
        """Return the run that is undoing the merges since the last good audit, if there is one."""
        return self.undo_runs.filter(status__in=UNFINISHED).first()
