"""Second opinions: blind judgements compared with the decisions they differ from."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from insights.audit.agreement import Counts, Kappa, cohens_kappa
from insights.ids import Pair
from insights.models import AuditItem, AuditVerdict, DecisionKind, DecisionMember, MergeDecision
from insights.permissions import DECIDE_CLUSTER, RESUME_AUTO_MERGE
from insights.review.actions.base import require
from insights.review.errors import ReviewError, Stale
from insights.review.labels import labels_of
from insights.types import JSONObject

COMPARED = 2000  # the agreement is computed from the latest second opinions


@dataclass(frozen=True, slots=True)
class Opinion:
    """A second opinion: `groups` as in DecisionMember, for each of the insights."""

    kind: DecisionKind
    groups: dict[UUID, int | None]

    @classmethod
    def approve(cls, members: Sequence[UUID], ticked: frozenset[UUID]) -> "Opinion":
        """Approve the members. Raises ReviewError for fewer than two, or an unknown one."""
        if len(ticked) < 2 or not ticked <= set(members):
            raise ReviewError("Tick at least two of the statements, or say that all differ.")
        whole = len(ticked) == len(members)
        return cls(
            DecisionKind.APPROVED if whole else DecisionKind.PARTIAL,
            {pk: 0 if pk in ticked else None for pk in members},
        )

    @classmethod
    def reject(cls, members: Sequence[UUID]) -> "Opinion":
        return cls(DecisionKind.REJECTED, {pk: number for number, pk in enumerate(members)})

    @classmethod
    def split(cls, groups: dict[UUID, int]) -> "Opinion":
        """Split into groups. Raises ReviewError for a single group."""
        if len(set(groups.values())) < 2:
            raise ReviewError("A split needs at least two groups. If all are the same, approve.")
        return cls(DecisionKind.SPLIT, dict(groups))

    def as_dict(self) -> JSONObject:
        return {
            "kind": str(self.kind),
            "groups": {str(pk): group for pk, group in self.groups.items()},
        }

    @classmethod
    def of(cls, stored: JSONObject) -> "Opinion":
        groups = {UUID(pk): group for pk, group in stored["groups"].items()}
        return cls(DecisionKind(stored["kind"]), groups)

    def labels(self) -> dict[Pair, bool]:
        rows = [DecisionMember(insight_id=pk, group=group) for pk, group in self.groups.items()]
        return labels_of(self.kind, rows)


def disagreements(decision: MergeDecision, opinion: Opinion) -> list[Pair]:
    """Return the pairs on which the two disagree."""
    first = labels_of(decision.kind, decision.members.all())
    second = opinion.labels()
    return [pair for pair in first.keys() & second.keys() if first[pair] != second[pair]]


def differing(reviewer: User) -> QuerySet[AuditItem]:
    """Return unsettled second opinions that differ from decisions in force, the latest first.

    A lead sees all, others those that differ from their own decisions.
    """
    found = AuditItem.objects.filter(
        verdict=AuditVerdict.DIFFERS, settled_at__isnull=True, decision__undone_at__isnull=True
    ).order_by("-answered_at", "pk")
    return found if reviewer.has_perm(RESUME_AUTO_MERGE) else found.filter(decision__actor=reviewer)


def keep_first(item_id: UUID, *, actor: User) -> None:
    """Keep the first decision despite the second opinion. Raises Forbidden or Stale."""
    require(actor, DECIDE_CLUSTER, "settle second opinions")
    if not differing(actor).filter(pk=item_id).update(settled_at=timezone.now(), settled_by=actor):
        raise Stale("This one is settled already, or it is not yours to settle.")


def agreement() -> Kappa:
    """Compute the agreement of both reviewers on the pairs that both judged.

    A decision counts as it was made, even if it was changed since.
    """
    answered = (
        AuditItem.objects.filter(verdict__in=[AuditVerdict.AGREES, AuditVerdict.DIFFERS])
        .select_related("decision")
        .prefetch_related("decision__members")
        .order_by("-answered_at", "pk")[:COMPARED]
    )
    counts = []
    for item in answered:
        first = labels_of(item.decision.kind, item.decision.members.all())
        second = Opinion.of(item.opinion).labels()
        said = [(first[pair], second[pair]) for pair in first.keys() & second.keys()]
        counts.append(Counts.of(said))
    return cohens_kappa(counts)
