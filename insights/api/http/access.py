"""Access to the API: tokens and sessions, scopes, Django's permissions, and rate limits."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from rest_framework import authentication, exceptions, permissions, throttling
from rest_framework.request import Request

from insights.api.http.problems import Problem
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
                "This token is unknown. Copy all of it, or make a new one in the admin or with "
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
    """Limits requests per minute by token and scope."""

    def allow_request(self, request: Request, view: Any) -> bool:
        access = access_of(view, request.method)
        if access is None:
            return True
        limit = settings.API_REQUESTS_PER_MINUTE[access.scope]
        self._wait = _spend(request, access.scope, limit, 1)
        return not self._wait

    def wait(self) -> float:
        return self._wait


def charge(request: Request, units: int) -> None:
    """Count work in statements, pairs or rows, against the caller's limit per minute.

    A call starts while anything is left, so even the largest call is possible.
    Raises Problem (429) when nothing is left.
    """
    limit = settings.API_WORK_PER_MINUTE
    if wait := _spend(request, "work", limit, units):
        raise Problem(
            f"This token has used up its {limit:,} statements, pairs or rows per minute. Wait for "
            "the seconds in Retry-After.",
            code="throttled",
            status=429,
            headers={"Retry-After": str(max(1, round(wait)))},
        )


def caller_of(request: Request) -> str:
    return f"token:{request.auth.pk}" if request.auth else f"user:{request.user.pk}"


def _spend(request: Request, name: str, limit: int, units: int) -> float:
    """Add to the caller's use in this minute; return the seconds to wait, 0 for none.

    Redis increments one counter per window, so processes cannot race. Without the cache nobody is
    refused. Middleware answers with what is left (`rate_limit_headers`).
    """
    who = caller_of(request)
    now = time.time()
    try:
        used = count_up(f"throttle:{name}:{who}:{int(now // WINDOW)}", 2 * WINDOW, units)
    except Exception:
        logger.exception("The cache does not count requests; nobody is throttled.")
        return 0.0
    reset = WINDOW - now % WINDOW
    limits = vars(request._request).setdefault("rate_limits", {})
    limits[name] = (limit, max(0, limit - used), math.ceil(reset))
    return reset if used - units >= limit else 0.0


def rate_limit_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Report the remaining limit, as middleware (draft-ietf-httpapi-ratelimit-headers-10)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        limits = getattr(request, "rate_limits", {}).items()
        if limits:
            response["RateLimit-Policy"] = ", ".join(
                f'"{name}";q={limit};w={WINDOW}' for name, (limit, _, _) in limits
            )
            response["RateLimit"] = ", ".join(
                f'"{name}";r={left};t={reset}' for name, (_, left, reset) in limits
            )
        return response

    return middleware


def count_up(key: str, seconds: int, by: int = 1) -> int:
    """Add to a counter that lives for `seconds` from its first use, atomically; return it."""
    try:
        return int(cache.incr(key, by))
    except ValueError:
        return by if cache.add(key, by, seconds) else int(cache.incr(key, by))
