"""A scripted reviewer who decides by the gold labels, as a careful person would."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from django.contrib.auth.models import User

from insights.models import Cluster, ClusterStatus, MergeDecision
from insights.review.actions import ApproveCluster, RejectCluster, SplitCluster


class Labels(Protocol):
    """The gold cluster of each statement, by content hash."""

    @property
    def cluster_of(self) -> Mapping[str, str]: ...


class GoldReviewer:
    def __init__(self, gold: Labels, user: User, *, leave_every: int = 0) -> None:
        """Leave one in `leave_every` gold groups open, for the person who comes later."""
        self.gold, self.user, self.leave_every = gold, user, leave_every

    def review(self) -> dict[str, int]:
        """Decide all open clusters except those left for a person; count them by kind."""
        done: dict[str, int] = defaultdict(int)
        while True:
            opened = Cluster.objects.filter(status=ClusterStatus.OPEN)
            # In the order of the texts: ids differ from run to run, and so would the result.
            waiting = sorted(
                (digest, cluster.pk, cluster)
                for cluster in opened
                if not self._is_left(digest := self._digest(cluster))
            )
            if not waiting:
                return dict(done)
            for _, _, cluster in waiting:
                done[self._decide(cluster).kind] += 1

    def _is_left(self, digest: str) -> bool:
        return self.leave_every > 0 and int(digest, 16) % self.leave_every == 0

    def _groups(self, cluster: Cluster) -> list[list[UUID]]:
        """Group the members by gold cluster, the largest group first."""
        groups: dict[str, list[UUID]] = defaultdict(list)
        members = cluster.members.order_by("insight__content_hash")
        for digest, pk in members.values_list("insight__content_hash", "insight"):
            groups[self.gold.cluster_of[digest]].append(pk)
        return sorted(groups.values(), key=len, reverse=True)

    def _decide(self, cluster: Cluster) -> MergeDecision:
        return self._act(cluster, self._groups(cluster))

    def _act(self, cluster: Cluster, groups: list[list[UUID]]) -> MergeDecision:
        if len(groups[0]) == 1:
            return RejectCluster(cluster_id=cluster.pk, actor=self.user).execute()
        if len(groups) == 1:
            return ApproveCluster(cluster_id=cluster.pk, actor=self.user).execute()
        if len(groups[1]) > 1:
            return SplitCluster(cluster_id=cluster.pk, actor=self.user, groups=groups).execute()
        return ApproveCluster(
            cluster_id=cluster.pk, actor=self.user, members=frozenset(groups[0])
        ).execute()

    def _digest(self, cluster: Cluster) -> str:
        return min(cluster.members.values_list("insight__content_hash", flat=True))
