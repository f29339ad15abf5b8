"""Access to the API: tokens and sessions, scopes, Django's permissions, and rate limits."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework import authentication, exceptions, permissions, throttling
from rest_framework.request import Request

from insights.models import ApiToken, Scope

logger = logging.getLogger(__name__)

WINDOW = 60  # seconds
# What these do is a person's decision: accounts of programs (not staff) may not.
STAFF_SCOPES = {Scope.REVIEW, Scope.TRAIN, Scope.ADMIN}


@dataclass(frozen=True, slots=True)
class Access:
    """The token scope and user permission that a method of a view requires.

    `permission` is empty if authentication is enough.
    """

    scope: str
    permission: str = ""


class TokenAuthentication(authentication.BaseAuthentication):
    """Authentication by `Authorization: Token idt_...`, or Bearer in place of Token."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() not in ("token", "bearer"):
            raise exceptions.AuthenticationFailed(
                "Send the token as “Authorization: Token idt_...”.", "wrong_scheme"
            )
        token = ApiToken.find(key.strip())
        if token is None:
            raise exceptions.AuthenticationFailed(
                "This token is not known. Copy it whole, or make a new one in the admin or with "
                "`manage.py create_api_token`.",
                "token_unknown",
            )
        if token.revoked_at is not None:
            raise exceptions.AuthenticationFailed(
                f"This token was revoked ({token.revoked_at:%Y-%m-%d %H:%M} UTC). Make a new one "
                "in the admin or with `manage.py create_api_token`.",
                "token_revoked",
            )
        if token.is_expired:
            raise exceptions.AuthenticationFailed(
                f"This token expired ({token.expires_at:%Y-%m-%d %H:%M} UTC). Make a new one in "
                "the admin or with `manage.py create_api_token`.",
                "token_expired",
            )
        if not token.user.is_active:
            raise exceptions.AuthenticationFailed(
                "The user of this token is switched off. Ask an administrator.", "user_inactive"
            )
        token.note_use()
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Token realm="api"'


class HasAccess(permissions.BasePermission):
    """Checks the view's `access`; a method that is missing there is answered with 405."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            raise exceptions.NotAuthenticated(
                "Send a token as “Authorization: Token idt_...”; `manage.py create_api_token` and "
                "the admin make one."
            )
        access = access_of(view, request.method)
        if access is None:
            raise exceptions.MethodNotAllowed(
                str(request.method),
                f"{request.method} is not served here. Use {' or '.join(view.access)}.",
            )
        require_access(request, access)
        return True


def require_access(request: Request, access: Access) -> None:
    """Check the access. Raises PermissionDenied, naming the missing scope or permission."""
    token: Any = request.auth
    if token is not None and not token.allows(access.scope):
        raise exceptions.PermissionDenied(
            f"This needs a token with the scope “{access.scope}”; yours has "
            f"{', '.join(token.scopes)}.",
            "scope_missing",
        )
    if access.scope in STAFF_SCOPES and not request.user.is_staff:
        raise exceptions.PermissionDenied(
            f"This needs an account with staff status, which {request.user} does not have. Ask an "
            "administrator for it.",
            "not_staff",
        )
    has_perm = request.user.has_perm if token is None else token.grants
    if access.permission and not has_perm(access.permission):
        raise exceptions.PermissionDenied(
            f"This needs the permission “{access.permission}”, which {request.user} does not have. "
            "Ask an administrator for it.",
            "forbidden",
        )


def access_of(view: Any, method: str | None) -> Access | None:
    found: Access | None = view.access.get("GET" if method == "HEAD" else method)
    return found


class RateThrottle(throttling.BaseThrottle):
    """Limits requests per minute by token and scope, counted in Redis.

    Redis increments one counter per window, so processes cannot race. Without the cache nobody is
    refused.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        access = access_of(view, request.method)
        if access is None:
            return True
        limit = settings.API_REQUESTS_PER_MINUTE[access.scope]
        who = f"token:{request.auth.pk}" if request.auth else f"user:{request.user.pk}"
        now = time.time()
        key = f"throttle:{access.scope}:{who}:{int(now // WINDOW)}"
        try:
            count = count_up(key, 2 * WINDOW)
        except Exception:
            logger.exception("The cache does not count requests; nobody is throttled.")
            return True
        self._wait = WINDOW - now % WINDOW
        return count <= limit

    def wait(self) -> float:
        return self._wait


def count_up(key: str, seconds: int) -> int:
    """Add 1 to a counter that lives for `seconds` from its first use, atomically; return it."""
    try:
        return int(cache.incr(key))
    except ValueError:
        return 1 if cache.add(key, 1, seconds) else int(cache.incr(key))
