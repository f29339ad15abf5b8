"""Many pairs asked of a hosted model at once, by the Batch API: answered within a day."""

import uuid

from django.db import models
from django.utils import timezone

from finetuning.models.deduplication_model import DeduplicationModel


class HostedBatchManager(models.Manager["HostedBatch"]):
    def get_queryset(self) -> models.QuerySet["HostedBatch"]:
        return super().get_queryset().defer("content")  # up to 190 MB


class HostedBatch(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(DeduplicationModel, models.CASCADE, related_name="batches")
    mode = models.CharField(max_length=16)
    content = models.TextField(help_text="The requests, JSON Lines.")
    requests = models.PositiveIntegerField()
    upload = models.CharField(max_length=128, blank=True)
    create_asked_at = models.DateTimeField(null=True, blank=True)
    batch_id = models.CharField(max_length=128, blank=True, help_text="The provider's.")
    status = models.CharField(max_length=32, blank=True, help_text="In the provider's words.")
    answered = models.PositiveIntegerField(default=0)
    failures = models.JSONField(default=dict, blank=True, help_text="How many, by reason.")
    call = models.UUIDField(null=True, blank=True, help_text="The ledger's row (api_calls).")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = HostedBatchManager()

    class Meta:
        db_table = "hosted_batches"
        verbose_name_plural = "hosted batches"
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return f"{self.requests} pairs, {self.status or 'not sent yet'}"
