"""Webhooks: deliveries are stored with the event, signed, sent later and retried.

The signature is `t=<unix time>,v1=<hex>`, an HMAC-SHA256 with the webhook's secret over
"<t>.<body>". A receiver recomputes it and refuses deliveries older than a few minutes.
"""

import hashlib
import hmac
import json
import logging
import time
from datetime import timedelta
from html import escape
from http.client import HTTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from insights.jobs.enqueue import enqueue
from insights.models import (
    BodyFormat,
    DeliveryStatus,
    Notice,
    ReviewerSettings,
    Webhook,
    WebhookDelivery,
)
from insights.permissions import VIEW_INSIGHT
from insights.types import JSONMapping, JSONObject
from insights.webhooks.messages import ABOUT, sentence, with_statements
from insights.webhooks.outbound import post

logger = logging.getLogger(__name__)

BATCH = 100
LISTS = {"insights", "most_said"}  # not for the log
KEPT = timedelta(days=90)
WAITS = [timedelta(minutes=m) for m in (1, 5, 30, 120, 720)]


def notify(notice: Notice, data: JSONMapping) -> None:
    """Queue deliveries in the caller's transaction, and log the event once it commits."""
    scalars = {name: value for name, value in data.items() if value and name not in LISTS}
    told = ", ".join(f"{name} {value}" for name, value in scalars.items())
    transaction.on_commit(lambda: logger.info("%s: %s", notice.value, told), robust=True)
    if ReviewerSettings.objects.filter(notices__contains=[notice]).exists():
        transaction.on_commit(
            lambda: enqueue("insights.tasks.mail_notice", notice.value, dict(data)), robust=True
        )
    webhooks = Webhook.objects.filter(is_active=True, notices__contains=[notice])
    rows = [WebhookDelivery(webhook=one, notice=notice, data=dict(data)) for one in webhooks]
    if not rows:
        return
    WebhookDelivery.objects.bulk_create(rows)
    # The schedule sends it within a minute otherwise.
    transaction.on_commit(lambda: enqueue("insights.tasks.deliver_webhooks"), robust=True)


def mail(notice: str, data: JSONMapping) -> int:
    """Send a notice by e-mail to everybody who chose it and may see insights; return how many."""
    if not settings.EMAIL_HOST:
        return 0
    people = User.objects.filter(
        is_active=True, reviewer_settings__notices__contains=[notice]
    ).exclude(email="")
    text = sentence(notice, with_statements(data))
    sent = 0
    for user in people:
        if user.has_perm(VIEW_INSIGHT):
            sent += send_mail(f"Insight Dedup: {ABOUT[Notice(notice)]}", text, None, [user.email])
    return sent


def deliver_due() -> dict[str, int]:
    """Send the deliveries that are due, each in one process only."""
    counts = {"delivered": 0, "failed": 0}
    for _ in range(BATCH):
        delivery = _take()
        if delivery is None:
            break
        counts["delivered" if _send(delivery) else "failed"] += 1
    return counts


def send_test(webhook: Webhook) -> WebhookDelivery:
    """Send a test at once, and return the delivery with its outcome."""
    delivery = WebhookDelivery.objects.create(
        webhook=webhook, notice=Notice.TEST, data={}, attempts=len(WAITS) + 1
    )
    _send(delivery)
    return delivery


def signature(secret: str, body: bytes, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _take() -> WebhookDelivery | None:
    """Take the next due delivery; its next attempt is set first, in case the process dies."""
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
    except (OSError, HTTPException, ValueError) as trouble:
        error = f"{type(trouble).__name__}: {trouble}"
    else:
        error = "" if 200 <= code < 300 else f"HTTP {code}"
    delivery.error, delivery.response_status = error, code
    if not error:
        delivery.status, delivery.delivered_at = DeliveryStatus.DELIVERED, timezone.now()
    elif delivery.attempts > len(WAITS):
        delivery.status = DeliveryStatus.FAILED
    delivery.save(update_fields=["status", "delivered_at", "response_status", "error"])
    return not error


def _content(delivery: WebhookDelivery) -> JSONObject:
    data = with_statements(delivery.data)
    if delivery.webhook.body_format == BodyFormat.SLACK:
        # Slack takes <, > and & for markup.
        return {"text": escape(sentence(delivery.notice, data), quote=False)}
    return {
        "id": str(delivery.pk),
        "type": delivery.notice,
        "created_at": delivery.created_at.isoformat(),
        "data": data,
    }


def _post(delivery: WebhookDelivery) -> int:
    body = json.dumps(_content(delivery)).encode()
    return post(
        delivery.webhook.url,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": "insight-dedup",
            "X-Insight-Dedup-Delivery": str(delivery.pk),
            "X-Insight-Dedup-Signature": signature(delivery.webhook.secret, body, int(time.time())),
        },
    )


def prune_deliveries() -> int:
    """Delete settled deliveries that are older than KEPT, and return how many."""
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT)
    deleted, _ = old.exclude(status=DeliveryStatus.PENDING).delete()
    return deleted
