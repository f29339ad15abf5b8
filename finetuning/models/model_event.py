"""What happened to a model: training steps, its loss curve, activation and deactivation."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from finetuning.models.deduplication_model import DeduplicationModel


class ModelEvent(models.Model):
    model = models.ForeignKey(DeduplicationModel, models.CASCADE, related_name="events")
    created_at = models.DateTimeField(default=timezone.now)
    level = models.CharField(max_length=16, default="info")
    message = models.TextField()
    data = models.JSONField(default=dict, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "model_events"
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.message
