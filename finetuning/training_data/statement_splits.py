"""The side of each decided statement, train or held out, fixed before anyone asks for it."""

import logging
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef

from finetuning.ml.splits import assign_splits
from finetuning.models import StatementSplit
from insights.models import DecisionMember
from insights.models.decision import HUMAN_KINDS

logger = logging.getLogger(__name__)

AT_ONCE = 1000  # decisions


def assign_new_statements() -> None:
    """Assign the statements of new decisions; HELD_OUT_SHARE applies to new statements only."""
    total = 0
    while decisions := _assign_some():
        total += decisions
    if total:
        logger.info("Assigned the statements of %s decisions to their splits.", total)


@transaction.atomic
def _assign_some() -> int:
    """Assign the statements of some decisions and return how many.

    Two processes take turns, or both would give out the same numbers.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE statement_splits IN SHARE ROW EXCLUSIVE MODE")
    decisions = _unassigned()
    if not decisions:
        return 0
    rows = StatementSplit.objects.in_bulk({each for _, members in decisions for each in members})
    known = {content_hash: row.assignment for content_hash, row in rows.items()}
    newest = StatementSplit.objects.aggregate(newest=Max("place"))["newest"] or 0
    new = assign_splits(decisions, settings.HELD_OUT_SHARE, known, start=newest + 1)
    StatementSplit.objects.bulk_create(
        StatementSplit(
            content_hash=content_hash,
            held_out=one.split == "held_out",
            anchor_id=one.anchor,
            place=one.order,
        )
        for content_hash, one in new.items()
    )
    return len(decisions)


def _unassigned() -> list[tuple[UUID, list[str]]]:
    """Return the oldest human decisions with a statement without a side, undone or not.

    Each comes with the hashes of all its members.
    """
    assigned = StatementSplit.objects.filter(pk=OuterRef("insight__content_hash"))
    decisions = (
        DecisionMember.objects.filter(~Exists(assigned), decision__kind__in=HUMAN_KINDS)
        .order_by("decision__decided_at", "decision_id")
        .values_list("decision__decided_at", "decision_id")
        .distinct()[:AT_ONCE]
    )
    members: dict[UUID, list[str]] = {decision: [] for _, decision in decisions}
    rows = DecisionMember.objects.filter(decision__in=members)
    for decision, content_hash in rows.values_list("decision", "insight__content_hash"):
        members[decision].append(content_hash)
    return list(members.items())
