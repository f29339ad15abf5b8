"""One id per request: taken from X-Request-ID or generated, returned, and in every log line."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar, Token

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("insights.api.http.access")

ALLOWED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """Return the id of the current request or task; "-" outside of one."""
    return _current.get()


def bind_request_id(request_id: str) -> Token[str]:
    """Use this id until another one is bound; `Token.var.reset` restores the previous one."""
    return _current.set(request_id)


class RequestIdMiddleware:
    """Bind an id to each request, and log requests to the API.

    It is the outermost middleware, so every error below it has the id.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        # Not reset afterwards, because Django logs a response after it has left the middleware.
        bind_request_id(given if ALLOWED.fullmatch(given) else uuid.uuid4().hex)
        start = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = current_request_id()
        if request.path.startswith("/api/"):
            logger.info(
                "%s %s %s %.0f ms",
                request.method,
                request.path,
                response.status_code,
                1000 * (time.perf_counter() - start),
            )
        return response


class RequestIdFilter(logging.Filter):
    """Add `request_id` to each log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        return True
