"""Measured recall: the share of missed duplicates, estimated from random pairs never proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from insights.embedding.service import load_vectors, serving_model
from insights.ids import ordered
from insights.intervals import exact_interval
from insights.models import (
    ClusterPair,
    Insight,
    InsightStatus,
    PairLabel,
    RecallPair,
    RecallSample,
)
from insights.permissions import DECIDE_CLUSTER
from insights.review.actions.base import require
from insights.review.errors import ReviewError, Stale
from insights.review.labels import label_insights
from insights.review.state import lock_insights

LEAST = 0.40  # of the demo's 35,510 pairs below it none is a duplicate
BANDS = 3  # below the threshold; one more holds similar pairs that a model keeps out of clusters
IDENTICAL = 1.01  # above every cosine, which rounding may take over 1
PAIRS = 120  # a sample, over all bands: an hour of answers
INSIGHTS = 4000  # drawn when there are more; the counts are scaled up
BLOCK = 1000


@dataclass(frozen=True, slots=True)
class Band:
    """One range of similarity: its pairs, how many were judged, and how many are duplicates."""

    pairs: int
    judged: int
    same: int


@dataclass(frozen=True, slots=True)
class MeasuredRecall:
    """Missed duplicates with an interval that holds the truth in 95 of 100 samples or more.

    recall: merged / (merged + missed), with the interval of `missed` carried over.
    """

    judged: int
    waiting: int
    missed: float
    low: float
    high: float
    merged: int

    @property
    def recall(self) -> float | None:
        total = self.merged + self.missed
        return self.merged / total if total else None

    @property
    def recall_low(self) -> float:
        return self.merged / (self.merged + self.high) if self.merged else 0.0

    @property
    def recall_high(self) -> float:
        return self.merged / (self.merged + self.low) if self.merged else 1.0


def missed_in(bands: Sequence[Band], confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the stratified estimate of the duplicates in all bands, and its interval.

    Each band's exact interval has a part of the error (Bonferroni), so their sum holds the truth
    with at least the confidence, however few duplicates there are.
    """
    each = 1 - (1 - confidence) / max(1, len(bands))
    estimate = low = high = 0.0
    for band in bands:
        least, most = exact_interval(band.same, band.judged, each)
        estimate += band.pairs * band.same / band.judged if band.judged else 0.0
        low += max(band.pairs * least, band.same)
        high += band.pairs * most
    return estimate, low, high


def draw_recall_sample(seed: int | None = None) -> RecallSample:
    """Draw pairs of active insights, over all sources, that no cluster proposed, by band.

    Those similar enough for a cluster are pairs that the model keeps out. Pairs that a person has
    judged are not drawn. Raises ReviewError when there is nothing to draw.
    """
    random = np.random.default_rng(seed)
    active = Insight.objects.filter(
        status=InsightStatus.ACTIVE, embedding_model=serving_model()
    ).order_by("pk")
    total = active.count()
    if total > INSIGHTS:
        ids = list(active.values_list("pk", flat=True))
        chosen = random.choice(total, INSIGHTS, replace=False)
        active = active.filter(pk__in=[ids[place] for place in chosen])
    found, vectors = load_vectors(active)
    edges = np.append(np.linspace(LEAST, settings.CANDIDATE_SIMILARITY, BANDS + 1), IDENTICAL)
    scale = (total / len(found)) ** 2 if found else 1.0
    rows, columns, band = _pairs_within(found, vectors, edges)
    sample = RecallSample(
        bands=[
            {"least": float(a), "below": float(b), "pairs": round(scale * int((band == at).sum()))}
            for at, (a, b) in enumerate(pairwise(edges))
        ],
        merged=Insight.objects.filter(status=InsightStatus.MERGED).count(),
    )
    drawn = []
    for at in range(len(sample.bands)):
        places = np.flatnonzero(band == at)
        for place in random.permutation(places)[: PAIRS // len(sample.bands)]:
            first, second = ordered(found[rows[place]], found[columns[place]])
            drawn.append(RecallPair(sample=sample, band=at, insight1_id=first, insight2_id=second))
    if not drawn:
        raise ReviewError("All similar pairs are proposed or judged: there is nothing to draw yet.")
    with transaction.atomic():
        sample.save()
        RecallPair.objects.bulk_create(drawn)
    return sample


def next_recall_pair() -> RecallPair | None:
    """Return a pair of the newest sample that nobody has judged, or None."""
    newest = RecallSample.objects.first()
    return RecallPair.objects.filter(sample=newest, is_same=None).first() if newest else None


def answer_recall(pair_id: UUID, *, reviewer: User, same: bool) -> RecallPair:
    """Record the answer as a label decision. Raises Forbidden, or Stale if it has an answer."""
    require(reviewer, DECIDE_CLUSTER, "judge pairs")
    with transaction.atomic():
        pair = RecallPair.objects.select_for_update().get(pk=pair_id)
        if pair.is_same is not None:
            raise Stale("Someone else has judged this pair. Continue with the next one.")
        pair.is_same, pair.reviewer, pair.answered_at = same, reviewer, timezone.now()
        pair.save()
        insights = lock_insights((pair.insight1_id, pair.insight2_id))
        label_insights(
            insights.values(), same=same, actor=reviewer, comment="Drawn to measure recall."
        )
    return pair


def measured_recall() -> MeasuredRecall | None:
    """Return the recall measured by the newest sample; None without one."""
    sample = RecallSample.objects.first()
    if sample is None:
        return None
    answers = list(sample.pairs.values_list("band", "is_same"))
    bands = [
        Band(
            row["pairs"],
            sum(band == at and same is not None for band, same in answers),
            sum(band == at and same is True for band, same in answers),
        )
        for at, row in enumerate(sample.bands)
    ]
    estimate, low, high = missed_in(bands)
    judged = sum(band.judged for band in bands)
    return MeasuredRecall(judged, len(answers) - judged, estimate, low, high, sample.merged)


def _pairs_within(
    ids: Sequence[UUID], vectors: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, columns and band of the pairs within the edges, (m,) each."""
    place = {pk: at for at, pk in enumerate(ids)}
    known = _known_pairs(place)
    parts = []
    for start in range(0, len(ids), BLOCK):
        cosine = vectors[start : start + BLOCK] @ vectors.T
        rows, columns = np.nonzero((cosine >= edges[0]) & (cosine < edges[-1]))
        band = np.searchsorted(edges, cosine[rows, columns], side="right") - 1
        rows += start
        keep = (columns > rows) & ~np.isin(rows * len(ids) + columns, known)
        parts.append((rows[keep], columns[keep], band[keep]))
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    rows, columns, band = (np.concatenate(each) for each in zip(*parts, strict=True))
    return rows, columns, band


def _known_pairs(place: dict[UUID, int]) -> np.ndarray:
    """Return row * n + column of the pairs that a cluster proposed or a person judged."""
    found = []
    for table in (ClusterPair, PairLabel):
        known = table.objects.filter(insight1__in=place, insight2__in=place)
        pairs = known.values_list(F("insight1"), F("insight2"))
        found += [sorted((place[first], place[second])) for first, second in pairs]
    return np.array([a * len(place) + b for a, b in found], dtype=np.int64)
