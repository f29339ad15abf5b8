"""How a version that decides fares as time goes on: measured anew by the schedule, a row a day."""

import uuid

from django.db import models
from django.utils import timezone

from finetuning.models.deduplication_model import DeduplicationModel


class ModelEvaluation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(DeduplicationModel, models.CASCADE, related_name="evaluations")
    measured_on = models.DateField()
    measured_at = models.DateTimeField(default=timezone.now)
    pairs = models.PositiveIntegerField(help_text="Held-out pairs that it was measured on.")
    new_pairs = models.PositiveIntegerField(help_text="Of these, decided since it was trained.")
    metrics = models.JSONField(
        default=dict, help_text="On all pairs, on the new ones, and on what it would merge."
    )
    drift = models.JSONField(default=list, help_text="A week each, against the training pairs.")
    curve = models.JSONField(default=dict, help_text="Quality by number of decisions.")

    class Meta:
        db_table = "model_evaluations"
        ordering = ["-measured_at", "id"]
        indexes = [models.Index(fields=["-measured_at", "id"], name="model_evaluation_newest")]
        constraints = [
            # A task that runs twice in a day writes one row.
            models.UniqueConstraint(fields=["model", "measured_on"], name="evaluation_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"evaluation of {self.measured_on}"
