"""Preview the open clusters after the next run: the real grouping, in memory.

It groups with the current and the proposed settings, so that only the proposal's changes are
reported; changes that the next run makes anyway are counted separately. Nothing is stored.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import connection

from finetuning.models import DeduplicationModel
from finetuning.thresholds.changes import Proposal
from finetuning.thresholds.verdicts import Verdicts
from insights.clustering.assisted import assisted_groups
from insights.clustering.corpus import Constraints, Corpus, load_constraints, load_corpus
from insights.clustering.similarity import CandidatePairs, candidate_pairs
from insights.ids import Pair, among
from insights.models import Cluster, ClusterMember, ClusterStatus, Insight
from insights.review.queue import ORDER

CLUSTERS = 1000  # the first of the queue
INSIGHTS = 4000  # their members, and what hangs together with them
BETWEEN = 1000  # pairs between the two bounds, which may open clusters

Fate = Literal["split", "joined", "grows", "vanishes", "stays", "opens"]
Members = frozenset[UUID]


@dataclass(frozen=True, slots=True)
class ClusterChange:
    """A change of one cluster.

    `pieces`: the groups of its members, larger ones first; a piece of one is alone. `cluster` is
    None for a new one.
    """

    fate: Fate
    cluster: UUID | None
    pieces: tuple[tuple[UUID, ...], ...]


@dataclass
class ClusterChanges:
    """The changes of all clusters.

    `open`: how many there are. `looked_at`: how many of those. `anyway`: how many the next run
    changes with the current settings too. `statement`: of each insight in the changes.
    """

    open: int = 0
    looked_at: int = 0
    anyway: int = 0
    changes: list[ClusterChange] = field(default_factory=list)
    statement: dict[UUID, str] = field(default_factory=dict)
    limits: list[str] = field(default_factory=list)

    @property
    def by_fate(self) -> dict[Fate, int]:
        return dict(Counter(one.fate for one in self.changes))


def unchanged() -> ClusterChanges:
    """Return the answer for a proposal that leaves clustering as it is."""
    return ClusterChanges(open=Cluster.objects.filter(status=ClusterStatus.OPEN).count())


def cluster_changes(today: Proposal | None, proposed: Proposal) -> ClusterChanges:
    found = ClusterChanges(open=Cluster.objects.filter(status=ClusterStatus.OPEN).count())
    members = _members()
    found.looked_at = len(members)
    if found.open > found.looked_at:
        found.limits.append(
            f"Only the first {found.looked_at:,} of {found.open:,} open clusters in the queue were "
            "compared."
        )
    around = _around({pk for one in members.values() for pk in one}, today, proposed)
    if len(around) >= INSIGHTS:
        found.limits.append(
            f"Only the {INSIGHTS:,} insights nearest to these clusters were grouped."
        )
    corpus = load_corpus(around)
    pairs = candidate_pairs(corpus.vectors, settings.CANDIDATE_SIMILARITY)
    constraints = load_constraints(set(corpus.ids))
    statement = dict(
        Insight.objects.filter(pk__in=among(corpus.ids)).values_list("pk", "statement")
    )
    undecided = {
        pair: float(cosine)
        for pair, cosine in zip(
            corpus.pairs(pairs.left, pairs.right), pairs.similarity.tolist(), strict=True
        )
        if pair not in constraints.must_link and pair not in constraints.must_not_link
    }

    def said_by(model: DeduplicationModel | None) -> dict[Pair, float]:
        verdicts = Verdicts(model)
        said = verdicts.of(undecided, statement)
        if verdicts.unknown and model is not None:
            found.limits.append(
                f"{verdicts.unknown:,} of {len(undecided):,} pairs were never judged by {model}; "
                "they count with their similarity."
            )
        return said

    before = said_by(today.model if today else None)
    same = today is not None and today.model == proposed.model
    after = before if same else said_by(proposed.model)
    is_now = _groups(corpus, pairs, before, constraints, today)
    would_be = _groups(corpus, pairs, after, constraints, proposed)
    found.changes, found.anyway = _compare(members, set(corpus.ids), is_now, would_be)
    shown = {pk for one in found.changes for piece in one.pieces for pk in piece}
    found.statement = {pk: text for pk, text in statement.items() if pk in shown}
    return found


def _members() -> dict[UUID, Members]:
    """Return the members of the open clusters that are first in the queue."""
    first = Cluster.objects.filter(status=ClusterStatus.OPEN).order_by(*ORDER)
    asked = list(first.values_list("pk", flat=True)[:CLUSTERS])
    found: dict[UUID, set[UUID]] = {pk: set() for pk in asked}
    rows = ClusterMember.objects.filter(cluster__in=among(asked)).order_by()
    for cluster, insight in rows.values_list("cluster_id", "insight_id"):
        found[cluster].add(insight)
    return {cluster: frozenset(members) for cluster, members in found.items()}


def _around(members: set[UUID], today: Proposal | None, proposed: Proposal) -> set[UUID]:
    """Return the insights that may be grouped with the members.

    These are the members, the pairs between the two thresholds, and everything connected to them by
    pairs that either version found probable enough.
    """
    bounds = [one.cluster_out_confidence for one in (today, proposed) if one]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE seeds(id) AS (
                SELECT unnest(%(members)s::uuid[])
                UNION ALL
                SELECT unnest(ARRAY[insight1_id, insight2_id]) FROM (
                    SELECT insight1_id, insight2_id FROM model_predictions
                    WHERE model_id = %(proposed)s
                      AND probability >= %(least)s AND probability < %(most)s
                    ORDER BY probability DESC, id LIMIT %(between)s
                ) AS between_the_bounds
            ), reached(id) AS (
                SELECT id FROM seeds
                UNION
                SELECT other.id
                FROM reached CROSS JOIN LATERAL (
                    SELECT insight2_id AS id FROM model_predictions
                    WHERE insight1_id = reached.id AND model_id = ANY(%(models)s)
                      AND probability >= %(least)s
                    UNION ALL
                    SELECT insight1_id FROM model_predictions
                    WHERE insight2_id = reached.id AND model_id = ANY(%(models)s)
                      AND probability >= %(least)s
                ) AS other
                JOIN insights ON insights.id = other.id AND insights.status = 'active'
            )
            SELECT id FROM reached LIMIT %(insights)s
            """,
            {
                "members": list(members),
                "proposed": proposed.model.pk,
                "models": [one.model.pk for one in (today, proposed) if one],
                "least": min(bounds),
                "most": max(bounds),
                "between": BETWEEN,
                "insights": INSIGHTS,
            },
        )
        return {pk for (pk,) in cursor.fetchall()}


def _groups(
    corpus: Corpus,
    pairs: CandidatePairs,
    probability: Mapping[Pair, float],
    constraints: Constraints,
    at: Proposal | None,
) -> list[Members]:
    groups = assisted_groups(
        corpus,
        pairs,
        probability,
        constraints,
        threshold=settings.CANDIDATE_SIMILARITY,
        link_from=at.cluster_out_confidence if at else None,
        in_above=settings.CLUSTER_IN_CONFIDENCE,
        max_size=settings.CLUSTER_MAX_SIZE,
    )
    return [frozenset(corpus.ids[row] for row in one.members) for one in groups]


def _compare(
    members: Mapping[UUID, Members],
    known: set[UUID],
    is_now: list[Members],
    would_be: list[Members],
) -> tuple[list[ClusterChange], int]:
    """Return what the proposal changes, and how many clusters the next run changes anyway."""
    now_of = {pk: one for one in is_now for pk in one}
    then_of = {pk: one for one in would_be for pk in one}
    cluster_of = {pk: cluster for cluster, own in members.items() for pk in own}
    changes, anyway = [], 0
    for cluster, all_of_it in members.items():
        own = all_of_it & known
        if len(own) < 2:
            continue
        now = {now_of[pk] for pk in own if pk in now_of}
        then = {then_of[pk] for pk in own if pk in then_of}
        if now == then:
            anyway += now != {own}
            continue
        others = {cluster_of[pk] for one in then for pk in one if pk in cluster_of} - {cluster}
        changes.append(ClusterChange(_fate(own, then, bool(others)), cluster, _pieces(own, then)))
    there = set(is_now)
    changes += [
        ClusterChange("opens", None, _pieces(one, {one}))
        for one in would_be
        if one not in there and not any(pk in cluster_of for pk in one)
    ]
    order = ("split", "vanishes", "joined", "grows", "opens", "stays")
    return sorted(changes, key=lambda one: (order.index(one.fate), str(one.cluster))), anyway


def _fate(own: Members, then: set[Members], is_joined: bool) -> Fate:
    if not then:
        return "vanishes"
    if len(then) > 1 or not own <= next(iter(then)):
        return "split"
    if then == {own}:
        return "stays"
    return "joined" if is_joined else "grows"


def _pieces(own: Members, then: set[Members]) -> tuple[tuple[UUID, ...], ...]:
    alone = own.difference(*then)
    whole = sorted((tuple(sorted(one)) for one in then), key=lambda one: (-len(one), one))
    return (*whole, *((pk,) for pk in sorted(alone)))
