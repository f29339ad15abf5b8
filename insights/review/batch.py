"""Approve all clusters above a probability as one batch, which one undo takes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet

from insights.models import Cluster, ClusterStatus, EventKind, MergeDecision, ReviewEvent
from insights.models.lease import in_force
from insights.review.actions import ApproveCluster, UndoDecision
from insights.review.actions.base import require
from insights.review.errors import ReviewError

CAP = 100
LEAST = 0.5


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of each: the decisions, and the clusters left as they were with the reason."""

    batch: UUID
    decisions: list[MergeDecision] = field(default_factory=list)
    refused: list[tuple[Any, str]] = field(default_factory=list)


def approvable(actor: Any, least_probability: float) -> QuerySet[Cluster]:
    """Open clusters whose every judged pair is the same with this probability, the surest first.

    Without near misses, which a person has to look at, and without those that others hold.
    Raises ReviewError for a probability under 0.5 or over 1.
    """
    if not LEAST <= least_probability <= 1:
        raise ReviewError(
            f"The probability is {least_probability:g}: give one from {LEAST} to 1, such as 0.97."
        )
    held = in_force() & ~Q(held_by=actor)
    return (
        Cluster.objects.filter(
            status=ClusterStatus.OPEN, probability__gte=least_probability, has_near_miss=False
        )
        .exclude(held)
        .order_by("-probability", "pk")
    )


def approve_batch(
    actor: Any, seen: Sequence[tuple[UUID, int]], *, least_probability: float, comment: str = ""
) -> BatchResult:
    """Approve exactly the previewed clusters, `seen` as (cluster, version), at most CAP.

    Each in a transaction of its own: one that changed since the preview does not hold up the rest.
    """
    require(actor, ApproveCluster.permission, "decide clusters")
    if len(seen) > CAP:
        raise ReviewError(f"At most {CAP} clusters are approved at once; these are {len(seen)}.")
    still = set(approvable(actor, least_probability).values_list("pk", flat=True))
    result = BatchResult(batch=uuid4())
    for cluster_id, version in seen:
        if cluster_id not in still:
            result.refused.append((cluster_id, "It is no longer among those to approve."))
            continue
        try:
            decision = ApproveCluster(
                cluster_id=cluster_id,
                actor=actor,
                expected_version=version,
                comment=comment,
                batch=result.batch,
            ).execute()
        except ReviewError as error:
            result.refused.append((cluster_id, str(error)))
        else:
            result.decisions.append(decision)
    return result


def undo_batch(actor: Any, batch: UUID, *, comment: str = "") -> BatchResult:
    """Undo what of a batch is in force, the latest first. What stands under later decisions is
    left, with the reason."""
    require(actor, UndoDecision.permission, "undo decisions")
    decisions = MergeDecision.objects.filter(
        pk__in=ReviewEvent.objects.filter(batch=batch, kind=EventKind.DECIDED).values("decision"),
        undone_at__isnull=True,
    ).order_by("-decided_at", "pk")
    result = BatchResult(batch=batch)
    for decision in decisions:
        try:
            undone = UndoDecision(
                decision_id=decision.pk, actor=actor, comment=comment, batch=batch
            ).execute()
        except ReviewError as error:
            result.refused.append((decision.pk, str(error)))
        else:
            result.decisions.append(undone)
    return result
