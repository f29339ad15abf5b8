"""Tell webhooks what happened: written down with it, signed, sent later, tried again.

The signature is `t=<unix time>,v1=<hex>`, an HMAC-SHA256 with the webhook's secret over
"<t>.<body>". A receiver computes it again, and refuses what is older than some minutes.
"""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.db import transaction
from django.utils import timezone

from insights.jobs.enqueue import enqueue
from insights.models import DeliveryStatus, Notice, Webhook, WebhookDelivery

logger = logging.getLogger(__name__)

TIMEOUT = 10.0  # seconds
BATCH = 100
WAITS = [timedelta(minutes=m) for m in (1, 5, 30, 120, 720)]


def notify(notice: Notice, data: Mapping[str, Any]) -> None:
    """In the caller's transaction: without its commit nobody is told. Into the log, too."""
    told = ", ".join(f"{name} {value}" for name, value in data.items() if value)
    transaction.on_commit(lambda: logger.info("%s: %s", notice.value, told), robust=True)
    webhooks = Webhook.objects.filter(is_active=True, notices__contains=[notice])
    rows = [WebhookDelivery(webhook=one, notice=notice, data=dict(data)) for one in webhooks]
    if not rows:
        return
    WebhookDelivery.objects.bulk_create(rows)
    # Or within a minute, by the schedule.
    transaction.on_commit(lambda: enqueue("insights.tasks.deliver_webhooks"), robust=True)


def deliver_due() -> dict[str, int]:
    """Send what is due, each by one process at a time."""
    counts = {"delivered": 0, "failed": 0}
    for _ in range(BATCH):
        delivery = _take()
        if delivery is None:
            break
        counts["delivered" if _send(delivery) else "failed"] += 1
    return counts


def signature(secret: str, body: bytes, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _take() -> WebhookDelivery | None:
    """The next due one. Its next attempt is set first: a process that dies has used one up."""
    with transaction.atomic():
        delivery = (
            WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("webhook")
            .filter(status=DeliveryStatus.PENDING, next_attempt_at__lte=timezone.now())
            .order_by("next_attempt_at")
            .first()
        )
        if delivery is not None:
            wait = WAITS[min(delivery.attempts, len(WAITS) - 1)]
            delivery.attempts += 1
            delivery.next_attempt_at = timezone.now() + wait
            delivery.save(update_fields=["attempts", "next_attempt_at"])
    return delivery


def _send(delivery: WebhookDelivery) -> bool:
    error, code = "", None
    try:
        code = _post(delivery)
    except HTTPError as refused:
        error, code = f"HTTP {refused.code}", refused.code
    except (OSError, HTTPException, ValueError) as trouble:
        error = f"{type(trouble).__name__}: {trouble}"
    delivery.error, delivery.response_status = error, code
    if not error:
        delivery.status, delivery.delivered_at = DeliveryStatus.DELIVERED, timezone.now()
    elif delivery.attempts > len(WAITS):
        delivery.status = DeliveryStatus.FAILED
    delivery.save(update_fields=["status", "delivered_at", "response_status", "error"])
    return not error


def _post(delivery: WebhookDelivery) -> int:
    body = json.dumps(
        {
            "id": str(delivery.pk),
            "type": delivery.notice,
            "created_at": delivery.created_at.isoformat(),
            "data": delivery.data,
        }
    ).encode()
    if not delivery.webhook.url.startswith(("https://", "http://")):
        raise ValueError("a webhook's address starts with https:// or http://")
    request = Request(  # noqa: S310 - the scheme was checked just above
        delivery.webhook.url,
        data=body,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "insight-dedup",
            "X-Insight-Dedup-Delivery": str(delivery.pk),
            "X-Insight-Dedup-Signature": signature(delivery.webhook.secret, body, int(time.time())),
        },
    )
    with _opener.open(request, timeout=TIMEOUT) as response:
        return int(response.status)


class _NoRedirects(HTTPRedirectHandler):
    """A receiver that moved has to say so to a person: a signed body goes nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = build_opener(_NoRedirects)
