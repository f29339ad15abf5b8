"""The caller's identity."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access
from insights.api.http.base import ApiView
from insights.models import Scope


class WhoAmISerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    token = serializers.CharField(allow_null=True, help_text="Its prefix; null in a session.")
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)


class WhoAmI(ApiView):
    access = {"GET": Access(Scope.READ)}

    @extend_schema(operation_id="whoami", responses=WhoAmISerializer)
    def get(self, request: Request) -> Response:
        """Get the user and the token's rights, as the first call of a new script."""
        token: Any = request.auth
        body = {
            "username": request.user.get_username(),
            "token": str(token) if token else None,
            "scopes": token.scopes if token else Scope.values,
            "expires_at": token.expires_at if token else None,
        }
        return Response(WhoAmISerializer(body).data)
