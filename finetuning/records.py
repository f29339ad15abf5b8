"""The stored predictions: cache of what was asked before, and record of what was answered."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

from finetuning.models import DeduplicationModel, ModelPrediction, PredictionOrigin
from insights.ports import InsightPair
from insights.review.labels import Pair


def recorded(model: DeduplicationModel, keys: Sequence[Pair]) -> dict[Pair, float]:
    return {
        (first, second): probability
        for first, second, probability in _lookup(
            """
            SELECT prediction.insight1_id, prediction.insight2_id, prediction.probability
            FROM unnest(%s::uuid[], %s::uuid[]) AS asked (insight1_id, insight2_id)
            JOIN model_predictions prediction USING (insight1_id, insight2_id)
            WHERE prediction.model_id = %s
            """,
            keys,
            model.pk,
        )
    }


def _labels(keys: Sequence[Pair]) -> dict[Pair, bool]:
    return {
        (first, second): is_same
        for first, second, is_same in _lookup(
            """
            SELECT label.insight1_id, label.insight2_id, label.is_same
            FROM unnest(%s::uuid[], %s::uuid[]) AS asked (insight1_id, insight2_id)
            JOIN pair_labels label USING (insight1_id, insight2_id)
            """,
            keys,
        )
    }


def _lookup(query: str, keys: Sequence[Pair], *parameters: Any) -> Iterator[tuple[Any, ...]]:
    columns = [first for first, _ in keys], [second for _, second in keys]
    with connection.cursor() as cursor:
        cursor.execute(query, [*columns, *parameters])
        yield from cursor.fetchall()


def record_predictions(
    model: DeduplicationModel,
    pairs: Mapping[Pair, InsightPair],
    probabilities: Mapping[Pair, float],
    origin: PredictionOrigin,
) -> None:
    keys = sorted(probabilities)  # two processes on the same pairs wait, and do not deadlock
    labels = _labels(keys)
    ModelPrediction.objects.bulk_create(
        (
            ModelPrediction(
                model=model,
                insight1_id=key[0],
                insight2_id=key[1],
                prediction=probabilities[key] >= 0.5,
                probability=probabilities[key],
                confidence=max(probabilities[key], 1 - probabilities[key]),
                similarity_score=pairs[key].similarity,
                actual_label=labels.get(key),
                origin=origin,
            )
            for key in keys
        ),
        ignore_conflicts=True,
    )
