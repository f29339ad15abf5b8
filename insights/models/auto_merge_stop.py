"""While one is in force nothing is merged on a model's word, whoever asks for it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class AutoMergeStop(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stopped_at = models.DateTimeField(default=timezone.now)
    reason = models.TextField()
    model_version = models.CharField(max_length=64, blank=True)
    numbers = models.JSONField(default=dict, blank=True, help_text="What the audit had measured.")
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    comment = models.TextField(blank=True)
    undo_asked_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Of the merges since the last good audit.",
    )
    undo_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    undo_finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "auto_merge_stops"
        verbose_name = "stop of auto-merging"
        verbose_name_plural = "stops of auto-merging"
        ordering = ["-stopped_at", "id"]
        permissions = [("resume_automerge", "Can let models merge again after an audit")]
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

    @property
    def is_undoing(self) -> bool:
        return self.undo_asked_at is not None and self.undo_finished_at is None
