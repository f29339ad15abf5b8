"""One automatic merge drawn for the audit, and what a person said without knowing what it was."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from insights.models.merge_decision import MergeDecision


class AuditVerdict(models.TextChoices):
    SAME = "same", "the same"
    NOT_SAME = "not_same", "not the same"


class AuditItem(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.OneToOneField(MergeDecision, models.CASCADE, related_name="audit")
    week = models.DateField(help_text="The Monday of the week that the merge was made in (UTC).")
    drawn_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=16, choices=AuditVerdict, blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    held_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then only `held_by` is asked about it."
    )

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

    @property
    def is_held(self) -> bool:
        return self.held_until is not None and self.held_until > timezone.now()
