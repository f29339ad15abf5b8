"""Pair labels: what the decisions in force say about pairs of insights."""

from collections.abc import Iterable, Set
from itertools import combinations
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Q

from insights.ids import Pair, ordered
from insights.models import (
    DecisionKind,
    DecisionMember,
    Insight,
    MemberRole,
    MergeDecision,
    PairLabel,
)
from insights.models.decision import HUMAN_KINDS
from insights.signals import pair_labels_changed

SAME_KINDS = (
    DecisionKind.APPROVED,
    DecisionKind.PARTIAL,
    DecisionKind.SPLIT,
    DecisionKind.CONFIRMED,
)


def labels_of(kind: str, members: Iterable[DecisionMember]) -> dict[Pair, bool]:
    """Return the pairs that a decision labels: True for duplicates, False for not duplicates.

    Approved, in whole or in part: the merged ones are duplicates, and none of them is a duplicate
    of one that was left out; two that were both left out get no label. Confirmed: the two are
    duplicates. Split: those in one group are duplicates, those in different groups are not.
    Rejected: no two are duplicates. A statement that the reviewer wrote is no evidence.
    """
    labels: dict[Pair, bool] = {}
    for one, other in combinations([m for m in members if not m.written], 2):
        if one.group is None and other.group is None:
            continue
        if one.group != other.group:
            labels[ordered(one.insight_id, other.insight_id)] = False
        elif kind in SAME_KINDS:
            labels[ordered(one.insight_id, other.insight_id)] = True
    return labels


def refresh_labels(decision: MergeDecision) -> None:
    """Compute the labels of a decision's pairs again, after it was taken or undone.

    The latest human decision in force wins, so undoing it restores the one before.
    """
    pairs = labels_of(decision.kind, decision.members.all()).keys()
    if decision.kind == DecisionKind.AUTOMATIC or not pairs:
        return
    concerned = {insight for pair in pairs for insight in pair}
    said: dict[Pair, tuple[bool, MergeDecision]] = {}
    for earlier in _decisions_about(concerned):
        for pair, is_same in labels_of(earlier.kind, earlier.members.all()).items():
            if pair in pairs:
                said[pair] = (is_same, earlier)
    silent = pairs - said.keys()
    if silent:
        among = PairLabel.objects.filter(insight1__in=concerned, insight2__in=concerned)
        rows = among.values_list("pk", "insight1_id", "insight2_id")
        gone = [pk for pk, first, second in rows if (first, second) in silent]
        PairLabel.objects.filter(pk__in=gone).delete()
    PairLabel.objects.bulk_create(
        [
            PairLabel(insight1_id=first, insight2_id=second, is_same=is_same, decision=source)
            for (first, second), (is_same, source) in said.items()
        ],
        update_conflicts=True,
        unique_fields=["insight1", "insight2"],
        update_fields=["is_same", "decision"],
    )
    changed: dict[Pair, bool | None] = dict.fromkeys(silent)
    changed |= {pair: is_same for pair, (is_same, _) in said.items()}
    pair_labels_changed.send(sender=PairLabel, labels=changed)


def label_insights(
    insights: Iterable[Insight],
    *,
    same: bool,
    actor: User,
    comment: str = "",
    amends: MergeDecision | None = None,
) -> MergeDecision:
    """Record a decision that merges nothing: all these insights are duplicates, or no two are.

    Works in the caller's transaction, with them locked. `amends`: the decision that it contradicts.
    """
    decision = MergeDecision.objects.create(
        kind=DecisionKind.CONFIRMED if same else DecisionKind.REJECTED,
        actor=actor,
        comment=comment,
        amends=amends,
    )
    DecisionMember.objects.bulk_create(
        DecisionMember(
            decision=decision, insight=one, role=MemberRole.KEPT, group=0 if same else number
        )
        for number, one in enumerate(insights)
    )
    refresh_labels(decision)
    return decision


def kept_apart(insights: Set[UUID]) -> set[Pair]:
    """Return the pairs of these active insights that labels in their trees keep apart."""
    if len(insights) < 2:
        return set()
    in_trees = Insight.objects.filter(Q(pk__in=insights) | Q(merged_into__in=insights))
    root = {pk: merged_into or pk for pk, merged_into in in_trees.values_list("pk", "merged_into")}
    labels = PairLabel.objects.filter(insight1__in=root, insight2__in=root, is_same=False)
    return {
        ordered(root[one], root[other])
        for one, other in labels.values_list("insight1", "insight2")
        if root[one] != root[other]
    }


def _decisions_about(insights: set[UUID]) -> list[MergeDecision]:
    """Return human decisions in force with at least two of the insights, oldest first."""
    return list(
        MergeDecision.objects.filter(
            undone_at__isnull=True, kind__in=HUMAN_KINDS, members__insight__in=insights
        )
        .annotate(of_them=Count("members"))
        .filter(of_them__gte=2)
        .prefetch_related("members")
        .order_by("decided_at", "pk")
    )
