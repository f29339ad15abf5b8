"""Retraining runs: the counts they looked at, and their outcome."""

from django.db import models
from django.db.models import Q

from finetuning.models.deduplication_model import DeduplicationModel
from insights.models.light import LightManager
from insights.models.run import UNFINISHED, Run


class RetrainingOutcome(models.TextChoices):
    NOT_NEEDED = "not_needed", "not enough new decisions"
    ACTIVATED = "activated", "new version activated"
    KEPT = "kept", "active version kept"


class RetrainingRun(Run):
    """One retraining run.

    `counts` holds the numbers it looked at; the comparison with the active version is an event of
    `model`.
    """

    model = models.ForeignKey(
        DeduplicationModel, models.SET_NULL, null=True, blank=True, related_name="retraining_runs"
    )
    outcome = models.CharField(max_length=16, choices=RetrainingOutcome, blank=True)
    reason = models.TextField(blank=True)

    objects = LightManager()

    class Meta:
        db_table = "retraining_runs"
        ordering = ["-started_at", "id"]
        constraints = [
            # A schedule that fires during a run says so and does nothing.
            models.UniqueConstraint(
                fields=["status"],
                condition=Q(status__in=UNFINISHED),
                name="retraining_run_one_running",
            ),
        ]

    def __str__(self) -> str:
        return f"retraining of {self.started_at:%Y-%m-%d %H:%M}"
