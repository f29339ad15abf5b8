"""Webhooks: add, change, test, rotate the secret, remove."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListView, NoBody
from insights.api.http.fields import Choice
from insights.api.http.idempotency import idempotent
from insights.api.http.problems import Unprocessable
from insights.models import BodyFormat, Scope, Webhook, all_notices
from insights.models.webhook import new_secret
from insights.webhooks.notify import send_test

CHANGE = Access(Scope.ADMIN, "insights.change_webhook")


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    url = serializers.CharField()
    notices = serializers.ListField(child=serializers.CharField())
    body_format = serializers.CharField()

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = ("id", "url", "notices", "body_format", "is_active", "created_at")


class WebhookSecretSerializer(WebhookSerializer):
    """Shown once: the receiver checks signatures with it."""

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")


class WebhookChangeSerializer(serializers.Serializer[Any]):
    notices = serializers.ListField(
        child=Choice(choices=all_notices()), required=False, min_length=1, max_length=20
    )
    body_format = Choice(choices=BodyFormat.values, required=False)
    is_active = serializers.BooleanField(required=False)


class WebhookAddSerializer(WebhookChangeSerializer):
    url = serializers.RegexField(
        r"^https?://[!-~]+$",
        max_length=500,
        help_text="Where events are posted.",
        error_messages={"invalid": "Give an address that starts with https:// or http://."},
    )


class WebhookTestSerializer(serializers.Serializer[Any]):
    arrived = serializers.BooleanField()
    response_status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_blank=True)


class Webhooks(ListView):
    """List the webhooks, the newest first."""

    access = {
        "GET": Access(Scope.ADMIN, "insights.view_webhook"),
        "POST": Access(Scope.ADMIN, "insights.add_webhook"),
    }
    serializer_class = WebhookSerializer

    def get_queryset(self) -> QuerySet[Webhook]:
        return Webhook.objects.all()

    @extend_schema(
        operation_id="add_webhook",
        request=WebhookAddSerializer,
        responses={201: WebhookSecretSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add a webhook; only this answer has its secret."""
        sent = self.body(WebhookAddSerializer)
        added, is_new = Webhook.objects.get_or_create(url=sent.pop("url"), defaults=sent)
        if not is_new:
            raise Unprocessable("There is already a webhook with this address.", field="url")
        return Response(WebhookSecretSerializer(added).data, status=status.HTTP_201_CREATED)


class WebhookDetail(ApiView):
    access = {"GET": Access(Scope.ADMIN, "insights.view_webhook"), "PATCH": CHANGE}

    @extend_schema(operation_id="get_webhook", responses=WebhookSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get one webhook."""
        return Response(WebhookSerializer(self.find(Webhook.objects.all(), id, "webhook")).data)

    @extend_schema(
        operation_id="change_webhook",
        request=WebhookChangeSerializer,
        responses=WebhookSerializer,
    )
    @idempotent
    def patch(self, request: Request, id: UUID) -> Response:
        """Choose its events and what is sent, or switch it off and on."""
        webhook = self.find(Webhook.objects.all(), id, "webhook")
        for name, value in self.body(WebhookChangeSerializer).items():
            setattr(webhook, name, value)
        webhook.save()
        return Response(WebhookSerializer(webhook).data)


class WebhookTest(ApiView):
    access = {"POST": CHANGE}

    @extend_schema(operation_id="test_webhook", request=NoBody, responses=WebhookTestSerializer)
    def post(self, request: Request, id: UUID) -> Response:
        """Send a test now, and say what the receiver answered."""
        delivery = send_test(self.find(Webhook.objects.all(), id, "webhook"))
        said = {
            "arrived": not delivery.error,
            "response_status": delivery.response_status,
            "error": delivery.error,
        }
        return Response(said)


class WebhookRotate(ApiView):
    access = {"POST": CHANGE}

    @extend_schema(
        operation_id="rotate_webhook_secret", request=NoBody, responses=WebhookSecretSerializer
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Replace the secret; only this answer has the new one, which signs from now on."""
        webhook = self.find(Webhook.objects.all(), id, "webhook")
        webhook.secret = new_secret()
        webhook.save(update_fields=["secret"])
        return Response(WebhookSecretSerializer(webhook).data)


class WebhookRemove(ApiView):
    access = {"POST": Access(Scope.ADMIN, "insights.delete_webhook")}

    @extend_schema(operation_id="remove_webhook", request=NoBody, responses={204: None})
    def post(self, request: Request, id: UUID) -> Response:
        """Remove it together with the log of its deliveries."""
        self.find(Webhook.objects.all(), id, "webhook").delete()
        return Response(status=status.HTTP_204_NO_CONTENT)
