"""Blind answers of reviewers to the audit's items, and their effects."""

import hashlib
import logging
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from insights.audit.stop import stop_if_too_low
from insights.audit.withdrawal import unanswer
from insights.jobs.locks import retried
from insights.models import (
    AuditItem,
    AuditVerdict,
    DecisionKind,
    DecisionMember,
    Insight,
    MergeDecision,
    PairLabel,
)
from insights.models.lease import in_force
from insights.permissions import DECIDE_CLUSTER
from insights.review.actions import UndoDecision
from insights.review.actions.base import require
from insights.review.errors import Forbidden, ReviewError, Stale
from insights.review.labels import label_insights
from insights.review.lease import take_first
from insights.review.state import lock_insights, lock_row

logger = logging.getLogger(__name__)
FOUND_WRONG = "Found wrong in the audit."


def waiting() -> QuerySet[AuditItem]:
    """Return the merges that nobody has judged yet."""
    return AuditItem.objects.filter(verdict="", decision__kind=DecisionKind.AUTOMATIC)


def claim(
    reviewer: User, *, after: AuditItem | None = None, before: AuditItem | None = None
) -> AuditItem | None:
    """Lease the oldest unanswered item to the reviewer; None when nothing is left for them.

    `after`, `before`: the item to continue from, down or up; going down, the end is followed by the
    top.
    """
    require(reviewer, DECIDE_CLUSTER, "audit merges")
    free = ~in_force() | Q(held_by=reviewer)
    items = waiting().filter(free)
    if before is not None:
        above = Q(drawn_at__lt=before.drawn_at) | Q(drawn_at=before.drawn_at, pk__lt=before.pk)
        return take_first(reviewer, items.filter(above).order_by("-drawn_at", "-pk"))
    items = items.order_by("drawn_at", "pk")
    if after is None:
        return take_first(reviewer, items)
    below = Q(drawn_at__gt=after.drawn_at) | Q(drawn_at=after.drawn_at, pk__gt=after.pk)
    return take_first(reviewer, items.filter(below)) or take_first(
        reviewer, items.exclude(pk=after.pk)
    )


def blind_members(item: AuditItem) -> list[Insight]:
    """Return the statements as they were before the decision, in a neutral order.

    A statement that was written for the decision is left out.
    """
    return sorted(
        _members(item),
        key=lambda one: hashlib.sha256(f"{item.pk}{one.pk}".encode()).digest(),
    )


@retried
def answer(item_id: UUID, *, reviewer: User, same: bool, comment: str = "") -> AuditItem:
    """Record the answer on a merge; undo a wrong one, which may stop automatic merging.

    Either answer is a label decision, from which the next version learns. Raises Forbidden, Stale
    (already answered, or leased by somebody else) or ReviewError.
    """
    with transaction.atomic():
        item = _lock(item_id, reviewer)
        _record(item, AuditVerdict.SAME if same else AuditVerdict.NOT_SAME, reviewer, comment)
        if same:
            _record_label(item, reviewer, same=True)
        elif item.decision.is_undone:
            _record_label(item, reviewer, same=False)
        else:
            _undo(item, reviewer)
        stop_if_too_low(item.decision.model_version)
    return item


@retried
def withdraw(item_id: UUID, *, reviewer: User) -> AuditItem:
    """Withdraw one's own answer and its effects; the item waits for the same reviewer again.

    Raises Forbidden (somebody else's), Stale (already withdrawn) or ReviewError (settled elsewhere:
    names what must be undone first).
    """
    require(reviewer, DECIDE_CLUSTER, "audit merges")
    item = AuditItem.objects.select_related("taught", "reviewer").filter(pk=item_id).first()
    if item is None:
        raise ReviewError(f"There is no audit item {item_id}.")
    with transaction.atomic():
        # The label decision before the item: the order in which undoing the decision locks them.
        if item.taught is not None:
            _refuse_to_withdraw(item, reviewer)
            UndoDecision(
                decision_id=item.taught.pk, actor=reviewer, comment="The answer was withdrawn."
            ).apply()
        else:
            locked = AuditItem.objects.select_for_update(of=("self",))
            item = locked.select_related("decision__cluster", "reviewer").get(pk=item_id)
            _refuse_to_withdraw(item, reviewer)
            unanswer(item, reviewer)
    return AuditItem.objects.select_related("decision", "held_by").get(pk=item_id)


def _refuse_to_withdraw(item: AuditItem, reviewer: User) -> None:
    if not item.verdict:
        raise Stale(
            "There is no answer to withdraw: nobody has answered, or the answer is already "
            "withdrawn."
        )
    if item.reviewer != reviewer:
        raise Forbidden(f"That is {item.reviewer}'s answer: only they may withdraw it.")
    if item.taught_id is None and (label := _label(item)) is not None:
        raise ReviewError(
            f"A decision elsewhere settled this one: {label.decision} ({label.decision_id}). Undo "
            "that decision instead."
        )


def answered_by(reviewer: User) -> QuerySet[AuditItem]:
    """Return the answers that the reviewer may still withdraw, the latest first."""
    answered = AuditItem.objects.filter(reviewer=reviewer, taught__isnull=False)
    return answered.exclude(verdict="").order_by("-answered_at", "pk")


def _lock(item_id: UUID, reviewer: User) -> AuditItem:
    require(reviewer, DECIDE_CLUSTER, "audit merges")
    items = AuditItem.objects.select_related("decision", "held_by", "reviewer")
    item = lock_row(items, item_id, "audit item")
    if item.verdict:
        raise Stale(f"{item.reviewer} has already answered this one. Continue with the next.")
    if item.is_held and item.held_by != reviewer:
        raise Stale(f"{item.held_by} is looking at this one right now. Continue with the next.")
    return item


def settle_by_decisions() -> int:
    """Settle items whose pair people have decided elsewhere, and return how many."""
    settled = 0
    of_the_merge = DecisionMember.objects.filter(
        decision=OuterRef(OuterRef("decision")), written=False
    ).values("insight")
    labels = PairLabel.objects.filter(insight1__in=of_the_merge, insight2__in=of_the_merge)
    for item in waiting().filter(Exists(labels)).select_related("decision"):
        if (label := _label(item)) is None:  # undone meanwhile
            continue
        with transaction.atomic():
            still = AuditItem.objects.select_for_update(of=("self",)).filter(pk=item.pk, verdict="")
            if (locked := still.select_related("decision").first()) is not None:
                verdict = AuditVerdict.SAME if label.is_same else AuditVerdict.NOT_SAME
                _record(locked, verdict, label.decision.actor, "Settled by a decision elsewhere.")
                stop_if_too_low(locked.decision.model_version)
                settled += 1
    return settled


def _label(item: AuditItem) -> PairLabel | None:
    first, second = sorted(one.pk for one in _members(item))
    labels = PairLabel.objects.select_related("decision__actor")
    return labels.filter(insight1=first, insight2=second).first()


def _members(item: AuditItem) -> list[Insight]:
    members = item.decision.members.filter(written=False).select_related("insight")
    return [member.insight for member in members.order_by("insight_id")]


def _record(item: AuditItem, verdict: AuditVerdict, reviewer: User | None, comment: str) -> None:
    item.verdict = verdict
    item.reviewer, item.answered_at, item.comment = reviewer, timezone.now(), comment
    item.held_by = item.held_until = None
    item.save()


def _record_label(
    item: AuditItem, reviewer: User, *, same: bool, amends: MergeDecision | None = None
) -> None:
    """Store the answer as a label decision; `amends` is the merge that it undid."""
    members = _members(item)
    lock_insights(member.pk for member in members)
    item.taught = label_insights(
        members,
        same=same,
        actor=reviewer,
        comment=item.comment or (FOUND_WRONG if amends else ""),
        amends=amends,
    )
    item.save(update_fields=["taught"])


def _undo(item: AuditItem, reviewer: User) -> None:
    """Undo the merge as the audit, without the reviewer's own permission to undo.

    A merge that later decisions depend on stays, and remains on the list of doubtful merges.
    """
    undo = UndoDecision(decision_id=item.decision_id, actor=reviewer, comment=FOUND_WRONG)
    try:
        with transaction.atomic():
            undo.apply()
    except Stale:  # somebody else has just undone it
        _record_label(item, reviewer, same=False)
        return
    except ReviewError as error:
        logger.warning(
            "The merge %s was found wrong but could not be undone: %s", item.decision_id, error
        )
        return
    item.decision.refresh_from_db()
    _record_label(item, reviewer, same=False, amends=item.decision)
