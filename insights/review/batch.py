"""Decide many clusters as one batch, which one undo takes back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from insights.models import Cluster, ClusterStatus, EventKind, MergeDecision, ReviewEvent
from insights.models.lease import in_force
from insights.review.actions import ApproveCluster, RejectCluster, UndoDecision
from insights.review.actions.base import require
from insights.review.errors import ReviewError

CAP = 100
LEAST = 0.5
VERBS: dict[str, type[ApproveCluster] | type[RejectCluster]] = {
    "approve": ApproveCluster,
    "reject": RejectCluster,
}


class Seen(NamedTuple):
    """A cluster as the reviewer saw it. `with_conflict`: they chose it despite a near miss."""

    pk: UUID
    version: int
    with_conflict: bool = False


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The decisions of a batch, and the ids left unchanged, each with the reason."""

    batch: UUID
    decisions: list[MergeDecision] = field(default_factory=list)
    refused: list[tuple[UUID, str]] = field(default_factory=list)


def approvable(actor: User, least_probability: float) -> QuerySet[Cluster]:
    """Return the open clusters whose judged pairs all reach this probability, surest first.

    Leaves out near misses, which a person has to look at, and clusters that others are reviewing.
    Raises ReviewError for a probability under 0.5 or over 1.
    """
    if not LEAST <= least_probability <= 1:
        raise ReviewError(
            f"The probability is {least_probability:g}. Give one from {LEAST} to 1, such as 0.97."
        )
    held = in_force() & ~Q(held_by=actor)
    return (
        Cluster.objects.filter(
            status=ClusterStatus.OPEN, probability__gte=least_probability, has_near_miss=False
        )
        .exclude(held)
        .order_by("-probability", "pk")
    )


def decide_batch(
    actor: User,
    seen: Sequence[Seen],
    *,
    verb: str = "approve",
    least_probability: float | None = None,
    comment: str = "",
    batch: UUID | None = None,
) -> BatchResult:
    """Decide exactly the clusters that were shown, at most CAP.

    Each has its own transaction, so a cluster that has changed does not stop the rest. A cluster
    with a near miss is approved only if the reviewer chose it despite that. With
    `least_probability`, only clusters that are still approvable above it are decided.
    """
    require(actor, ApproveCluster.permission, "decide clusters")
    if verb not in VERBS:
        raise ReviewError(f"“{verb}” is not a decision. Use one of the buttons.")
    if len(seen) > CAP:
        raise ReviewError(f"At most {CAP} clusters are decided at once; these are {len(seen)}.")
    disputed = set(
        Cluster.objects.filter(pk__in=[one.pk for one in seen], has_near_miss=True).values_list(
            "pk", flat=True
        )
    )
    still = None
    if least_probability is not None:
        still = set(approvable(actor, least_probability).values_list("pk", flat=True))
    result = BatchResult(batch=batch or uuid4())
    for one in seen:
        if still is not None and one.pk not in still:
            result.refused.append((one.pk, "It is no longer among the likely duplicates."))
            continue
        if verb == "approve" and one.pk in disputed and not one.with_conflict:
            result.refused.append((one.pk, "It contains a near miss. Review it separately."))
            continue
        try:
            decision = VERBS[verb](
                cluster_id=one.pk,
                actor=actor,
                expected_version=one.version,
                comment=comment,
                batch=result.batch,
            ).execute()
        except ReviewError as error:
            result.refused.append((one.pk, str(error)))
        else:
            result.decisions.append(decision)
    return result


def decisions_in_force(batch: UUID) -> QuerySet[MergeDecision]:
    """Return the decisions of a batch that are not undone, the latest first."""
    decided = ReviewEvent.objects.filter(batch=batch, kind=EventKind.DECIDED)
    return MergeDecision.objects.filter(
        pk__in=decided.values("decision"), undone_at__isnull=True
    ).order_by("-decided_at", "pk")


def undo_batch(
    actor: User, batch: UUID, decisions: Iterable[MergeDecision], *, comment: str = ""
) -> BatchResult:
    """Undo decisions as one batch; those that later ones depend on are left, with the reason."""
    require(actor, UndoDecision.permission, "undo decisions")
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
