"""Merge a cluster, or the part of it that the reviewer ticked."""

from dataclasses import dataclass
from uuid import UUID

from insights.models import (
    Cluster,
    ClusterStatus,
    DecisionKind,
    DecisionMember,
    Insight,
    MemberRole,
    MergeDecision,
)
from insights.review.actions.merging import MergingAction
from insights.review.errors import ReviewError


@dataclass(kw_only=True)
class ApproveCluster(MergingAction):
    """Approve all members, or only `members` (at least two); the others stay as they are."""

    members: frozenset[UUID] | None = None

    def decide(self, cluster: Cluster, members: dict[UUID, Insight]) -> MergeDecision:
        ticked = set(members) if self.members is None else set(self.members)
        if strangers := ticked - set(members):
            raise ReviewError(
                f"{len(strangers)} of the chosen insights do not belong to this cluster: "
                f"{', '.join(sorted(map(str, strangers)))}."
            )
        if len(ticked) < 2:
            raise ReviewError("Tick at least two members to merge, or reject the cluster.")
        if self.canonical_id is not None and self.canonical_id not in ticked:
            raise ReviewError("The canonical statement must be one of those that are merged.")
        canonical, rows = self.merge_group(cluster, {pk: members[pk] for pk in ticked}, 0)
        left = [
            DecisionMember(insight=members[pk], role=MemberRole.KEPT, group=None)
            for pk in sorted(set(members) - ticked)
        ]
        return self.record(
            cluster,
            kind=DecisionKind.PARTIAL if left else DecisionKind.APPROVED,
            status=ClusterStatus.PARTIAL if left else ClusterStatus.APPROVED,
            canonical=canonical,
            members=[*rows, *left],
        )
