"""What stands beside each item: the day's progress, and the reviewer's last decisions."""

from typing import Any

from django.http import HttpRequest

from insights.models import EventKind, ReviewEvent
from insights.review import queue
from insights.review.actions import UndoDecision

LAST = 10


def side(request: HttpRequest) -> dict[str, Any]:
    """The day's progress and the last decisions."""
    events = list(
        mine(request)
        .select_related("decision__canonical", "cluster__proposed_canonical")
        .defer("decision__canonical__embedding", "cluster__proposed_canonical__embedding")[:LAST]
    )
    return {
        "progress": queue.progress(request.user),
        "last": events,
        "can_undo": request.user.has_perm(UndoDecision.permission),
        "can_decide": request.user.has_perm(queue.PERMISSION),
    }


def mine(request: HttpRequest) -> Any:
    return ReviewEvent.objects.filter(actor=request.user.pk, kind=EventKind.DECIDED).order_by(
        "-created_at", "pk"
    )
