"""Tokens of the calling account: make, list, revoke. A token never grants more than it has."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListView, NoBody
from insights.api.http.fields import Choice, Words
from insights.api.http.problems import Unprocessable
from insights.models import ApiToken, Scope

DAYS = 90


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    scopes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = (
            "id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at",
            "revoked_at",
        )  # fmt: skip


class NewTokenSerializer(TokenSerializer):
    key = serializers.CharField(help_text="Shown in this answer only.")

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "key")


class MakeTokenSerializer(serializers.Serializer[Any]):
    name = Words(max_length=100, help_text="Purpose, such as “nightly import”.")
    scopes = serializers.ListField(
        child=Choice(choices=Scope.values), min_length=1, max_length=len(Scope.values)
    )
    days = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=365,
        help_text="By default 90; at most as many as the calling token was made for.",
    )


class Tokens(ListView):
    """List the account's tokens, the newest first."""

    access = {
        "GET": Access(Scope.READ),
        "POST": Access(Scope.ADMIN, "insights.add_apitoken"),
    }
    serializer_class = TokenSerializer

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=self.account)

    @extend_schema(
        operation_id="make_token",
        request=MakeTokenSerializer,
        responses={201: NewTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a token for the calling account; only this answer has its key."""
        sent = self.body(MakeTokenSerializer)
        caller: Any = request.auth
        days = _days(caller, sent.get("days"))
        until = timezone.now() + timedelta(days=days)
        token, key = ApiToken.make(
            user=self.account, name=sent["name"], scopes=sent["scopes"], expires_at=until
        )
        return Response({**TokenSerializer(token).data, "key": key}, status.HTTP_201_CREATED)


def _days(caller: ApiToken | None, asked: int | None) -> int:
    """Return the new token's days: a token makes none that lives longer than it does itself."""
    if caller is None or caller.expires_at is None:
        return asked or DAYS
    most = max(1, round((caller.expires_at - caller.created_at) / timedelta(days=1)))
    if asked and asked > most:
        raise Unprocessable(
            f"A token makes none that lives longer than itself: at most {most} days. Make longer "
            "ones in the admin.",
            field="days",
        )
    return asked or min(DAYS, most)


class TokenRevoke(ApiView):
    access = {"POST": Access(Scope.ADMIN)}

    @extend_schema(operation_id="revoke_token", request=NoBody, responses=TokenSerializer)
    def post(self, request: Request, id: UUID) -> Response:
        """Revoke a token of the account, or with the permission to change tokens any.

        Whoever uses it is refused from now on.
        """
        tokens = ApiToken.objects.all()
        if not self.account.has_perm("insights.change_apitoken"):
            tokens = tokens.filter(user=self.account)
        token = self.find(tokens, id, "token")
        token.revoke()
        token.refresh_from_db()
        return Response(TokenSerializer(token).data)
