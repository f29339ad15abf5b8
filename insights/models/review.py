"""Events of the review screen, and each reviewer's own settings."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from insights.models.audit import AuditItem
from insights.models.cluster import Cluster
from insights.models.decision import MergeDecision
from insights.models.light import LightManager


class EventKind(models.TextChoices):
    DECIDED = "decided"
    UNDONE = "undone"
    RESTORED = "restored"  # the decision that had changed it was undone
    SKIPPED = "skipped"
    UNSURE = "unsure"
    WITHDRAWN = "withdrawn", "answer withdrawn"


PASSES = [EventKind.SKIPPED, EventKind.UNSURE]


class ReviewEvent(models.Model):
    """One act of one reviewer. Rows are only ever added.

    Decisions and undos refer to the decision, a skip only to its cluster, a withdrawal to the audit
    item and the answer it had.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=EventKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="review_events"
    )
    cluster = models.ForeignKey(
        Cluster, models.CASCADE, null=True, blank=True, related_name="events"
    )
    decision = models.ForeignKey(
        MergeDecision, models.PROTECT, null=True, blank=True, related_name="events"
    )
    audit = models.ForeignKey(
        AuditItem, models.CASCADE, null=True, blank=True, related_name="events"
    )
    answer = models.JSONField(
        default=dict, blank=True, help_text="The withdrawn answer, as it was in the audit item."
    )
    batch = models.UUIDField(
        null=True, blank=True, help_text="Shared by decisions that were made as one."
    )
    comment = models.TextField(blank=True)
    reasons = models.JSONField(
        default=list, blank=True, help_text="The reasons that were selected."
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = LightManager()

    class Meta:
        db_table = "review_events"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="review_event_newest"),
            models.Index(fields=["actor", "-created_at"], name="review_event_actor"),
            # For each cluster, the queue checks whether this reviewer has skipped it.
            models.Index(
                fields=["cluster", "actor"],
                condition=Q(kind__in=["skipped", "unsure"]),
                name="review_event_passed",
            ),
            models.Index(
                fields=["batch"], condition=Q(batch__isnull=False), name="review_event_batch"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["decided", "undone", "restored"], decision__isnull=False)
                | Q(kind__in=["skipped", "unsure"], cluster__isnull=False)
                | Q(kind="withdrawn", audit__isnull=False),
                name="review_event_of_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"


class ReviewerSettings(models.Model):
    """One reviewer's keys, and whether the review screen shows them the model's opinion."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="reviewer_settings",
    )
    keys = models.JSONField(default=dict, blank=True, help_text="Key by action, where changed.")
    is_blind = models.BooleanField(default=False, help_text="Hide the model's opinion.")
    notices = ArrayField(
        models.CharField(max_length=32), default=list, blank=True, help_text="Sent by e-mail."
    )

    class Meta:
        db_table = "reviewer_settings"
        verbose_name_plural = "reviewer settings"

    def __str__(self) -> str:
        return str(self.user)
