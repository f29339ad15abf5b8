"""What the screen shows of one cluster. Reads only; the number of queries does not grow."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from insights.admin.kit.highlight import Mark, against, plain
from insights.admin.review.cluster_input import ReviewInput
from insights.admin.review.cluster_page import Occurrences, occurrences_of
from insights.clustering.grouping import propose_split
from insights.decider import InsightPair, duplicate_decider
from insights.models import (
    Cluster,
    ClusterMember,
    ClusterPair,
    ClusterStatus,
    Insight,
    MemberRole,
    MergeDecision,
    PairLabel,
)
from insights.pairs import Pair, ordered
from insights.review.precedents import Precedent, precedents
from insights.text.guard import Finding, compare

REASONS = (
    "says the same",
    "different fact",
    "different topic",
    "one is broader",
    "missing context",
    "poor extraction",
)


@dataclass(frozen=True)
class Card:
    """A member beside the proposed canonical. `differences` are sentences that name the two by
    their numbers. `said` is what people have decided about the two before, if they have."""

    number: int
    insight: Insight
    is_canonical: bool
    marks: list[Mark]
    differences: list[str]
    similarity: float
    probability: float | None
    explanation: tuple[str, ...]
    occurrences: Occurrences
    said: bool | None
    is_ticked: bool
    is_chosen: bool
    group: int


@dataclass(frozen=True)
class Screen:
    cluster: Cluster
    cards: list[Card]
    weakest: tuple[int, int]
    group_numbers: range
    precedents: list[Precedent]
    decision: MergeDecision | None
    model_version: str
    is_blind: bool
    held_by_other: bool

    @property
    def is_open(self) -> bool:
        return self.cluster.status == ClusterStatus.OPEN

    @property
    def disputed(self) -> int:
        return sum(bool(card.differences) for card in self.cards)


def find(pk: UUID) -> Cluster | None:
    return (
        Cluster.objects.select_related("run", "held_by", "proposed_canonical")
        .defer("proposed_canonical__embedding")
        .filter(pk=pk)
        .first()
    )


def screen(
    cluster: Cluster, reviewer: Any, *, given: ReviewInput | None = None, is_blind: bool = False
) -> Screen:
    """`given` is what the reviewer had put in when a decision was refused; it is shown again."""
    members = list(
        cluster.members.select_related("insight").defer("insight__embedding").order_by("position")
    )
    ids = [member.insight_id for member in members]
    number_of = {pk: number for number, pk in enumerate(ids, 1)}
    pairs = {
        (pair.insight1_id, pair.insight2_id): pair
        for pair in ClusterPair.objects.filter(cluster=cluster)
    }
    decision = None
    if cluster.status != ClusterStatus.OPEN:
        decision = (
            MergeDecision.objects.select_related("actor", "canonical")
            .defer("canonical__embedding")
            .filter(cluster=cluster, undone_at__isnull=True)
            .first()
        )
    weakest = sorted(
        (
            number_of.get(cluster.weakest_insight1_id, 1),
            number_of.get(cluster.weakest_insight2_id, 1),
        )
    )
    return Screen(
        cluster=cluster,
        cards=_Cards(cluster, members, pairs, given, decision).cards(),
        weakest=(weakest[0], weakest[1]),
        group_numbers=range(1, min(len(members), 9) + 1),
        precedents=precedents(cluster),
        decision=decision,
        model_version=cluster.run.model_version if cluster.run else "",
        is_blind=is_blind,
        held_by_other=cluster.is_held and cluster.held_by_id != reviewer.pk,
    )


class _Cards:
    def __init__(
        self,
        cluster: Cluster,
        members: list[ClusterMember],
        pairs: dict[Pair, ClusterPair],
        given: ReviewInput | None,
        decision: MergeDecision | None,
    ) -> None:
        self.members, self.pairs, self.given = members, pairs, given
        canonical_id = cluster.proposed_canonical_id
        # Never without one: should it be no member any more, the first stands for it.
        self.canonical = next(
            (m.insight for m in members if m.insight_id == canonical_id), members[0].insight
        )
        ids = [member.insight_id for member in members]
        self.at = ids.index(self.canonical.pk) + 1
        self.occurrences = occurrences_of(ids)
        self.labels = {
            (label.insight1_id, label.insight2_id): label.is_same
            for label in PairLabel.objects.filter(insight1__in=ids, insight2__in=ids)
        }
        self.parts = self._parts(ids)
        self.decided = {row.insight_id: row for row in decision.members.all()} if decision else None
        self.chosen = decision.canonical_id if decision else self.canonical.pk

    def cards(self) -> list[Card]:
        others = [m for m in self.members if m.insight_id != self.canonical.pk]
        found = {
            m.insight_id: compare(m.insight.statement, self.canonical.statement).disputed
            for m in others
        }
        explained = dict(zip((m.insight_id for m in others), self._explain(others), strict=True))
        return [
            self._card(number, member, found, explained.get(member.insight_id, ()))
            for number, member in enumerate(self.members, 1)
        ]

    def _card(
        self,
        number: int,
        member: ClusterMember,
        found: dict[UUID, tuple[Finding, ...]],
        explanation: tuple[str, ...],
    ) -> Card:
        pk, insight = member.insight_id, member.insight
        is_canonical = pk == self.canonical.pk
        key = ordered(pk, self.canonical.pk)
        pair = self.pairs.get(key)
        if is_canonical:
            disputed = [
                (span, str(one.kind))
                for each in found.values()
                for one in each
                for span in one.right_spans
            ]
            marks = plain(insight.statement, disputed)
        else:
            marks = against(self.canonical.statement, insight.statement, found[pk])
        return Card(
            number=number,
            insight=insight,
            is_canonical=is_canonical,
            marks=marks,
            differences=[
                one.sentence(f"statement {number}", f"statement {self.at}")
                for one in found.get(pk, ())
            ],
            similarity=member.similarity,
            probability=pair.probability if pair else None,
            explanation=explanation,
            occurrences=self.occurrences.get(pk, Occurrences()),
            said=self.labels.get(key),
            is_ticked=self._is_ticked(pk),
            is_chosen=str(pk) == self.given.canonical if self.given else pk == self.chosen,
            group=self.given.group_of(pk) if self.given else self.parts.get(pk, 1),
        )

    def _is_ticked(self, pk: UUID) -> bool:
        if self.given:
            return str(pk) in self.given.ticked
        if self.decided is None:
            return True
        row = self.decided.get(pk)
        return row is not None and row.role != MemberRole.KEPT

    def _explain(self, others: list[ClusterMember]) -> list[tuple[str, ...]]:
        return duplicate_decider().explain(
            [InsightPair(m.insight, self.canonical, m.similarity) for m in others]
        )

    def _parts(self, ids: list[UUID]) -> dict[UUID, int]:
        """The proposed split, cut at the weakest link: the canonical's part is group 1."""
        if len(ids) < 3:
            return {}
        square = np.zeros((len(ids), len(ids)))
        for i, one in enumerate(ids):
            for j, other in enumerate(ids):
                pair = self.pairs.get(ordered(one, other)) if i != j else None
                square[i, j] = pair.similarity if pair else 0.0
        first, second = propose_split(range(len(ids)), lambda i, j: square[i, j])
        apart = first if self.at - 1 in second else second
        return {pk: 2 if place in apart else 1 for place, pk in enumerate(ids)}
