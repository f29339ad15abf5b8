"""Delete old log rows. Never a statement, a decision, a run or a receipt."""

from datetime import timedelta

from django.utils import timezone

from insights.models import DeliveryStatus, WebhookDelivery

KEEP_DELIVERIES = timedelta(days=90)


def prune_deliveries() -> int:
    """Delete old webhook deliveries that are settled, and return how many."""
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEEP_DELIVERIES)
    deleted, _ = old.exclude(status=DeliveryStatus.PENDING).delete()
    return deleted
