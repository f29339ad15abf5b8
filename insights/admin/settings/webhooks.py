"""Webhooks, their deliveries, and the workers' heartbeats."""

from django.contrib import admin

from insights.admin.kit.base import RecordAdmin
from insights.models import Heartbeat, Webhook, WebhookDelivery


@admin.register(Heartbeat)
class HeartbeatAdmin(RecordAdmin[Heartbeat]):
    index_order = 120
    list_display = ("queue", "completed_at", "task", "completed")
    fields = list_display


@admin.register(Webhook)
class WebhookAdmin(RecordAdmin[Webhook]):
    index_order = 110
    list_display = ("url", "notices", "is_active", "created_at")
    fields = ("url", "notices", "is_active", "created_at")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(RecordAdmin[WebhookDelivery]):
    index_order = 111
    related = ("webhook",)
    deferred = ("webhook__secret",)
    list_display = (
        "created_at",
        "notice",
        "webhook",
        "status",
        "attempts",
        "response_status",
        "delivered_at",
    )
    list_filter = ("status", "notice")
    fields = (*list_display, "next_attempt_at", "error", "data")
