"""The ledger of what was asked of a provider: one row a call, priced before and settled after."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ApiCallState(models.TextChoices):
    SENT = "sent", "under way, or its process was killed"
    ANSWERED = "answered"
    FAILED = "failed"


class ApiCall(models.Model):
    """Until it is settled, tokens and cost are the most it can use: so a kill never hides money.

    `cost_usd` is null where the model has no known price. A call's attempts share one row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    purpose = models.CharField(max_length=32, help_text="embedding, extraction, prediction, ...")
    model = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=16, choices=ApiCallState, default=ApiCallState.SENT)
    attempts = models.PositiveIntegerField(default=0)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)
    request_id = models.CharField(max_length=128, blank=True, help_text="The provider's.")
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "api_calls"
        verbose_name = "call of a hosted model"
        verbose_name_plural = "calls of hosted models"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="api_call_newest"),
            # The day's sum, asked for before each call, is read from the index alone.
            models.Index(
                fields=["created_at"],
                include=["prompt_tokens", "completion_tokens", "cost_usd"],
                name="api_call_day",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(cost_usd__isnull=True) | Q(cost_usd__gte=0), name="api_call_cost"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.model} {self.state}"
