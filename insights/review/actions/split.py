"""Cut a cluster into groups that are proposed again, each on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from insights.clustering.store import open_cluster
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
from insights.review.errors import ReviewError


@dataclass(kw_only=True)
class SplitCluster(ClusterAction):
    """Insights of different groups are not the same; each group of two or more opens a cluster."""

    groups: Sequence[Sequence[UUID]]

    def decide(self, cluster: Cluster, members: dict[UUID, Insight]) -> MergeDecision:
        groups = [list(dict.fromkeys(group)) for group in self.groups if group]
        named = [pk for group in groups for pk in group]
        if sorted(named) != sorted(members):
            wrong = {
                "in no group": set(members) - set(named),
                "in several groups": {pk for pk in members if named.count(pk) > 1},
                "not in this cluster": set(named) - set(members),
            }
            said = [
                f"{what}: {', '.join(sorted(map(str, pks))[:5])}"
                for what, pks in wrong.items()
                if pks
            ]
            raise ReviewError(
                "A split must put each member of the cluster into exactly one group. "
                f"{'; '.join(said).capitalize()}."
            )
        if len(groups) < 2:
            raise ReviewError("A split needs at least two groups. To merge all, approve instead.")
        decision = self.record(
            cluster,
            kind=DecisionKind.SPLIT,
            status=ClusterStatus.SPLIT,
            members=[
                DecisionMember(insight=members[pk], role=MemberRole.KEPT, group=number)
                for number, group in enumerate(groups)
                for pk in sorted(group)
            ],
        )
        for group in groups:
            if len(group) > 1:
                open_cluster([members[pk] for pk in group], split_from=cluster)
        return decision
