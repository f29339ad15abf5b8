"""Statistics of the training data: counts, balance, borderline share, origin."""

from collections import Counter
from collections.abc import Mapping

from django.db import connection
from django.db.models import Count, F, Q
from django.db.models.functions import Floor, Least

from finetuning.ml.data.training_pairs import IMBALANCE, RECOMMENDED_PER_LABEL
from finetuning.models import PAIRS_PER_DECISION, TrainingPair
from finetuning.training_data.dataset import Dataset, reviewer_names
from insights.models import DecisionKind, MergeDecision
from insights.types import JSONObject

BORDERLINE = (0.85, 0.95)  # the guide's
HELD_OUT_RECOMMENDED = 10
LISTED = 20


def decision_counts() -> dict[str, int]:
    """Count the human decisions in force, under the guide's names."""
    count = dict(
        MergeDecision.objects.filter(undone_at__isnull=True)
        .values_list("kind")
        .annotate(Count("pk"))
        .order_by()
    )
    return {
        "approved_merges": count.get(DecisionKind.APPROVED, 0),
        "rejected_clusters": count.get(DecisionKind.REJECTED, 0),
        "partial_merges": count.get(DecisionKind.PARTIAL, 0),
        "split_clusters": count.get(DecisionKind.SPLIT, 0),
    }


def statistics(dataset: Dataset) -> JSONObject:
    """Summarise the training data in JSON types. `balance`: share of positives, or None."""
    examples = len(dataset)
    positive = _by_split(dataset, True)
    negative = _by_split(dataset, False)
    reviewers: Counter[str] = Counter()
    bins: Counter[tuple[int, bool]] = Counter()
    borderline = 0
    names = reviewer_names()
    tally = (
        TrainingPair.objects.usable()
        .values_list(
            Least(Floor(F("similarity") * 20 + 1e-9), 19.0),
            "is_same",
            "decision__actor",
        )
        .annotate(number=Count("*"), between=Count("place", filter=Q(similarity__range=BORDERLINE)))
        .order_by()
    )
    for place, label, actor, number, between in tally:
        bins[int(place), label] += number
        borderline += between
        reviewers[names.get(actor, "")] += number
    busiest = sorted(reviewers.items(), key=lambda row: (-row[1], row[0]))
    return {
        **decision_counts(),
        "examples": examples,
        "positive": positive,
        "negative": negative,
        "balance": positive["total"] / examples if examples else None,
        "bridging": dataset.bridging,
        "capped": dataset.capped,
        "similarity_histogram": _histogram(bins),
        "borderline_share": borderline / examples if examples else None,
        "sources": _sources(),
        "reviewers": {
            "count": len(reviewers),
            "most": [{"name": name, "examples": number} for name, number in busiest[:LISTED]],
        },
        "warnings": warnings(dataset),
    }


def warnings(dataset: Dataset) -> list[str]:
    positive, negative = dataset.count("train", True), dataset.count("train", False)
    held_out = dataset.count("held_out", True), dataset.count("held_out", False)
    found = []
    if min(positive, negative) < RECOMMENDED_PER_LABEL:
        found.append(
            f"{positive} positive and {negative} negative examples to train on: models get good "
            f"from {RECOMMENDED_PER_LABEL} of each."
        )
    if max(positive, negative) > IMBALANCE * min(positive, negative):
        found.append(
            f"Out of balance: {positive} positive, {negative} negative examples. "
            f"Decide more clusters of the {'second' if positive > negative else 'first'} kind."
        )
    if min(held_out) < HELD_OUT_RECOMMENDED:
        found.append(
            f"Only {held_out[0]} positive and {held_out[1]} negative examples are held out: "
            "what is measured on them is uncertain."
        )
    return found


def _by_split(dataset: Dataset, label: bool) -> dict[str, int]:
    train, held_out = dataset.count("train", label), dataset.count("held_out", label)
    return {"total": train + held_out, "train": train, "held_out": held_out}


def _histogram(bins: Mapping[tuple[int, bool], int]) -> list[dict[str, float]]:
    """Return bins of 0.05 from the lowest to the highest filled one; the last one closed."""
    filled = [place for place, _ in bins]
    return [
        {
            "from": round(place / 20, 2),
            "to": round((place + 1) / 20, 2),
            "positive": bins[place, True],
            "negative": bins[place, False],
        }
        for place in range(min(filled, default=0), max(filled, default=-1) + 1)
    ]


def _sources() -> JSONObject:
    """Count the labelled insights from each source."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT source.name, count(DISTINCT link.origin_insight_id), count(*) OVER ()
            FROM insight_sources link
            JOIN sources source ON source.id = link.source_id
            WHERE link.origin_insight_id IN (
                SELECT unnest(ARRAY[insight1_id, insight2_id])
                FROM training_pairs
                WHERE NOT bridging AND place <= %s
            )
            GROUP BY source.id, source.name
            ORDER BY 2 DESC, 1
            LIMIT %s
            """,
            [PAIRS_PER_DECISION, LISTED],
        )
        rows = cursor.fetchall()
    return {
        "count": rows[0][2] if rows else 0,
        "most": [{"name": name, "insights": number} for name, number, _ in rows],
    }
