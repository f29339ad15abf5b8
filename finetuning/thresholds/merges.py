"""Preview of automatic merges: which recent insights would merge, and which no longer would.

The rule is that of `inference.duplicates`: an insight goes into the most probable older one that is
sure enough, differs in no number, date, unit, version, name or negation, and is of a kind for which
the version has earned merges.
"""

from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from finetuning.models import AutoMergeProof, DeduplicationModel
from finetuning.thresholds.changes import Proposal
from finetuning.thresholds.verdicts import Verdicts
from finetuning.trust.basis import least_similarity
from finetuning.trust.evidence import vectors_of
from finetuning.trust.rules import Trust
from insights.ids import Pair, among, ordered
from insights.models import (
    ClusterPair,
    ClusterStatus,
    DecisionKind,
    DecisionMember,
    Insight,
    InsightOrigin,
    MemberRole,
    PairLabel,
)
from insights.text.guard import Comparison, compare

INSIGHTS = 2000  # the newest
PAIRS = 20_000
CONCERNED = 500  # insights whose pairs are read word by word


@dataclass(frozen=True, slots=True)
class Flip:
    """One insight whose automatic merge the proposal would change.

    `gained`: the proposal would merge it, today's setting does not; False: the other way around.
    `older` is the insight that it goes into.

    `person`: what people said of the pair, None when nothing. `decision`: the automatic merge in
    force. `cluster`: the open cluster that both are in.
    """

    gained: bool
    newer: UUID
    older: UUID
    newer_statement: str
    older_statement: str
    similarity: float
    before: float | None
    after: float | None
    person: bool | None = None
    decision: UUID | None = None
    cluster: UUID | None = None


@dataclass
class MergeFlips:
    """The automatic merges that a proposal would gain and lose.

    `insights`, `pairs`: how many were looked at. `held_back`: insights with a pair that only the
    proposal finds sure enough, but that differs in a fact. `limits`: what was left out, in words.
    """

    insights: int = 0
    pairs: int = 0
    flips: list[Flip] = field(default_factory=list)
    held_back: int = 0
    unearned: int = 0  # sure enough, but merges of that kind are not earned
    limits: list[str] = field(default_factory=list)

    @property
    def gained(self) -> list[Flip]:
        """Return gained merges: first those that people called not duplicates, then by doubt."""
        found = [one for one in self.flips if one.gained]
        return sorted(found, key=lambda one: (one.person is not False, one.after or 0.0, one.newer))

    @property
    def lost(self) -> list[Flip]:
        """Return lost merges: those that a person called the same first, then the most probable."""
        found = [one for one in self.flips if not one.gained]
        return sorted(
            found, key=lambda one: (one.person is not True, -(one.after or 0.0), one.newer)
        )


@dataclass
class _Pairs:
    """Pairs to compare. `newer`: who would have been merged, by pair."""

    similarity: dict[Pair, float]
    statement: dict[UUID, str]
    newer: dict[Pair, UUID]


def merge_flips(today: Proposal | None, proposed: Proposal) -> MergeFlips:
    recent = list(
        Insight.objects.filter(origin=InsightOrigin.EXTRACTED)
        .order_by("-created_at", "pk")
        .values_list("pk", flat=True)[:INSIGHTS]
    )
    found = MergeFlips(insights=len(recent))
    pairs = _pairs_at_hand(recent, found)
    found.pairs = len(pairs.similarity)
    before = _said(today.model if today else None, pairs, found)
    same = today is not None and today.model == proposed.model
    after = before if same else _said(proposed.model, pairs, found)

    def sure(said: Mapping[Pair, float], pair: Pair, at: Proposal | None) -> bool:
        return at is not None and said.get(pair, 0.0) >= at.auto_merge_confidence

    flipping, concerned = set[UUID](), set[UUID]()
    for pair in pairs.similarity:
        was_sure, is_sure = sure(before, pair, today), sure(after, pair, proposed)
        if was_sure or is_sure:
            concerned.add(pairs.newer[pair])
        if was_sure != is_sure:
            flipping.add(pairs.newer[pair])
    if len(concerned) > CONCERNED:
        found.limits.append(
            f"{len(concerned):,} insights have a pair above a threshold; the lists show "
            f"{CONCERNED:,} of them: those between the thresholds, then the newest."
        )
        order = sorted(recent, key=lambda pk: pk not in flipping)
        concerned = set([pk for pk in order if pk in concerned][:CONCERNED])
    by_newer: defaultdict[UUID, list[Pair]] = defaultdict(list)
    for pair, newer in pairs.newer.items():
        if newer in concerned and (sure(before, pair, today) or sure(after, pair, proposed)):
            by_newer[newer].append(pair)
    compared = {
        pair: comparison
        for own in by_newer.values()
        for pair in own
        if not (comparison := compare(*(pairs.statement[pk] for pk in pair))).blocks
    }
    earned_before = _earned(today, before, pairs, compared)
    earned_after = _earned(proposed, after, pairs, compared)
    for newer, own in by_newer.items():
        free = [pair for pair in own if pair in compared]
        was = [pair for pair in free if pair in earned_before]
        will = [pair for pair in free if pair in earned_after]
        if not free and not any(sure(before, pair, today) for pair in own):
            found.held_back += 1
        elif not will and not was and any(sure(after, pair, proposed) for pair in free):
            found.unearned += 1
        if bool(was) == bool(will):
            continue
        said = after if will else before
        best = max(will or was, key=lambda pair: (said[pair], pairs.similarity[pair]))
        older = best[0] if best[1] == newer else best[1]
        found.flips.append(
            Flip(
                gained=bool(will),
                newer=newer,
                older=older,
                newer_statement=pairs.statement[newer],
                older_statement=pairs.statement[older],
                similarity=pairs.similarity[best],
                before=before.get(best),
                after=after.get(best),
            )
        )
    found.flips = _with_what_became(found.flips)
    return found


def _earned(
    at: Proposal | None,
    said: Mapping[Pair, float],
    pairs: _Pairs,
    compared: Mapping[Pair, Comparison],
) -> set[Pair]:
    """Return the pairs that the proposal merges: sure enough, alike enough, of an earned kind."""
    if at is None:
        return set()
    sure = [
        pair
        for pair, found in compared.items()
        if said.get(pair, 0.0) >= at.auto_merge_confidence
        and pairs.similarity[pair] >= least_similarity(found.left_over)
    ]
    if at.auto_merge_proof == AutoMergeProof.THRESHOLD or not sure:
        return set(sure)
    vector = vectors_of({pk for pair in sure for pk in pair})
    known = [(one, other) for one, other in sure if one in vector and other in vector]
    if not known:
        return set()
    model = copy(at.model)
    model.auto_merge_proof = at.auto_merge_proof
    allowed = Trust(model, at.auto_merge_confidence).permits(
        [compared[pair].left_over for pair in known],
        [compared[pair].wording for pair in known],
        [said[pair] for pair in known],
        np.array([vector[one] for one, _ in known]),
        np.array([vector[other] for _, other in known]),
    )
    return {pair for pair, one in zip(known, allowed, strict=True) if one.wait is None}


def _said(model: DeduplicationModel | None, pairs: _Pairs, found: MergeFlips) -> dict[Pair, float]:
    verdicts = Verdicts(model)
    said = verdicts.of(pairs.similarity, pairs.statement)
    if verdicts.unknown:
        found.limits.append(
            f"{verdicts.unknown:,} of the {len(pairs.similarity):,} pairs were never judged by "
            f"{model}; they are left out."
        )
    return said


def _pairs_at_hand(recent: list[UUID], found: MergeFlips) -> _Pairs:
    """Return the pairs that any version was asked about, and those of open clusters, each once."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH recent AS (SELECT unnest(%(recent)s::uuid[]) AS id)
            SELECT insight1_id, insight2_id, max(similarity) FROM (
                SELECT insight1_id, insight2_id, similarity_score AS similarity
                FROM recent JOIN model_predictions ON insight1_id = recent.id
                UNION ALL
                SELECT insight1_id, insight2_id, similarity_score
                FROM recent JOIN model_predictions ON insight2_id = recent.id
                UNION ALL
                SELECT pair.insight1_id, pair.insight2_id, pair.similarity
                FROM recent JOIN cluster_pairs pair ON pair.insight1_id = recent.id
                JOIN clusters ON clusters.id = pair.cluster_id AND clusters.status = 'open'
                UNION ALL
                SELECT pair.insight1_id, pair.insight2_id, pair.similarity
                FROM recent JOIN cluster_pairs pair ON pair.insight2_id = recent.id
                JOIN clusters ON clusters.id = pair.cluster_id AND clusters.status = 'open'
            ) AS asked
            WHERE similarity >= %(least)s
            GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %(most)s
            """,
            {"recent": recent, "least": settings.CANDIDATE_SIMILARITY, "most": PAIRS + 1},
        )
        rows = cursor.fetchall()
    if len(rows) > PAIRS:
        found.limits.append(f"Of more than {PAIRS:,} pairs, the {PAIRS:,} most similar were taken.")
    similarity = {(one, other): cosine for one, other, cosine in rows[:PAIRS]}
    born: dict[UUID, tuple[datetime, UUID]] = {}
    statement: dict[UUID, str] = {}
    needed = {pk for pair in similarity for pk in pair}
    for pk, created_at, text in Insight.objects.filter(pk__in=among(needed)).values_list(
        "pk", "created_at", "statement"
    ):
        born[pk], statement[pk] = (created_at, pk), text
    # A reviewer's own wording never came in from a source, so it is never the newer one.
    came_in = set(recent)
    newer = {
        pair: last for pair in similarity if (last := max(pair, key=lambda pk: born[pk])) in came_in
    }
    return _Pairs({pair: similarity[pair] for pair in newer}, statement, newer)


def _with_what_became(flips: list[Flip]) -> list[Flip]:
    """Add people's later answer about each pair, its automatic merge in force, its open cluster."""
    pairs = {ordered(one.newer, one.older) for one in flips}
    ids = {pk for pair in pairs for pk in pair}
    labels = _by_pair(PairLabel.objects.filter(insight1__in=ids, insight2__in=ids), "is_same")
    clusters = _by_pair(
        ClusterPair.objects.filter(
            insight1__in=ids, insight2__in=ids, cluster__status=ClusterStatus.OPEN
        ),
        "cluster_id",
    )
    merges = dict(
        DecisionMember.objects.filter(
            insight__in=[one.newer for one in flips],
            role=MemberRole.MERGED,
            decision__kind=DecisionKind.AUTOMATIC,
            decision__undone_at__isnull=True,
        ).values_list("insight_id", "decision_id")
    )
    return [
        replace(
            one,
            person=labels.get(ordered(one.newer, one.older)),
            decision=merges.get(one.newer),
            cluster=clusters.get(ordered(one.newer, one.older)),
        )
        for one in flips
    ]


def _by_pair(rows: QuerySet[Any], column: str) -> dict[Pair, Any]:
    return {
        (one, other): value
        for one, other, value in rows.values_list("insight1_id", "insight2_id", column)
    }
