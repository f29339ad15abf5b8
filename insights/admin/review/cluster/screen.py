"""The review screen of a cluster or an audit item. Reads only, in a fixed number of queries."""

from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from django.contrib.auth.models import User
from django.urls import reverse

from insights.admin.review.cluster.cards import Card, Compared, Opinion, cards_of, occurrences_of
from insights.admin.review.cluster.form import ReviewInput
from insights.admin.review.cluster.picture import Picture, picture_of
from insights.audit import answers
from insights.clustering.grouping import propose_split
from insights.decider import InsightPair, duplicate_decider
from insights.ids import Pair, ordered
from insights.models import (
    AuditItem,
    Cluster,
    ClusterPair,
    ClusterStatus,
    Insight,
    MemberRole,
    MergeDecision,
    PairLabel,
)
from insights.models.decision import group_letter
from insights.review.precedents import Precedent, precedents
from insights.text.tokens import tokens

REASONS = (
    "says the same",
    "different fact",
    "different topic",
    "one is broader",
    "missing context",
    "poor extraction",
)
NEARLY_THE_SAME = 0.8  # share of common words


@dataclass(frozen=True)
class Screen:
    """The review screen of `item`: a cluster, or an audit item, which hides the decision."""

    item: Cluster | AuditItem
    cards: list[Card]
    held_by_other: bool
    is_blind: bool = True
    weakest: tuple[int, int] = (1, 1)
    precedents: list[Precedent] = field(default_factory=list)
    decision: MergeDecision | None = None
    model_version: str = ""
    picture: Picture | None = None

    @property
    def is_audit(self) -> bool:
        return isinstance(self.item, AuditItem)

    @property
    def is_open(self) -> bool:
        if isinstance(self.item, AuditItem):
            return not self.item.verdict
        return self.item.status == ClusterStatus.OPEN

    @property
    def disputed(self) -> int:
        return sum(card.is_disputed for card in self.cards)

    @property
    def groups(self) -> list[tuple[int, str]]:
        """Return the groups that a split can put a statement into: number and letter."""
        return [(number, group_letter(number - 1)) for number in range(1, len(self.cards) + 1)]

    @property
    def url(self) -> str:
        name = "review_audit_item" if self.is_audit else "review_item"
        return reverse(f"admin:{name}", args=[self.item.pk])

    @property
    def decide_url(self) -> str:
        name = "review_audit_answer" if self.is_audit else "review_decide"
        return reverse(f"admin:{name}", args=[self.item.pk])


def find(pk: UUID) -> Cluster | None:
    return (
        Cluster.objects.select_related("run", "held_by", "proposed_canonical").filter(pk=pk).first()
    )


def audit_screen(item: AuditItem, reviewer: User, given: ReviewInput | None = None) -> Screen:
    """Show the statements as they were before any decision, each beside the first shown."""
    insights = answers.blind_members(item)
    compared = Compared(insights, insights[0])
    cards = cards_of(
        compared,
        given=given,
        ticked=compared.safe(),
        chosen=None,
        groups={},
        occurrences=occurrences_of((one.pk for one in insights), at_first=True),
        opinions={},
    )
    return Screen(item, cards, held_by_other=item.is_held and item.held_by != reviewer)


def cluster_screen(
    cluster: Cluster,
    reviewer: User,
    *,
    given: ReviewInput | None = None,
    is_blind: bool = False,
) -> Screen:
    """Show the members beside the proposed canonical statement.

    Members that conflict with it, or with each other, start unticked.
    """
    members = cluster.members.select_related("insight")
    insights = [member.insight for member in members.order_by("position")]
    similarity = {member.insight_id: member.similarity for member in members}
    ids = [one.pk for one in insights]
    # If the proposed canonical is no longer a member, the first member replaces it.
    canonical = next(
        (one for one in insights if one.pk == cluster.proposed_canonical_id), insights[0]
    )
    pairs = {
        (pair.insight1_id, pair.insight2_id): pair
        for pair in ClusterPair.objects.filter(cluster=cluster)
    }
    decision = None
    if cluster.status != ClusterStatus.OPEN:
        decision = (
            MergeDecision.objects.select_related("actor", "canonical")
            .filter(cluster=cluster, undone_at__isnull=True)
            .first()
        )
    compared = Compared(insights, canonical)
    if decision is None:
        ticked = compared.safe()
    else:
        rows = decision.members.exclude(role=MemberRole.KEPT)
        ticked = set(rows.values_list("insight", flat=True))
    number_of = {pk: number for number, pk in enumerate(ids, 1)}
    weakest = sorted(
        number_of.get(pk, 1) for pk in (cluster.weakest_insight1_id, cluster.weakest_insight2_id)
    )
    groups = _proposed_groups(compared, pairs)
    return Screen(
        item=cluster,
        cards=cards_of(
            compared,
            given=given,
            ticked=ticked,
            chosen=decision.canonical_id if decision else canonical.pk,
            groups=groups,
            occurrences=occurrences_of(ids),
            opinions=_opinions(compared, pairs, similarity),
        ),
        held_by_other=cluster.is_held and cluster.held_by != reviewer,
        is_blind=is_blind,
        weakest=(weakest[0], weakest[1]),
        precedents=precedents(cluster),
        decision=decision,
        model_version=cluster.run.model_version if cluster.run else "",
        picture=picture_of(compared, pairs, groups),
    )


def _opinions(
    compared: Compared, pairs: dict[Pair, ClusterPair], similarity: dict[UUID, float]
) -> dict[UUID, Opinion]:
    canonical = compared.reference
    others = [one for one in compared.insights if one.pk != canonical.pk]
    ids = [one.pk for one in compared.insights]
    labels = {
        (label.insight1_id, label.insight2_id): label.is_same
        for label in PairLabel.objects.filter(insight1__in=ids, insight2__in=ids)
    }
    explained = duplicate_decider().explain(
        [InsightPair(one, canonical, similarity[one.pk]) for one in others]
    )
    found = {}
    for one, explanation in zip(others, explained, strict=True):
        key = ordered(one.pk, canonical.pk)
        pair = pairs.get(key)
        found[one.pk] = Opinion(
            similarity=similarity[one.pk],
            probability=pair.probability if pair else None,
            explanation=explanation,
            said=labels.get(key),
            phrase=_phrase(one, canonical, is_disputed=compared.is_disputed(one.pk)),
        )
    return found


def _phrase(one: Insight, canonical: Insight, *, is_disputed: bool) -> str:
    if is_disputed:
        return "Similar wording, but different facts"
    ours, theirs = (
        {token.text.casefold() for token in tokens(each.statement)} for each in (one, canonical)
    )
    if len(ours & theirs) >= NEARLY_THE_SAME * len(ours | theirs):
        return "Nearly the same words"
    return "Similar wording"


def _proposed_groups(compared: Compared, pairs: dict[Pair, ClusterPair]) -> dict[UUID, int]:
    """Propose a split: conflicting statements apart, else two groups cut at the weakest link.

    A statement joins the most similar group that it does not conflict with. Group 1 holds the
    canonical statement.
    """
    if len(compared.insights) < 3:
        return {}

    def similarity(one: UUID, other: UUID) -> float:
        pair = pairs.get(ordered(one, other))
        return pair.similarity if pair else 0.0

    canonical = compared.reference
    groups = [[canonical]]
    for one in compared.insights:
        if one.pk == canonical.pk:
            continue
        fitting = [
            group for group in groups if not any(compared.conflict(one, other) for other in group)
        ]
        if not fitting:
            groups.append([one])
            continue
        max(
            fitting,
            key=lambda group: sum(similarity(one.pk, other.pk) for other in group) / len(group),
        ).append(one)
    if len(groups) > 1:
        return {one.pk: number for number, group in enumerate(groups, 1) for one in group}
    ids = [one.pk for one in compared.insights]
    square = np.array([[similarity(i, j) if i != j else 0.0 for j in ids] for i in ids])
    first, second = propose_split(range(len(ids)), lambda i, j: square[i, j])
    apart = first if ids.index(canonical.pk) in second else second
    return {pk: 2 if place in apart else 1 for place, pk in enumerate(ids)}
