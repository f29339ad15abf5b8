"""Webhooks, and a log of their deliveries."""

import secrets
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Notice(models.TextChoices):
    """An event that webhooks can subscribe to. Receivers see the values."""

    JOB_FINISHED = "job.finished"
    VERSION_ACTIVATED = "version.activated"
    AUTO_MERGE_STOPPED = "auto_merge.stopped"
    CLUSTER_DECIDED = "cluster.decided"
    INSIGHT_REPEATED = "insight.repeated"
    INSIGHT_SPIKE = "insight.spike"
    CONTRADICTION_FOUND = "contradiction.found"
    WEEKLY_DIGEST = "digest.weekly"
    TEST = "test"


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def all_notices() -> list[str]:
    return [notice for notice in Notice.values if notice != Notice.TEST]


class BodyFormat(models.TextChoices):
    JSON = "json", "JSON, for a program"
    SLACK = "slack", "A sentence, for a Slack-compatible channel"


class Webhook(models.Model):
    """An address that is notified of events, with the secret that signs each delivery."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    url = models.URLField(max_length=500, unique=True)
    secret = models.CharField(max_length=64, default=new_secret, help_text="Signs each delivery.")
    notices = ArrayField(models.CharField(max_length=32, choices=Notice), default=all_notices)
    body_format = models.CharField(max_length=8, choices=BodyFormat, default=BodyFormat.JSON)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "webhooks"
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.url


class DeliveryStatus(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed", "given up"


class WebhookDelivery(models.Model):
    """One event for one webhook, written in the transaction of the event itself.

    Its id is sent with it, so a receiver can recognise a delivery that arrives twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    notice = models.CharField(max_length=32, choices=Notice)
    data = models.JSONField()
    status = models.CharField(max_length=16, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name_plural = "webhook deliveries"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="delivery_newest"),
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status="pending"),
                name="delivery_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice}, {self.created_at:%Y-%m-%d %H:%M}"


class NoticeMark(models.Model):
    """The time up to which notices of a kind were sent, so that nothing is sent twice."""

    notice = models.CharField(primary_key=True, max_length=32, choices=Notice)
    told_until = models.DateTimeField()
    named = ArrayField(models.UUIDField(), default=list, blank=True)

    class Meta:
        db_table = "notice_marks"
        ordering = ["notice"]

    def __str__(self) -> str:
        return f"{self.notice} until {self.told_until:%Y-%m-%d %H:%M}"
