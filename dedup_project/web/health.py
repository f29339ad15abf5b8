"""Endpoints for operators: liveness, readiness and metrics."""

import hmac

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer without asking anything else: a restart would not bring a database back."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the database is unreachable.

    Requests are served without Redis, too: long work is done in them or recovered later.
    """
    database, redis = _database(), _redis()
    return JsonResponse(
        {"database": database, "redis": redis}, status=200 if database == "ok" else 503
    )


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Serve Prometheus metrics for the bearer token METRICS_KEY; 404 without that setting."""
    if not settings.METRICS_KEY:
        raise Http404
    wanted = f"Bearer {settings.METRICS_KEY.reveal()}".encode()
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted):
        return HttpResponse("Send METRICS_KEY as a bearer token.\n", status=401)
    from prometheus_client.exposition import CONTENT_TYPE_LATEST

    from dedup_project.web.metrics import exposition

    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()  # the next request begins with a new one
        return "unreachable"
    except Exception:  # raised when the embedded server cannot be started
        return "unreachable"
    return "ok"


def _redis() -> str:
    try:
        cache.get("readyz")
    except Exception:  # any error of redis-py or of the embedded server
        return "unreachable"
    return "ok"
