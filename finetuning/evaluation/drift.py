"""Drift: two numbers a week for how far new insights have moved from the training data."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models.functions import TruncWeek
from django.utils import timezone
from numpy.typing import NDArray

from finetuning.backends import backend_named
from finetuning.ml.drift import index_by_chance, quantile_edges, shares, stability_index
from finetuning.models import DeduplicationModel, ModelPrediction
from finetuning.training_data.dataset import TrainingExample
from insights.types import JSONObject

WEEKS = 13
BANDS = 5
MOVED, MUCH = 0.10, 0.25  # Siddiqi 2006, chapter 8


@dataclass(frozen=True, slots=True)
class Moved:
    """One quantity in one week.

    `index`: population stability index against the training pairs; `shares`: its share in each
    fifth of these; `edges`: the limits of the fifths.
    """

    index: float
    shares: list[float]
    edges: list[float]


@dataclass(frozen=True, slots=True)
class WeekOfDrift:
    """Drift of one week: under 0.1 none, over 0.25 much; up to `by_chance` it may be chance.

    `probability` is None for a hosted version, which would be asked about its training pairs again
    for money.
    """

    week: date
    pairs: int
    by_chance: float
    similarity: Moved
    probability: Moved | None

    def as_dict(self) -> JSONObject:
        return {**asdict(self), "week": self.week.isoformat()}


def drift_by_week(model: DeduplicationModel, known: Sequence[TrainingExample]) -> list[WeekOfDrift]:
    """Return the weeks, the oldest first; `known` are the examples of the training file.

    Without examples there are no weeks. People chose the training pairs, so a first index above 0
    is not drift: watch its change.
    """
    examples = [one for one in known if one.split == "train"]
    if not examples:
        return []
    similarity = np.array([one.similarity for one in examples])
    probability = (
        None
        if model.is_hosted
        else backend_named(model.backend).scorer(model).probabilities(examples)
    )
    found: dict[date, list[tuple[float, float]]] = {}
    rows = (
        ModelPrediction.objects.filter(
            model=model, created_at__gte=timezone.now() - timedelta(weeks=WEEKS)
        )
        .annotate(week=TruncWeek("created_at"))
        .order_by("week")
        .values_list("week", "similarity_score", "probability")
    )
    for week, cosine, said in rows.iterator(chunk_size=5000):
        found.setdefault(week.date(), []).append((cosine, said))
    return [
        WeekOfDrift(
            week=week,
            pairs=len(pairs),
            by_chance=index_by_chance(len(examples), len(pairs)),
            similarity=_moved(similarity, [cosine for cosine, _ in pairs]),
            probability=None
            if probability is None
            else _moved(probability, [said for _, said in pairs]),
        )
        for week, pairs in found.items()
    ]


def in_words(index: float, by_chance: float) -> str:
    """Put the drift index into words."""
    if index <= by_chance:
        return "by chance"
    if index < MOVED:
        return "hardly"
    return "yes" if index < MUCH else "much"


def _moved(expected: NDArray[np.float64], actual: list[float]) -> Moved:
    edges = quantile_edges(expected, BANDS)
    return Moved(
        index=stability_index(expected, actual),
        shares=shares(actual, edges),
        edges=[float(edge) for edge in edges],
    )
