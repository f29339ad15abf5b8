"""Idempotency keys of scripts, and calls to providers with their cost."""

from django.contrib import admin

from insights.admin.kit.base import RecordAdmin
from insights.models import ApiAnswer, ApiCall, IdempotencyKey


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(RecordAdmin[IdempotencyKey]):
    index_order = 210
    related = ("user",)
    deferred = ("body", "headers")
    ordering = ("-created_at", "pk")
    list_display = ("key", "user", "status", "created_at")
    list_filter = ("created_at",)
    search_fields = ("key",)
    fields = ("key", "user", "fingerprint", "status", "created_at")


@admin.register(ApiCall)
class ApiCallAdmin(RecordAdmin[ApiCall]):
    index_order = 220
    list_display = (
        "created_at",
        "purpose",
        "model",
        "state",
        "prompt_tokens",
        "completion_tokens",
        "cost_usd",
        "latency_ms",
    )
    list_filter = ("state", "created_at")
    search_fields = ("model", "request_id")
    sortable_by = ("created_at",)
    fields = (
        "created_at",
        "purpose",
        "model",
        "state",
        "attempts",
        "prompt_tokens",
        "completion_tokens",
        "cost_usd",
        "latency_ms",
        "status_code",
        "request_id",
        "error",
    )


@admin.register(ApiAnswer)
class ApiAnswerAdmin(RecordAdmin[ApiAnswer]):
    index_order = 230
    deferred = ("answer",)
    list_display = ("key", "purpose", "model", "created_at")
    list_filter = ("created_at",)
    search_fields = ("key",)
    sortable_by = ("created_at",)
    fields = ("key", "purpose", "model", "created_at")
