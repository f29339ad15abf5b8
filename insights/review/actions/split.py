"""Cut a cluster into groups: merge each, and keep them apart from one another."""

from collections.abc import Sequence
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
class SplitCluster(MergingAction):
    """Each group of two or more is merged; insights of different groups are not duplicates."""

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
        main = self.canonical_id or cluster.proposed_canonical_id
        rows: list[DecisionMember] = []
        for number, group in enumerate(groups):
            if len(group) > 1:
                part = {pk: members[pk] for pk in group}
                rows += self.merge_group(cluster, part, number, is_main=main in part)[1]
                continue
            if self.canonical_text and main in group:
                raise ReviewError(
                    "The statement that you rewrote is alone in its group. Leave it as it is, or "
                    "choose the canonical statement of the group that your words are for."
                )
            rows.append(
                DecisionMember(insight=members[group[0]], role=MemberRole.KEPT, group=number)
            )
        return self.record(
            cluster, kind=DecisionKind.SPLIT, status=ClusterStatus.SPLIT, members=rows
        )
