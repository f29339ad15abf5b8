"""Throw away what nobody needs any more. Never a statement, a decision, a run or a receipt."""

from datetime import timedelta

from django.utils import timezone

from insights.ingest.removal import purge_removed
from insights.models import DeliveryStatus, WebhookDelivery

KEEP_DELIVERIES = timedelta(days=90)


def prune_old() -> dict[str, int]:
    """Delete old rows and return how many of each kind."""
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEEP_DELIVERIES)
    deliveries, _ = old.exclude(status=DeliveryStatus.PENDING).delete()
    return {"webhook_deliveries": deliveries, "removed_sources": purge_removed()}
