"""Withdraw an audit answer: the item waits again, and an event keeps the answer."""

from django.contrib.auth.models import User
from django.utils import timezone

from insights.models import AuditItem, EventKind, MergeDecision, ReviewEvent
from insights.models.lease import LEASE


def withdraw_answer_of(decision: MergeDecision, actor: User) -> None:
    """Withdraw the answer that made this decision, if one did.

    Runs in the caller's transaction, with the decision locked.
    """
    items = AuditItem.objects.select_for_update(of=("self",)).filter(taught=decision)
    for item in items.exclude(verdict=""):
        unanswer(item, actor)


def unanswer(item: AuditItem, actor: User) -> None:
    """Return a locked item to the reviewer who had answered it."""
    ReviewEvent.objects.create(
        kind=EventKind.WITHDRAWN,
        actor=actor,
        audit=item,
        cluster=item.decision.cluster,
        decision=item.taught,
        comment=item.comment,
        answer={
            "verdict": item.verdict,
            "reviewer": item.reviewer_id,
            "answered_at": item.answered_at.isoformat() if item.answered_at else None,
        },
    )
    item.held_by, item.held_until = item.reviewer, timezone.now() + LEASE
    item.verdict, item.comment = "", ""
    item.reviewer = item.answered_at = item.taught = None
    item.save()
