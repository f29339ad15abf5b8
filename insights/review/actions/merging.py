"""Shared by the decisions that merge: groups of members, each into a canonical statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError

from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.models import (
    Cluster,
    DecisionMember,
    Insight,
    InsightOrigin,
    InsightStatus,
    MemberRole,
)
from insights.review.actions.base import ClusterAction
from insights.review.errors import ReviewError, Stale
from insights.review.state import merge
from insights.text.normalise import clean, content_hash

MAX_STATEMENT = 2000


@dataclass(kw_only=True)
class MergingAction(ClusterAction):
    """Merge groups, each into `canonical_id` if in it, else the proposed or the oldest member.

    `canonical_text` is the reviewer's own statement for the main group: the one with
    `canonical_id`, or else with the proposed canonical statement.
    """

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

    def merge_group(
        self, cluster: Cluster, group: Mapping[UUID, Insight], number: int, *, is_main: bool = True
    ) -> tuple[Insight, list[DecisionMember]]:
        """Merge two or more members; return the canonical insight, and the rows for the record."""
        canonical, written = self._own(group) if is_main and self.canonical_text else (None, False)
        canonical = canonical or self._chosen(cluster, group)
        merged = [group[pk] for pk in sorted(group.keys() - {canonical.pk})]
        merge(canonical, merged)
        if written:
            # After the merge: before it, a member with the same words would still be active. The
            # foreign keys that point here already are checked at the commit.
            _insert(canonical)
        head = DecisionMember(
            insight=canonical, role=MemberRole.CANONICAL, group=number, written=written
        )
        rows = [DecisionMember(insight=m, role=MemberRole.MERGED, group=number) for m in merged]
        return canonical, [head, *rows]

    def _chosen(self, cluster: Cluster, group: Mapping[UUID, Insight]) -> Insight:
        for pk in (self.canonical_id, cluster.proposed_canonical_id):
            if pk is not None and pk in group:
                return group[pk]
        return min(group.values(), key=lambda insight: (insight.created_at, insight.pk))

    def _own(self, group: Mapping[UUID, Insight]) -> tuple[Insight, bool]:
        """Return the insight with the reviewer's own words, and whether it was just written."""
        for insight in group.values():
            if insight.statement == self.canonical_text:
                return insight, False
        digest = content_hash(self.canonical_text)
        twin = (
            Insight.objects.filter(content_hash=digest, status=InsightStatus.ACTIVE)
            .exclude(pk__in=group)
            .first()
        )
        if twin is not None:
            raise ReviewError(
                f"“{twin}” is already an insight of its own ({twin.pk}). "
                "Choose other words, or choose a member as canonical."
            )
        assert self._embedding is not None  # noqa: S101 - prepare() made it from this very text
        embedding_model, embedding = self._embedding
        written = Insight(
            statement=self.canonical_text,
            content_hash=digest,
            origin=InsightOrigin.EDITED,
            embedding=embedding,
            embedding_model=embedding_model,
        )
        return written, True


def _insert(canonical: Insight) -> None:
    try:
        canonical.save(force_insert=True)
    except IntegrityError as error:
        if "insight_active_once" in str(error):
            raise Stale(
                f"Somebody has just stored “{canonical}” as an insight of its own. "
                "Choose other words, or choose a member as canonical."
            ) from error
        raise
