"""A reviewer's blind answer to an audited merge, and what follows from it."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from insights.audit.stop import stop_if_too_low
from insights.models import (
    AuditItem,
    AuditVerdict,
    DecisionKind,
    DecisionMember,
    Insight,
    InsightSource,
    MemberRole,
    MergeDecision,
    PairLabel,
)
from insights.review.actions import UndoDecision
from insights.review.actions.base import require
from insights.review.errors import ReviewError, Stale
from insights.review.labels import refresh_labels
from insights.review.state import lock_insights

logger = logging.getLogger(__name__)

PERMISSION = "insights.decide_cluster"
LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class BlindPair:
    """Two statements and where they stand: not which was merged, by whom, or how surely."""

    item: AuditItem
    statements: tuple[str, str]
    places: tuple[list[InsightSource], list[InsightSource]]


def claim(reviewer: Any) -> AuditItem | None:
    """Lease the oldest unanswered item to the reviewer; None when nothing is left for them."""
    require(reviewer, PERMISSION, "audit merges")
    now = timezone.now()
    free = Q(held_until__isnull=True) | Q(held_until__lte=now) | Q(held_by=reviewer)
    with transaction.atomic():
        item = (
            AuditItem.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(free, verdict="")
            .order_by("drawn_at", "pk")
            .first()
        )
        if item is not None:
            item.held_by, item.held_until = reviewer, now + LEASE
            item.save(update_fields=["held_by", "held_until"])
    return item


def blind_pair(item: AuditItem) -> BlindPair:
    """The two as they were at the time, in an order that says nothing."""
    insights = list(_members(item))
    insights.sort(key=lambda one: hashlib.sha256(f"{item.pk}{one.pk}".encode()).digest())
    places: dict[UUID, list[InsightSource]] = {one.pk: [] for one in insights}
    found = InsightSource.objects.filter(origin_insight__in=insights).select_related("source")
    for place in found.defer("source__content").order_by("pk"):
        places[place.origin_insight_id].append(place)
    first, second = insights
    return BlindPair(
        item, (first.statement, second.statement), (places[first.pk], places[second.pk])
    )


def answer(item_id: UUID, *, reviewer: Any, same: bool, comment: str = "") -> AuditItem:
    """Record the verdict; a wrong merge is undone, and may stop all others. Either answer is a
    decision of its own, which the next model learns from as from any other.

    Raises Forbidden, Stale (answered already, or held by somebody else) or ReviewError.
    """
    require(reviewer, PERMISSION, "audit merges")
    with transaction.atomic():
        item = (
            AuditItem.objects.select_for_update(of=("self",))
            .select_related("decision", "held_by", "reviewer")
            .filter(pk=item_id)
            .first()
        )
        if item is None:
            raise ReviewError(f"There is no audit item {item_id}.")
        if item.verdict:
            raise Stale(f"{item.reviewer} has already answered this one.")
        if item.is_held and item.held_by != reviewer:
            raise Stale(f"{item.held_by} is looking at this one right now.")
        _record(item, same, reviewer, comment)
        if same:
            _teach(item, reviewer, DecisionKind.CONFIRMED)
        elif item.decision.is_undone:
            _teach(item, reviewer, DecisionKind.REJECTED)
        else:
            _undo(item, reviewer)
        stop_if_too_low(item.decision.model_version)
    return item


def settle_by_decisions() -> int:
    """Items whose pair people have decided elsewhere meanwhile have their answer; how many."""
    settled = 0
    for item in AuditItem.objects.filter(verdict="").select_related("decision"):
        first, second = sorted(one.pk for one in _members(item))
        label = PairLabel.objects.filter(insight1=first, insight2=second).first()
        if label is None:
            continue
        with transaction.atomic():
            still = AuditItem.objects.select_for_update(of=("self",)).filter(pk=item.pk, verdict="")
            if (locked := still.select_related("decision").first()) is not None:
                _record(locked, label.is_same, label.decision.actor, "Decided elsewhere.")
                stop_if_too_low(locked.decision.model_version)
                settled += 1
    return settled


def _members(item: AuditItem) -> list[Insight]:
    roles = [MemberRole.CANONICAL, MemberRole.MERGED]
    members = (
        item.decision.members.filter(role__in=roles)
        .select_related("insight")
        .defer("insight__embedding")
    )
    return [member.insight for member in members.order_by("insight_id")]


def _record(item: AuditItem, same: bool, reviewer: Any, comment: str) -> None:
    item.verdict = AuditVerdict.SAME if same else AuditVerdict.NOT_SAME
    item.reviewer, item.answered_at, item.comment = reviewer, timezone.now(), comment
    item.held_by = item.held_until = None
    item.save(
        update_fields=["verdict", "reviewer", "answered_at", "comment", "held_by", "held_until"]
    )


def _teach(item: AuditItem, reviewer: Any, kind: DecisionKind) -> None:
    """What the reviewer said of the pair, as a decision that merges nothing and gives the label."""
    members = _members(item)
    lock_insights(member.pk for member in members)
    decision = MergeDecision.objects.create(kind=kind, actor=reviewer, comment=item.comment)
    DecisionMember.objects.bulk_create(
        DecisionMember(
            decision=decision,
            insight=member,
            role=MemberRole.KEPT,
            group=0 if kind == DecisionKind.CONFIRMED else number,
        )
        for number, member in enumerate(members)
    )
    refresh_labels(decision)


def _undo(item: AuditItem, reviewer: Any) -> None:
    """The audit's own effect: whoever may answer may cause it. What later decisions stand on stays,
    and is on the list of merges to look at."""
    undo = UndoDecision(
        decision_id=item.decision_id, actor=reviewer, comment="Found wrong in the audit.",
        not_same=True,
    )  # fmt: skip
    try:
        with transaction.atomic():
            undo.apply()
    except ReviewError as error:
        logger.warning("The merge %s was found wrong, but stays: %s", item.decision_id, error)
        return
    item.decision.refresh_from_db()
