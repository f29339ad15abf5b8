"""Calls to OpenAI or a compatible server, kept answers, and what each server understands."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ApiCallState(models.TextChoices):
    SENT = "sent", "under way, or its process was killed"
    ANSWERED = "answered"
    FAILED = "failed"


class ApiCall(models.Model):
    """One call to a provider: priced before it is sent and settled afterwards.

    Until then, tokens and cost are the most that the call can use, so a killed process never hides
    money. `cost_usd` is null if the model's price is unknown. All attempts of a call share one row.
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
            # The day's sum, needed before each call, is read from the index alone.
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


class ApiAnswer(models.Model):
    """A provider's answer, kept so that the same question is paid for once.

    The key is a hash of everything that shapes the answer: model, prompt and format.
    """

    key = models.CharField(primary_key=True, max_length=64, editable=False)
    purpose = models.CharField(max_length=32)
    model = models.CharField(max_length=255)
    answer = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "api_answers"
        verbose_name = "answer of a hosted model"
        verbose_name_plural = "answers of hosted models"
        ordering = ["-created_at", "key"]
        indexes = [models.Index(fields=["-created_at", "key"], name="api_answer_newest")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.model} {self.key[:8]}"


class ProviderDialect(models.Model):
    """The protocol dialect of one model at one server (`insights.openai.dialect`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    server = models.CharField(max_length=500, blank=True, help_text="Empty: OpenAI itself.")
    model = models.CharField(max_length=255)
    learnt = models.JSONField(
        default=dict, blank=True, help_text="Each feature that is not in OpenAI's form."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "provider_dialects"
        verbose_name = "provider dialect"
        ordering = ["server", "model"]
        constraints = [
            models.UniqueConstraint(fields=["server", "model"], name="provider_dialect_once")
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.server or 'OpenAI'}"
