"""The stored predictions: a cache of past questions, and the record of the answers."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from finetuning.models import DeduplicationModel, ModelPrediction, PredictionOrigin
from insights.decider import InsightPair
from insights.ids import Pair


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


def _hold(insights: Set[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM insights WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(insights)]
        )


def _lookup(query: str, keys: Sequence[Pair], *parameters: str | UUID) -> Iterator[tuple[Any, ...]]:
    columns = [first for first, _ in keys], [second for _, second in keys]
    with connection.cursor() as cursor:
        cursor.execute(query, [*columns, *parameters])
        yield from cursor.fetchall()


@transaction.atomic
def record_predictions(
    model: DeduplicationModel,
    pairs: Mapping[Pair, InsightPair],
    probabilities: Mapping[Pair, float],
    origin: PredictionOrigin,
) -> None:
    """Store predictions with the label that people gave so far; a signal fills in later ones.

    A decision that is just being taken holds its insights, so this waits for it and reads its
    labels, or it waits for this and finds the rows: it cannot fall between the two.
    """
    keys = sorted(probabilities)  # two processes on the same pairs wait, and do not deadlock
    _hold({insight for key in keys for insight in key})
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
