"""Is what comes in still like what the active version was trained on? By week, in two numbers."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models.functions import TruncWeek
from django.utils import timezone

from finetuning.backends import backend_named
from finetuning.dataset import from_training_file
from finetuning.models import DeduplicationModel, ModelPrediction, TrainingFile
from finetuning.numeric.drift import stability_index

WEEKS = 13


@dataclass(frozen=True, slots=True)
class WeekOfDrift:
    """Population stability index of similarity and probability against the training pairs.

    Under 0.1 nothing has moved, over 0.25 much has (Siddiqi 2006, chapter 8).
    """

    week: date
    pairs: int
    similarity: float
    probability: float


def drift_by_week(model: DeduplicationModel, weeks: int = WEEKS) -> list[WeekOfDrift]:
    """The oldest week first; empty for a model without a training file.

    Pairs to train on were chosen by people, so a first index above 0 is no drift: watch its change.
    """
    if model.training_file_id is None:
        return []
    content = TrainingFile.objects.defer(None).get(pk=model.training_file_id).content
    examples = [one for one in from_training_file(content) if one.split == "train"]
    similarity = np.array([one.similarity for one in examples])
    probability = backend_named(model.backend).scorer(model).probabilities(examples)
    found: dict[date, list[tuple[float, float]]] = {}
    rows = (
        ModelPrediction.objects.filter(
            model=model, created_at__gte=timezone.now() - timedelta(weeks=weeks)
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
            similarity=stability_index(similarity, [cosine for cosine, _ in pairs]),
            probability=stability_index(probability, [said for _, said in pairs]),
        )
        for week, pairs in found.items()
    ]
