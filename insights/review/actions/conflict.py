"""Judge a contradiction: both statements are right, one of them is, or they stay linked."""

from dataclasses import dataclass
from uuid import UUID

from insights.models import (
    ClusterPair,
    ClusterStatus,
    ConflictVerdict,
    InsightStatus,
    MergeDecision,
    Verdict,
)
from insights.review.actions.base import Action
from insights.review.actions.decide import RejectCluster
from insights.review.errors import ReviewError, Stale
from insights.review.labels import label_insights
from insights.review.state import lock_insights


@dataclass(kw_only=True)
class JudgeContradiction(Action):
    """Keep two contradicting insights apart and record which of them is right. Nothing is merged.

    `pair_id` is the ClusterPair; `holds` is the one of its two insights that is right, if the
    verdict is that one is. A cluster of just these two is decided with it; a larger one stays open,
    but keeps the two apart.
    """

    pair_id: int
    verdict: Verdict
    holds: UUID | None = None

    doing = "decide contradictions"

    def apply(self) -> MergeDecision:
        pair = ClusterPair.objects.select_related("cluster").filter(pk=self.pair_id).first()
        if pair is None or not pair.is_contradiction:
            raise ReviewError("This contradiction no longer exists. Continue with the next.")
        names_one = self.holds in (pair.insight1_id, pair.insight2_id)
        if (self.verdict == Verdict.ONE_HOLDS) != names_one or (self.holds and not names_one):
            raise ReviewError("Name the statement that is right if one of them is, and only then.")
        decision = self._keep_apart(pair)
        ConflictVerdict.objects.create(
            decision=decision,
            insight1_id=pair.insight1_id,
            insight2_id=pair.insight2_id,
            verdict=self.verdict,
            holds_id=self.holds,
            differences=pair.differences,
        )
        return decision

    def _keep_apart(self, pair: ClusterPair) -> MergeDecision:
        if pair.cluster.size == 2 and pair.cluster.status == ClusterStatus.OPEN:
            return RejectCluster(
                cluster_id=pair.cluster_id, actor=self.actor, comment=self.comment
            ).apply()
        locked = lock_insights([pair.insight1_id, pair.insight2_id])
        if any(insight.status != InsightStatus.ACTIVE for insight in locked.values()):
            raise Stale("One of the two was merged meanwhile. Continue with the next.")
        if ConflictVerdict.objects.filter(
            insight1=pair.insight1_id,
            insight2=pair.insight2_id,
            decision__undone_at__isnull=True,
        ).exists():
            raise Stale("Somebody has already decided this contradiction. Continue with the next.")
        decision = label_insights(
            locked.values(), same=False, actor=self.actor, comment=self.comment
        )
        self.note(decision, pair.cluster)
        return decision
