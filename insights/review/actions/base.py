"""Shared by the reviewers' actions: permission, transaction, event; lock and record a cluster."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from insights.jobs.locks import retried
from insights.models import (
    Cluster,
    ClusterStatus,
    DecisionKind,
    DecisionMember,
    EventKind,
    Insight,
    InsightStatus,
    MergeDecision,
    ReviewEvent,
)
from insights.permissions import DECIDE_CLUSTER, Actor
from insights.review.errors import Forbidden, Stale
from insights.review.labels import refresh_labels
from insights.review.state import lock_insights, lock_row
from insights.types import JSONObject


def require(actor: Actor, permission: str, doing: str) -> None:
    """Raise Forbidden unless the actor has the permission."""
    if actor is None or not actor.has_perm(permission):
        raise Forbidden(
            f"You may not {doing}: that needs the permission “{permission}”. "
            "Ask an administrator for it."
        )


@dataclass(kw_only=True)
class Action(ABC):
    """One decision of a person. `batch` is the shared id of decisions taken as one."""

    actor: User
    comment: str = ""
    batch: UUID | None = None

    permission: ClassVar[str] = DECIDE_CLUSTER
    doing: ClassVar[str]  # names the action in the refusal: "You may not ..."

    @retried
    def execute(self) -> MergeDecision:
        """Check, decide and write the receipt in one transaction.

        Raises Forbidden, Stale (somebody was faster) or ReviewError; then nothing was changed.
        """
        require(self.actor, self.permission, self.doing)
        self.prepare()
        with transaction.atomic():
            return self.apply()

    def prepare(self) -> None:  # noqa: B027 - most actions have none
        """Do slow work that needs no lock, before the transaction."""

    @abstractmethod
    def apply(self) -> MergeDecision:
        """Change the state in the caller's transaction, after `prepare`."""

    def note(
        self,
        decision: MergeDecision,
        cluster: Cluster | None = None,
        *,
        kind: EventKind = EventKind.DECIDED,
        reasons: Sequence[str] = (),
    ) -> None:
        """Record who did it."""
        ReviewEvent.objects.create(
            kind=kind,
            actor=self.actor,
            decision=decision,
            cluster=cluster,
            batch=self.batch,
            comment=self.comment,
            reasons=list(reasons),
        )


@dataclass(kw_only=True)
class ClusterAction(Action):
    """One decision on one open cluster.

    `expected_version` is the version of the cluster that the reviewer saw; when it has changed
    since, the decision is refused as stale.
    """

    cluster_id: UUID
    expected_version: int | None = None
    reasons: tuple[str, ...] = ()

    doing = "decide clusters"

    def apply(self) -> MergeDecision:
        cluster = self._lock_cluster()
        try:
            return self.decide(cluster, self._lock_members(cluster))
        except IntegrityError as error:  # the database's own check, in case ours misses one
            if "decision_once" in str(error):
                raise Stale(
                    "Somebody else has just decided this cluster. Look at it again."
                ) from error
            raise

    @abstractmethod
    def decide(self, cluster: Cluster, members: dict[UUID, Insight]) -> MergeDecision: ...

    def _lock_cluster(self) -> Cluster:
        cluster = lock_row(Cluster.objects.all(), self.cluster_id, "cluster")
        if cluster.status != ClusterStatus.OPEN:
            raise Stale(_already(cluster))
        if self.expected_version is not None and self.expected_version != cluster.version:
            raise Stale("This cluster has changed since you opened it. Look at it again.")
        holder = cluster.held_by
        if holder is not None and holder != self.actor and cluster.is_held:
            raise Stale(
                f"{holder} is reviewing this cluster right now, until {cluster.held_until:%H:%M} "
                "UTC at the latest. Continue with another one."
            )
        return cluster

    def _lock_members(self, cluster: Cluster) -> dict[UUID, Insight]:
        members = lock_insights(cluster.members.values_list("insight", flat=True))
        for insight in members.values():
            if insight.status != InsightStatus.ACTIVE:
                raise Stale(_merged_elsewhere(insight))
        return members

    def record(
        self,
        cluster: Cluster,
        kind: DecisionKind,
        members: list[DecisionMember],
        *,
        canonical: Insight | None = None,
    ) -> MergeDecision:
        """Write the decision, the cluster's new state, and the labels that follow."""
        decision = MergeDecision.objects.create(
            kind=kind,
            cluster=cluster,
            canonical=canonical,
            actor=self.actor,
            model_version=cluster.run.model_version if cluster.run else "",
            evidence=evidence_of(cluster),
            comment=self.comment,
        )
        for member in members:
            member.decision = decision
        DecisionMember.objects.bulk_create(members)
        self.note(decision, cluster, reasons=self.reasons)
        cluster.become(ClusterStatus(kind), timezone.now())
        refresh_labels(decision)
        return decision


def evidence_of(cluster: Cluster) -> JSONObject:
    return {
        "mean_similarity": cluster.mean_similarity,
        "weakest_similarity": cluster.weakest_similarity,
        "probability": cluster.probability,
        "has_near_miss": cluster.has_near_miss,
        "run": str(cluster.run_id) if cluster.run_id else None,
    }


def _already(cluster: Cluster) -> str:
    decision = (
        MergeDecision.objects.filter(cluster=cluster, undone_at__isnull=True)
        .select_related("actor")
        .first()
    )
    if decision is None:
        gone = Insight.objects.filter(memberships__cluster=cluster, status=InsightStatus.MERGED)
        if (insight := gone.order_by("pk").first()) is not None:
            return _merged_elsewhere(insight)
        return (
            f"This cluster is no longer open: it is {cluster.get_status_display()}. Continue with "
            "the next one."
        )
    return (
        f"{decision.actor} has already decided this cluster "
        f"({decision.get_kind_display()}, {decision.decided_at:%Y-%m-%d %H:%M} UTC). Continue with "
        "the next one, or undo that decision to decide again."
    )


def _merged_elsewhere(insight: Insight) -> str:
    made_by = (
        MergeDecision.objects.filter(
            members__insight=insight, members__role="merged", undone_at__isnull=True
        )
        .select_related("actor")
        .first()
    )
    who = "a later decision" if made_by is None else f"{made_by.actor or made_by.model_version}"
    return (
        f"“{insight}” can no longer be decided here: {who} merged it after this cluster was "
        "proposed. Cluster again to get a new proposal, or undo that merge."
    )
