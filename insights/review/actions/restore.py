"""Put a decision in force again that a change had undone, when the change itself is undone."""

from collections import defaultdict

from django.contrib.auth.models import User

from insights.models import (
    Cluster,
    ClusterStatus,
    DecisionKind,
    EventKind,
    Insight,
    InsightStatus,
    MemberRole,
    MergeDecision,
    ReviewEvent,
)
from insights.models.decision import MERGING_KINDS
from insights.review.labels import kept_apart, refresh_labels
from insights.review.state import lock_trees, merge, taken_out


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
    hashes = [one.content_hash for one in written]
    if Insight.objects.filter(content_hash__in=hashes, status=InsightStatus.ACTIVE).exists():
        return False
    if decision.kind in MERGING_KINDS:
        gone = taken_out(decision)
        merged: dict[int | None, list[Insight]] = defaultdict(list)
        for m in members:
            if m.role == MemberRole.MERGED and m.insight_id not in gone:
                merged[m.group].append(m.insight)
        heads = {m.group: m for m in members if m.role == MemberRole.CANONICAL}
        roots = lock_trees(m.insight_id for m in heads.values() if not m.written)
        into = {
            group: m.insight if m.written else roots[m.insight_id] for group, m in heads.items()
        }
        if len({root.pk for root in into.values()}) < len(into):
            return False
        for group, insights in merged.items():
            ids = {one.pk for one in insights}
            if into[group].pk in ids or any(one.status != InsightStatus.ACTIVE for one in insights):
                return False
            if decision.kind == DecisionKind.AUTOMATIC and kept_apart({into[group].pk, *ids}):
                return False
        Insight.objects.filter(pk__in=[one.pk for one in written]).update(
            status=InsightStatus.ACTIVE
        )
        for group, insights in merged.items():
            merge(into[group], insights)
    decision.undone_at = decision.undone_by = None
    decision.undo_comment = ""
    decision.save(update_fields=["undone_at", "undone_by", "undo_comment"])
    ReviewEvent.objects.create(
        kind=EventKind.RESTORED, actor=actor, cluster=cluster, decision=decision
    )
    refresh_labels(decision)
    if cluster is None:
        return True
    cluster.become(ClusterStatus(decision.kind), decision.decided_at)
    return True


def reopen(cluster: Cluster) -> None:
    """Reopen the cluster, unless nobody could decide it.

    Nobody could if a later run has proposed the same members, or some of them have been merged
    elsewhere since.
    """
    twin = Cluster.objects.filter(
        fingerprint=cluster.fingerprint, status=ClusterStatus.OPEN
    ).exclude(pk=cluster.pk)
    gone = cluster.members.exclude(insight__status=InsightStatus.ACTIVE)
    is_stale = twin.exists() or gone.exists()
    cluster.become(ClusterStatus.SUPERSEDED if is_stale else ClusterStatus.OPEN, None)
