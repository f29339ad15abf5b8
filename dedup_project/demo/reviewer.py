"""A scripted reviewer who decides by the gold labels, as a careful person would."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from dedup_project.demo.gold import Gold
from insights.models import Cluster, ClusterStatus
from insights.review.actions import ApproveCluster, RejectCluster, SplitCluster


class GoldReviewer:
    def __init__(self, gold: Gold, user: Any, *, leave_every: int) -> None:
        """`leave_every`: of so many gold groups one stays open, for the person who comes later."""
        self.gold, self.user, self.leave_every = gold, user, leave_every

    def review(self) -> dict[str, int]:
        """Decide all open clusters but those left for a person; how many of each kind."""
        done: dict[str, int] = defaultdict(int)
        while True:
            opened = Cluster.objects.filter(status=ClusterStatus.OPEN)
            # In the order of the texts: ids differ from run to run, and so would the result.
            waiting = sorted(
                (self._digest(cluster), cluster.pk, cluster)
                for cluster in opened
                if int(self._digest(cluster), 16) % self.leave_every
            )
            if not waiting:
                return dict(done)
            for _, _, cluster in waiting:
                done[self._decide(cluster)] += 1

    def _groups(self, cluster: Cluster) -> list[list[UUID]]:
        """The members by gold cluster, the largest group first."""
        groups: dict[str, list[UUID]] = defaultdict(list)
        members = cluster.members.order_by("insight__content_hash")
        for digest, pk in members.values_list("insight__content_hash", "insight"):
            groups[self.gold.cluster_of[digest]].append(pk)
        return sorted(groups.values(), key=len, reverse=True)

    def _decide(self, cluster: Cluster) -> str:
        groups = self._groups(cluster)
        if len(groups[0]) == 1:
            RejectCluster(cluster_id=cluster.pk, actor=self.user).execute()
            return "rejected"
        if len(groups) == 1:
            ApproveCluster(cluster_id=cluster.pk, actor=self.user).execute()
            return "approved"
        if len(groups[1]) > 1:
            SplitCluster(cluster_id=cluster.pk, actor=self.user, groups=groups).execute()
            return "split"
        ApproveCluster(
            cluster_id=cluster.pk, actor=self.user, members=frozenset(groups[0])
        ).execute()
        return "partial"

    def _digest(self, cluster: Cluster) -> str:
        return min(cluster.members.values_list("insight__content_hash", flat=True))
