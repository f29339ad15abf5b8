"""The decisions on a cluster: approve all or a part of it, reject it, or split it into groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError

from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.models import (
    Cluster,
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


@dataclass(kw_only=True)
class ApproveCluster(MergingAction):
    """Approve all members, or only `members` (at least two); the others stay as they are."""

    members: frozenset[UUID] | None = None

    def decide(self, cluster: Cluster, members: dict[UUID, Insight]) -> MergeDecision:
        ticked = set(members) if self.members is None else set(self.members)
        if strangers := ticked - set(members):
            raise ReviewError(
                f"{len(strangers)} of the chosen insights do not belong to this cluster: "
                f"{', '.join(sorted(map(str, strangers)))}."
            )
        if len(ticked) < 2:
            raise ReviewError("Tick at least two members to merge, or reject the cluster.")
        if self.canonical_id is not None and self.canonical_id not in ticked:
            raise ReviewError("The canonical statement must be one of those that are merged.")
        canonical, rows = self.merge_group(cluster, {pk: members[pk] for pk in ticked}, 0)
        left = [
            DecisionMember(insight=members[pk], role=MemberRole.KEPT, group=None)
            for pk in sorted(set(members) - ticked)
        ]
        return self.record(
            cluster,
            DecisionKind.PARTIAL if left else DecisionKind.APPROVED,
            [*rows, *left],
            canonical=canonical,
        )


@dataclass(kw_only=True)
class RejectCluster(ClusterAction):
    """Keep all members apart: none of these pairs is proposed again."""

    def decide(self, cluster: Cluster, members: dict[UUID, Insight]) -> MergeDecision:
        rows = [
            DecisionMember(insight=insight, role=MemberRole.KEPT, group=number)
            for number, (_, insight) in enumerate(sorted(members.items()))
        ]
        return self.record(cluster, DecisionKind.REJECTED, rows)


@dataclass(kw_only=True)
class SplitCluster(MergingAction):
    """Each group of two or more is merged; insights of different groups are not duplicates."""

    groups: Sequence[Sequence[UUID]]

    def decide(self, cluster: Cluster, members: dict[UUID, Insight]) -> MergeDecision:
        groups = [list(dict.fromkeys(group)) for group in self.groups if group]
        named = [pk for group in groups for pk in group]
        if sorted(named) != sorted(members):
            wrong = {
                "in no group": set(members) - set(named),
                "in several groups": {pk for pk in members if named.count(pk) > 1},
                "not in this cluster": set(named) - set(members),
            }
            said = [
                f"{what}: {', '.join(sorted(map(str, pks))[:5])}"
                for what, pks in wrong.items()
                if pks
            ]
            raise ReviewError(
                "A split must put each member of the cluster into exactly one group. "
                f"{'; '.join(said).capitalize()}."
            )
        if len(groups) < 2:
            raise ReviewError("A split needs at least two groups. To merge all, approve instead.")
        main = self.canonical_id or cluster.proposed_canonical_id
        rows: list[DecisionMember] = []
        for number, group in enumerate(groups):
            if len(group) > 1:
                part = {pk: members[pk] for pk in group}
                rows += self.merge_group(cluster, part, number, is_main=main in part)[1]
                continue
            if self.canonical_text and main in group:
                raise ReviewError(
                    "The statement that you rewrote is alone in its group. Leave it as it is, or "
                    "choose the canonical statement of the group that your words are for."
                )
            rows.append(
                DecisionMember(insight=members[group[0]], role=MemberRole.KEPT, group=number)
            )
        return self.record(cluster, DecisionKind.SPLIT, rows)


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
