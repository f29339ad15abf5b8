"""Merge a cluster, or the part of it that the reviewer ticked."""

from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError

from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.models import (
    Cluster,
    ClusterStatus,
    DecisionKind,
    DecisionMember,
    Insight,
    InsightOrigin,
    InsightStatus,
    MemberRole,
    MergeDecision,
)
from insights.review.actions.base import ClusterAction
from insights.review.errors import ReviewError, Stale
from insights.review.state import merge
from insights.text.normalise import clean, content_hash

MAX_STATEMENT = 2000


@dataclass(kw_only=True)
class ApproveCluster(ClusterAction):
    """Approve all members, or only `members` (at least two); the others stay as they are.

    The canonical statement is `canonical_id` (one of the approved members), or a statement of the
    reviewer's own in `canonical_text`, or by default the proposed one.
    """

    members: frozenset[UUID] | None = None
    canonical_id: UUID | None = None
    canonical_text: str = ""
    _embedding: tuple[str, list[float]] | None = field(default=None, init=False, repr=False)

    def prepare(self) -> None:
        self.canonical_text = clean(self.canonical_text)
        if len(self.canonical_text) > MAX_STATEMENT:
            raise ReviewError(
                f"The canonical statement has {len(self.canonical_text)} characters. "
                f"Shorten it to {MAX_STATEMENT} or fewer."
            )
        if self.canonical_text:
            try:
                self._embedding = embed_one(self.canonical_text)
            except VectorsOfAnotherModel as error:
                raise ReviewError(
                    f"A statement of your own cannot be embedded now. {error}"
                ) from None

    def decide(self, cluster: Cluster, members: dict[UUID, Insight]) -> MergeDecision:
        ticked = set(members) if self.members is None else set(self.members)
        if strangers := ticked - set(members):
            raise ReviewError(
                f"{len(strangers)} of the chosen insights do not belong to this cluster: "
                f"{', '.join(sorted(map(str, strangers)))}."
            )
        if len(ticked) < 2:
            raise ReviewError("Tick at least two members to merge, or reject the cluster.")
        canonical, written = self._canonical(cluster, {pk: members[pk] for pk in ticked})
        merged = [members[pk] for pk in sorted(ticked - {canonical.pk})]
        merge(canonical, merged)
        if written:
            # After the merge: before it, a member with the same words would still be active. The
            # foreign keys that point here already are checked at the commit.
            self._insert(canonical)
        whole = len(ticked) == len(members)
        return self.record(
            cluster,
            kind=DecisionKind.APPROVED if whole else DecisionKind.PARTIAL,
            status=ClusterStatus.APPROVED if whole else ClusterStatus.PARTIAL,
            canonical=canonical,
            members=[
                DecisionMember(
                    insight=canonical, role=MemberRole.CANONICAL, group=0, written=written
                ),
                *(DecisionMember(insight=m, role=MemberRole.MERGED, group=0) for m in merged),
                *(
                    DecisionMember(insight=members[pk], role=MemberRole.KEPT, group=None)
                    for pk in sorted(set(members) - ticked)
                ),
            ],
        )

    def _insert(self, canonical: Insight) -> None:
        try:
            canonical.save(force_insert=True)
        except IntegrityError as error:
            if "insight_active_once" in str(error):
                raise Stale(
                    f"Somebody has just stored “{canonical}” as an insight of its own. "
                    "Choose other words, or choose a member as canonical."
                ) from error
            raise

    def _canonical(self, cluster: Cluster, ticked: dict[UUID, Insight]) -> tuple[Insight, bool]:
        """Return the insight that the others are merged into, and whether it was just written."""
        if self.canonical_id is not None and self.canonical_id not in ticked:
            raise ReviewError("The canonical statement must be one of those that are merged.")
        if self.canonical_text:
            for insight in ticked.values():
                if insight.statement == self.canonical_text:
                    return insight, False
            return self._written(ticked), True
        if self.canonical_id is not None:
            return ticked[self.canonical_id], False
        if cluster.proposed_canonical_id in ticked:
            return ticked[cluster.proposed_canonical_id], False
        return min(ticked.values(), key=lambda insight: (insight.created_at, insight.pk)), False

    def _written(self, ticked: dict[UUID, Insight]) -> Insight:
        digest = content_hash(self.canonical_text)
        twin = (
            Insight.objects.filter(content_hash=digest, status=InsightStatus.ACTIVE)
            .exclude(pk__in=ticked)
            .first()
        )
        if twin is not None:
            raise ReviewError(
                f"“{twin}” is already an insight of its own ({twin.pk}). "
                "Choose other words, or choose a member as canonical."
            )
        assert self._embedding is not None  # noqa: S101 - prepare() made it from this very text
        embedding_model, embedding = self._embedding
        return Insight(
            statement=self.canonical_text,
            content_hash=digest,
            origin=InsightOrigin.EDITED,
            embedding=embedding,
            embedding_model=embedding_model,
        )
