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
            opened = Cluster.objects.filter(status=ClusterStatus.OPEN).order_by("fingerprint")
            waiting = [cluster for cluster in opened if not self._left_open(cluster)]
            if not waiting:
                return dict(done)
            for cluster in waiting:
                done[self._decide(cluster)] += 1

    def _groups(self, cluster: Cluster) -> list[list[UUID]]:
        """The members by gold cluster, the largest group first."""
        groups: dict[str, list[UUID]] = defaultdict(list)
        for digest, pk in cluster.members.values_list("insight__content_hash", "insight"):
            groups[self.gold.cluster_of[digest]].append(pk)
        return sorted(groups.values(), key=lambda group: (-len(group), group))

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

    def _left_open(self, cluster: Cluster) -> bool:
        """By the members' text, so that every run of the demo leaves the same ones."""
        digests = cluster.members.values_list("insight__content_hash", flat=True)
        return int(min(digests), 16) % self.leave_every == 0
