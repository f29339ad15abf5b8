"""The mechanics of merging and unmerging insights.

The active merge decisions form a forest: each merged insight belongs to the canonical of its group
in the one decision that merged it, unless a later one took it out again. `merged_into` and
`insight_sources.insight` are that forest flattened: they point at its roots, the active insights.
So a decision can be undone after later ones: its members get their own branches back, and the rest
is unchanged.

Lock order for every change of the forest: clusters, decisions, insights, each by ascending id. The
lock on a tree's root covers the whole tree, so every change must lock the root first. Every action
also locks its decision's members, including merged ones, so only one process at a time changes the
labels of their pairs or opens a cluster of them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.utils import timezone

from insights.models import (
    DecisionKind,
    DecisionMember,
    Insight,
    InsightSource,
    InsightStatus,
    MemberRole,
    MergeDecision,
)
from insights.review.errors import ReviewError

Row = TypeVar("Row", bound=Model)


def lock_row(rows: QuerySet[Row], pk: UUID, noun: str) -> Row:
    """Return one row, locked until the end of the transaction. Raises ReviewError without it."""
    row = rows.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise ReviewError(f"There is no {noun} {pk}.")
    return row


def lock_insights(ids: Iterable[UUID]) -> dict[UUID, Insight]:
    """Return the rows, locked until the end of the transaction."""
    rows = Insight.objects.select_for_update(of=("self",)).filter(pk__in=set(ids)).order_by("pk")
    return {row.pk: row for row in rows}


def merge(canonical: Insight, duplicates: list[Insight]) -> None:
    """Attach the trees of `duplicates` to `canonical`. All must be active and locked."""
    ids = [insight.pk for insight in duplicates]
    InsightSource.objects.filter(insight__in=ids).update(insight=canonical)
    Insight.objects.filter(merged_into__in=ids).update(merged_into=canonical)
    Insight.objects.filter(pk__in=ids).update(
        status=InsightStatus.MERGED, merged_into=canonical, updated_at=timezone.now()
    )


def unmerge(insight_id: UUID) -> None:
    """Make a merged insight active again, with its own branch.

    The decision that merged it must have been marked as undone before, and its tree be locked.
    """
    branch = _branch(insight_id)
    Insight.objects.filter(pk=insight_id).update(
        status=InsightStatus.ACTIVE, merged_into=None, updated_at=timezone.now()
    )
    Insight.objects.filter(pk__in=branch - {insight_id}).update(merged_into=insight_id)
    InsightSource.objects.filter(origin_insight__in=branch).update(insight=insight_id)


def _branch(insight_id: UUID) -> set[UUID]:
    """Return the insight and all that decisions in force merged into it, directly or not.

    One level of the tree at a time: as one recursive statement, this took PostgreSQL 40 minutes
    where it had no statistics of the tables yet.
    """
    branch, level = {insight_id}, {insight_id}
    while level:
        in_force = DecisionMember.objects.filter(decision__undone_at=None)
        heads = set(
            in_force.filter(insight__in=level, role=MemberRole.CANONICAL).values_list(
                "decision", "group"
            )
        )
        decisions = {decision for decision, _ in heads}
        merged = in_force.filter(decision__in=decisions, role=MemberRole.MERGED)
        taken_out = set(
            in_force.filter(decision__amends__in=decisions, role=MemberRole.UNMERGED).values_list(
                "decision__amends", "insight"
            )
        )
        level = {
            insight
            for decision, group, insight in merged.values_list("decision", "group", "insight")
            if (decision, group) in heads and (decision, insight) not in taken_out
        } - branch
        branch |= level
    return branch


@contextmanager
def twins_refused() -> Iterator[None]:
    """Turn PostgreSQL's refusal of a second active insight of one statement into a ReviewError."""
    try:
        yield
    except IntegrityError as error:
        if "insight_active_once" in str(error):
            raise ReviewError(
                "One of the merged statements has since been written again as a canonical "
                "statement. Undo that decision first."
            ) from error
        raise


def taken_out(decision: MergeDecision) -> set[UUID]:
    """Return the insights that decisions in force have unmerged."""
    return set(
        DecisionMember.objects.filter(
            role=MemberRole.UNMERGED,
            decision__amends=decision,
            decision__kind=DecisionKind.UNMERGED,
            decision__undone_at__isnull=True,
        ).values_list("insight", flat=True)
    )


def merges_above(insight_id: UUID) -> Iterator[MergeDecision]:
    """Return the decisions in force that lead from a merged insight to its root, in order."""
    while True:
        rows = DecisionMember.objects.filter(
            insight=insight_id, role=MemberRole.MERGED, decision__undone_at__isnull=True
        ).select_related("decision")
        link = next((one for one in rows if insight_id not in taken_out(one.decision)), None)
        if link is None:
            return
        yield link.decision
        insight_id = link.decision.canonicals()[link.group]


def root_of(insight: Insight) -> UUID:
    return insight.merged_into_id or insight.pk


def lock_trees(insight_ids: Iterable[UUID], *, also: Iterable[UUID] = ()) -> dict[UUID, Insight]:
    """Lock the roots of these insights' trees, and `also`. Return the root of each insight.

    If a root is merged away between reading and locking, it is looked up again.
    """
    wanted, others = set(insight_ids), list(also)
    while True:
        root = _roots(wanted)
        locked = lock_insights([*root.values(), *others])
        if locked.keys() >= set(root.values()) and _roots(wanted) == root:
            return {pk: locked[of] for pk, of in root.items()}


def _roots(insight_ids: set[UUID]) -> dict[UUID, UUID]:
    return {one.pk: root_of(one) for one in Insight.objects.filter(pk__in=insight_ids)}
