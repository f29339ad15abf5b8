"""What a reviewer sees of one cluster. Reads only; the number of queries is fixed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from django.db.models import Count, Window
from django.db.models.functions import RowNumber

from insights.admin.review.cluster_input import ReviewInput
from insights.models import Cluster, ClusterPair, Insight, InsightSource
from insights.text.diff import word_diff

OCCURRENCES = 5


@dataclass
class Occurrences:
    """The first places where a statement stands, and in how many it stands."""

    shown: list[InsightSource] = field(default_factory=list)
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.shown)


@dataclass(frozen=True)
class DiffWords:
    """A stretch of words that is in both statements, only here (ins) or only in the canonical
    (del); the space behind it is no part of the change."""

    op: Literal["same", "ins", "del"]
    text: str
    space: str


@dataclass(frozen=True)
class Card:
    """A member: its number on the page, its words against the proposed canonical's, its sources."""

    number: int
    insight: Insight
    is_canonical: bool
    similarity: float
    diff: list[DiffWords]
    occurrences: Occurrences
    is_ticked: bool
    is_chosen: bool
    group: int


@dataclass(frozen=True)
class PairRow:
    """In the pair's own order: "here" in its differences is the first, "there" the second."""

    first: int
    second: int
    pair: ClusterPair
    is_weakest: bool


@dataclass(frozen=True)
class ReviewPage:
    cards: list[Card]
    pairs: list[PairRow]
    group_numbers: range

    @property
    def near_misses(self) -> list[PairRow]:
        return [row for row in self.pairs if row.pair.differences]


def review_page(cluster: Cluster, given: ReviewInput | None) -> ReviewPage:
    """`given` is what the reviewer had put in when a decision was refused; it is shown again."""
    members = list(
        cluster.members.select_related("insight").defer("insight__embedding").order_by("position")
    )
    number_of = {member.insight_id: number for number, member in enumerate(members, 1)}
    canonical_id = cluster.proposed_canonical_id
    canonical = next((m.insight for m in members if m.insight_id == canonical_id), None)
    occurrences = occurrences_of(number_of)
    cards = [
        Card(
            number=number_of[member.insight_id],
            insight=member.insight,
            is_canonical=member.insight_id == canonical_id,
            similarity=member.similarity,
            diff=_diff(canonical, member.insight),
            occurrences=occurrences.get(member.insight_id, Occurrences()),
            is_ticked=given is None or str(member.insight_id) in given.ticked,
            is_chosen=str(member.insight_id) == given.canonical
            if given
            else member.insight_id == canonical_id,
            group=given.group_of(member.insight_id) if given else 1,
        )
        for member in members
    ]
    weakest = {cluster.weakest_insight1_id, cluster.weakest_insight2_id}
    pairs = [
        PairRow(
            number_of.get(pair.insight1_id, 0),
            number_of.get(pair.insight2_id, 0),
            pair=pair,
            is_weakest={pair.insight1_id, pair.insight2_id} == weakest,
        )
        for pair in cluster.pairs.order_by("similarity")
    ]
    return ReviewPage(cards, pairs, range(1, len(members) + 1))


def _diff(canonical: Insight | None, insight: Insight) -> list[DiffWords]:
    if canonical is None:
        return []
    words: list[tuple[Literal["same", "ins", "del"], str]] = []
    for part in word_diff(canonical.statement, insight.statement):
        if part.op == "same":
            words.append(("same", part.right))
        else:
            words += [("del", part.left), ("ins", part.right)]
    return [
        DiffWords(op, text.rstrip(), " " if text[-1].isspace() or op == "del" else "")
        for op, text in words
        if text
    ]


def occurrences_of(insights: Iterable[UUID]) -> dict[UUID, Occurrences]:
    """In one query, whatever the number of insights and of their occurrences."""
    rows = (
        InsightSource.objects.filter(insight__in=list(insights))
        .annotate(
            nth=Window(RowNumber(), partition_by="insight", order_by=("created_at", "pk")),
            total=Window(Count("pk"), partition_by="insight"),
        )
        .filter(nth__lte=OCCURRENCES)
        .select_related("source")
        .defer("source__content")
        .order_by("insight", "nth")
    )
    found: dict[UUID, Occurrences] = {}
    for row in rows:
        occurrences = found.setdefault(row.insight_id, Occurrences(total=row.total))
        occurrences.shown.append(row)
    return found
