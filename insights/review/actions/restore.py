"""Put a decision in force again that a change had undone, when the change itself is undone."""

from collections import defaultdict
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from insights.models import (
    Cluster,
    ClusterStatus,
    DecisionKind,
    DecisionMember,
    EventKind,
    Insight,
    InsightStatus,
    MemberRole,
    MergeDecision,
    ReviewEvent,
)
from insights.models.decision import MERGING_KINDS
from insights.review.labels import kept_apart, refresh_labels
from insights.review.state import lock_tree, merge, taken_out


def restore(decision: MergeDecision, cluster: Cluster | None, actor: User) -> bool:
    """Put an undone decision back in force, in the caller's transaction, its members locked.

    `cluster` is the decision's, if it was about one. Returns False and changes nothing if its
    members have been merged elsewhere since, one of its statements is gone or exists elsewhere, or
    people keep apart what a model had merged.
    """
    members = list(decision.members.select_related("insight").order_by("insight"))
    written = [member.insight for member in members if member.written]
    if any(m.insight.status == InsightStatus.RETIRED and not m.written for m in members):
        return False
    if _twins(written).exists():
        return False
    if decision.kind in MERGING_KINDS:
        assert decision.canonical_id is not None  # noqa: S101 - a merge has one
        gone = taken_out(decision)
        merged = [
            m.insight for m in members if m.role == MemberRole.MERGED and m.insight_id not in gone
        ]
        root = written[0] if written else lock_tree(decision.canonical_id)
        if any(one.status != InsightStatus.ACTIVE or one.pk == root.pk for one in merged):
            return False
        if decision.kind == DecisionKind.AUTOMATIC and kept_apart(
            {root.pk, *(one.pk for one in merged)}
        ):
            return False
        Insight.objects.filter(pk__in=[one.pk for one in written]).update(
            status=InsightStatus.ACTIVE
        )
        merge(root, merged)
    decision.undone_at = decision.undone_by = None
    decision.undo_comment = ""
    decision.save(update_fields=["undone_at", "undone_by", "undo_comment"])
    ReviewEvent.objects.create(
        kind=EventKind.RESTORED, actor=actor, cluster=cluster, decision=decision
    )
    refresh_labels(decision)
    if cluster is None:
        return True
    cluster.status, cluster.decided_at = ClusterStatus(decision.kind), decision.decided_at
    cluster.held_by = cluster.held_until = None
    cluster.version += 1
    cluster.save(
        update_fields=["status", "decided_at", "version", "held_by", "held_until", "updated_at"]
    )
    if decision.kind == DecisionKind.SPLIT:
        _reopen_parts(cluster, members)
    return True


def _reopen_parts(cluster: Cluster, members: list[DecisionMember]) -> None:
    """Reopen the parts of this split; the cluster may have been split differently in between."""
    groups: dict[int | None, list[UUID]] = defaultdict(list)
    for member in members:
        groups[member.group].append(member.insight_id)
    parts = Cluster.objects.filter(
        split_from=cluster,
        status=ClusterStatus.SUPERSEDED,
        fingerprint__in=[Cluster.fingerprint_of(group) for group in groups.values()],
    )
    for part in parts.order_by("created_at", "pk"):
        reopen(part)


def reopen(cluster: Cluster) -> None:
    """Reopen the cluster, unless nobody could decide it.

    That is so if a later run has proposed the same members again, or some of them have been merged
    elsewhere since.
    """
    twin = Cluster.objects.filter(
        fingerprint=cluster.fingerprint, status=ClusterStatus.OPEN
    ).exclude(pk=cluster.pk)
    gone = cluster.members.exclude(insight__status=InsightStatus.ACTIVE)
    cluster.status = (
        ClusterStatus.SUPERSEDED if twin.exists() or gone.exists() else ClusterStatus.OPEN
    )
    cluster.decided_at = cluster.held_by = cluster.held_until = None
    cluster.version += 1
    cluster.save(
        update_fields=["status", "decided_at", "version", "held_by", "held_until", "updated_at"]
    )


def _twins(written: list[Insight]) -> QuerySet[Insight]:
    return Insight.objects.filter(
        content_hash__in=[one.content_hash for one in written], status=InsightStatus.ACTIVE
    )
