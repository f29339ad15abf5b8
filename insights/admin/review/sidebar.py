"""The sidebar of an item: the day's progress and the reviewer's last decisions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from insights.audit import answers
from insights.models import AuditItem, Cluster, EventKind, MergeDecision, ReviewEvent
from insights.permissions import DECIDE_CLUSTER, StaffRequest
from insights.review import queue
from insights.review.actions import UndoDecision
from insights.types import JSONObject

LAST = 10


@dataclass(frozen=True)
class Last:
    """A decision, or an answer in the audit. `field`: what `pk` is called for the undo."""

    field: str
    pk: UUID
    at: datetime
    what: str
    url: str
    statement: str
    is_undone: bool
    can_undo: bool
    changes: UUID | None = None


def side(request: StaffRequest) -> JSONObject:
    """Return the day's progress and the last decisions and answers."""
    can_undo = request.user.has_perm(UndoDecision.permission)
    can_decide = request.user.has_perm(DECIDE_CLUSTER)
    events = mine(request).select_related("decision__canonical", "cluster__proposed_canonical")[
        :LAST
    ]
    own_answers = answers.answered_by(request.user).select_related(
        "decision__canonical", "decision__cluster__proposed_canonical"
    )[:LAST]
    last = [
        *(_decision(event, can_undo=can_undo, can_decide=can_decide) for event in events),
        *(_answer(item, can_undo=can_decide) for item in own_answers),
    ]
    last.sort(key=lambda one: one.at, reverse=True)
    return {
        "progress": queue.progress(request.user),
        "last": last[:LAST],
        "can_undo": can_undo,
        "can_decide": can_decide,
    }


def mine(request: StaffRequest) -> QuerySet[ReviewEvent]:
    return ReviewEvent.objects.filter(actor=request.user.pk, kind=EventKind.DECIDED).order_by(
        "-created_at", "pk"
    )


def latest(request: StaffRequest) -> MergeDecision | AuditItem | None:
    """Return what the undo key undoes: one's own latest decision in force, or a later answer."""
    event = mine(request).filter(decision__undone_at__isnull=True).first()
    item = answers.answered_by(request.user).first()
    if item is None or item.answered_at is None:
        return event.decision if event else None
    return event.decision if event and event.created_at > item.answered_at else item


def _decision(event: ReviewEvent, *, can_undo: bool, can_decide: bool) -> Last:
    decision = event.decision
    assert decision is not None  # noqa: S101 - the database sees to it
    return Last(
        field="decision",
        pk=decision.pk,
        at=event.created_at,
        what=decision.get_kind_display(),
        url=reverse("admin:insights_mergedecision_change", args=[decision.pk]),
        statement=_statement(decision, event.cluster),
        is_undone=decision.is_undone,
        can_undo=can_undo and not decision.is_undone,
        changes=event.cluster_id
        if can_undo and can_decide and not decision.is_undone and decision.cluster_id
        else None,
    )


def _answer(item: AuditItem, *, can_undo: bool) -> Last:
    decision = item.decision
    assert item.answered_at is not None  # noqa: S101 - the database sees to it
    return Last(
        field="answer",
        pk=item.pk,
        at=item.answered_at,
        what=f"{item.get_verdict_display()} (audit)",
        url=reverse("admin:insights_audititem_change", args=[item.pk]),
        statement=_statement(decision, decision.cluster),
        is_undone=False,
        can_undo=can_undo,
    )


def _statement(decision: MergeDecision, cluster: Cluster | None) -> str:
    return str(decision.canonical or (cluster and cluster.proposed_canonical) or "")
