"""Decide a pair that a person found, with or without a proposed cluster."""

from django.contrib.auth.models import User
from django.db import transaction

from insights.clustering.store import open_cluster
from insights.ids import ordered
from insights.models import (
    Cluster,
    ClusterStatus,
    ConflictVerdict,
    Insight,
    InsightStatus,
    MergeDecision,
    Verdict,
)
from insights.permissions import DECIDE_CLUSTER
from insights.review.actions import ApproveCluster, RejectCluster
from insights.review.actions.base import require
from insights.review.errors import ReviewError
from insights.review.state import lock_insights


def decide_by_hand(
    actor: User, insights: list[Insight], *, same: bool, comment: str = ""
) -> MergeDecision:
    """Merge the insights, or keep them apart for good.

    They become a cluster that is decided at once, so that the decision has its evidence, trains
    the next model and can be undone like any other. Raises Forbidden, Stale or ReviewError; then
    nothing was changed.
    """
    require(actor, DECIDE_CLUSTER, "merge insights")
    if len({one.pk for one in insights}) < 2:
        raise ReviewError("Tick at least two insights.")
    with transaction.atomic():
        locked = list(lock_insights(one.pk for one in insights).values())
        if any(one.status != InsightStatus.ACTIVE for one in locked):
            raise ReviewError("One of these was merged meanwhile. Reload the page.")
        cluster = open_cluster(locked) or Cluster.objects.get(
            fingerprint=Cluster.fingerprint_of(one.pk for one in locked), status=ClusterStatus.OPEN
        )
        action = (ApproveCluster if same else RejectCluster)(
            cluster_id=cluster.pk, actor=actor, comment=comment
        )
        return action.execute()


def replace_by(actor: User, old: Insight, new: Insight) -> MergeDecision:
    """Record that `new` replaces the outdated `old`. The two stay apart until this is undone."""
    with transaction.atomic():
        decision = decide_by_hand(actor, [old, new], same=False, comment="Replaced by a newer one.")
        first, second = ordered(old.pk, new.pk)
        ConflictVerdict.objects.create(
            decision=decision,
            insight1_id=first,
            insight2_id=second,
            verdict=Verdict.ONE_HOLDS,
            holds=new,
        )
    return decision
