"""Log-in of the admin, throttled by account and by address."""

import logging
from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from insights.api.http.access import count_up
from insights.types import JSONObject

logger = logging.getLogger(__name__)

WINDOW = 15 * 60  # seconds
# Wrong passwords in a window. An office may share one address.
MAX_BY_ACCOUNT = 10
MAX_BY_ADDRESS = 50


class ThrottledLoginForm(AdminAuthenticationForm):
    """Refuses even the right password after too many wrong ones, until the window is over.

    Counts in the shared cache, so for all processes together. Without the cache nobody is refused.
    """

    def clean(self) -> JSONObject:
        account = f"login:account:{self.cleaned_data.get('username', '').strip().lower()}"
        address = f"login:address:{client_address(self.request)}"
        if _count(account) >= MAX_BY_ACCOUNT or _count(address) >= MAX_BY_ADDRESS:
            raise ValidationError(
                f"Too many wrong passwords. Try again in {WINDOW // 60} minutes, or ask an "
                "administrator to set a new one.",
                code="throttled",
            )
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            _add(account)
            _add(address)
            raise
        _forget(account)
        return cleaned


def client_address(request: HttpRequest | None) -> str:
    """Return the client's address; behind TRUSTED_PROXIES, as the outermost proxy saw it."""
    if request is None:
        return ""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    trusted = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted and hops[-trusted]:
        return hops[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))


def _count(key: str) -> int:
    try:
        return int(cache.get(key, 0))
    except Exception:
        logger.exception("The cache does not answer; log-ins are not throttled.")
        return 0


def _add(key: str) -> None:
    try:
        count_up(key, WINDOW)
    except Exception:
        logger.exception("The cache does not answer; a wrong password was not counted.")


def _forget(key: str) -> None:
    try:
        cache.delete(key)
    except Exception:
        logger.exception("The cache does not answer; wrong passwords stay counted.")
