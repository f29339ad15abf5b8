"""Keep all members of a cluster apart."""

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
from insights.review.actions.base import ClusterAction


@dataclass(kw_only=True)
class RejectCluster(ClusterAction):
    """Keep all members apart: none of these pairs is proposed again."""

    def decide(self, cluster: Cluster, members: dict[UUID, Insight]) -> MergeDecision:
        return self.record(
            cluster,
            kind=DecisionKind.REJECTED,
            status=ClusterStatus.REJECTED,
            members=[
                DecisionMember(insight=insight, role=MemberRole.KEPT, group=number)
                for number, (_, insight) in enumerate(sorted(members.items()))
            ],
        )
