"""What the training data is like: counts, balance, borderline share, where it comes from."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Count

from finetuning.dataset import BATCH, Dataset
from insights.models import DecisionKind, MergeDecision

BORDERLINE = (0.85, 0.95)  # the guide's
RECOMMENDED_PER_LABEL = 100
IMBALANCE = 3
HELD_OUT_RECOMMENDED = 10
LISTED = 20


@dataclass(frozen=True)
class DecisionCounts:
    """Human decisions in force, under the guide's names."""

    approved_merges: int
    rejected_clusters: int
    partial_merges: int
    split_clusters: int


def decision_counts() -> DecisionCounts:
    count = dict(
        MergeDecision.objects.filter(undone_at__isnull=True)
        .values_list("kind")
        .annotate(Count("pk"))
        .order_by()
    )
    return DecisionCounts(
        approved_merges=count.get(DecisionKind.APPROVED, 0),
        rejected_clusters=count.get(DecisionKind.REJECTED, 0),
        partial_merges=count.get(DecisionKind.PARTIAL, 0),
        split_clusters=count.get(DecisionKind.SPLIT, 0),
    )


def statistics(dataset: Dataset) -> dict[str, Any]:
    """As plain JSON types. `balance` is the share of positives, None without examples."""
    examples = len(dataset)
    positive = _by_split(dataset, True)
    negative = _by_split(dataset, False)
    similarity = dataset.pairs["similarity"]
    low, high = BORDERLINE
    borderline = int(((similarity >= low) & (similarity <= high)).sum())
    return {
        **vars(decision_counts()),
        "examples": examples,
        "positive": positive,
        "negative": negative,
        "balance": positive["total"] / examples if examples else None,
        "bridging": dataset.bridging,
        "capped": dataset.capped,
        "similarity_histogram": _histogram(dataset),
        "borderline_share": borderline / examples if examples else None,
        "sources": _sources(dataset),
        "reviewers": _reviewers(dataset),
        "warnings": warnings(dataset),
    }


def warnings(dataset: Dataset) -> list[str]:
    positive, negative = dataset.count("train", True), dataset.count("train", False)
    held_out = dataset.count("held_out", True), dataset.count("held_out", False)
    found = []
    if min(positive, negative) < RECOMMENDED_PER_LABEL:
        found.append(
            f"{positive} positive and {negative} negative examples to train on: from "
            f"{RECOMMENDED_PER_LABEL} of each on, models get good."
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


def _histogram(dataset: Dataset) -> list[dict[str, float]]:
    """Bins of 0.05 from the lowest to the highest that is filled; the last one closed."""
    place = np.minimum((dataset.pairs["similarity"] * 20 + 1e-9).astype(int), 19).tolist()
    bins = Counter(zip(place, dataset.pairs["label"].tolist(), strict=True))
    return [
        {
            "from": round(number / 20, 2),
            "to": round((number + 1) / 20, 2),
            "positive": bins[number, True],
            "negative": bins[number, False],
        }
        for number in range(min(place, default=0), max(place, default=-1) + 1)
    ]


def _sources(dataset: Dataset) -> dict[str, Any]:
    """How many labelled insights come from each source."""
    insights = dataset.insights()
    found: Counter[tuple[UUID, str]] = Counter()
    with connection.cursor() as cursor:
        for start in range(0, len(insights), BATCH):  # each is in one of them: the counts add up
            cursor.execute(
                """
                SELECT source.id, source.name, count(DISTINCT link.origin_insight_id)
                FROM insight_sources link
                JOIN sources source ON source.id = link.source_id
                WHERE link.origin_insight_id = ANY(%s)
                GROUP BY source.id, source.name
                """,
                [insights[start : start + BATCH]],
            )
            for pk, name, number in cursor:
                found[pk, name] += number
    counts = sorted(
        ((name, number) for (_, name), number in found.items()), key=lambda row: (-row[1], row)
    )
    return {
        "count": len(counts),
        "most": [{"name": name, "insights": number} for name, number in counts[:LISTED]],
    }


def _reviewers(dataset: Dataset) -> dict[str, Any]:
    names = dataset.reviewers()
    counts = Counter(names[actor] for actor in dataset.pairs["actor"].tolist())
    return {
        "count": len(counts),
        "most": [{"name": name, "examples": number} for name, number in counts.most_common(LISTED)],
    }
