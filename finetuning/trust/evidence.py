"""Decisions of people on a version's sure pairs since it was trained."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from finetuning.models import DeduplicationModel
from finetuning.trust.basis import familiar, familiarity_of
from insights.embedding.service import load_vectors, serving_model
from insights.ids import Pair
from insights.models import Insight
from insights.text.guard import LeftOver, compare

JUDGEMENTS = 5000  # the newest


class Judgement(NamedTuple):
    pair: Pair
    probability: float
    is_same: bool
    left_over: LeftOver
    is_familiar: bool
    decision: UUID
    wording: str = ""  # `Comparison.wording`


class _Row(NamedTuple):
    insight1: UUID
    insight2: UUID
    probability: float
    is_same: bool
    left_over: str
    is_familiar: bool | None
    decision: UUID
    wording: str


def judgements(
    model: DeduplicationModel, threshold: float, least_similarity: float
) -> list[Judgement]:
    """Return confirmed proposals, audit answers and undone merges, in the order of the decisions.

    Only pairs that the version would merge on its probability alone, and that the guard does not
    block; only decisions made after the version, which it cannot have learnt from.
    """
    rows = _labelled(model, threshold, least_similarity)
    unknown = [row for row in rows if not row.left_over]
    if unknown:
        _classify(model, unknown)
        rows = _labelled(model, threshold, least_similarity)
    found = [
        Judgement(
            (row.insight1, row.insight2),
            row.probability,
            row.is_same,
            LeftOver(row.left_over),
            bool(row.is_familiar),
            row.decision,
            row.wording,
        )
        for row in rows
        if row.left_over
    ]
    return [one for one in found if one.left_over not in (LeftOver.CONFLICT, LeftOver.UNREAD)]


def store_kinds(
    model: DeduplicationModel,
    pairs: Sequence[Pair],
    left_over: Sequence[LeftOver],
    wording: Sequence[str],
    is_familiar: Sequence[bool],
) -> None:
    """Write the class, its words and familiarity beside the predictions of stored pairs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE model_predictions prediction
            SET left_over = found.left_over, wording = found.wording,
                is_familiar = found.is_familiar
            FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::boolean[])
                 AS found (insight1_id, insight2_id, left_over, wording, is_familiar)
            WHERE prediction.model_id = %s
              AND prediction.insight1_id = found.insight1_id
              AND prediction.insight2_id = found.insight2_id
            """,
            [
                [one for one, _ in pairs],
                [other for _, other in pairs],
                [str(each) for each in left_over],
                list(wording),
                list(is_familiar),
                model.pk,
            ],
        )


def vectors_of(ids: Iterable[UUID]) -> dict[UUID, NDArray[np.float32]]:
    """Return the vectors (384,) of those insights that have one of the serving embedding model."""
    stored = Insight.objects.filter(pk__in=set(ids), embedding_model=serving_model())
    found, vectors = load_vectors(stored.order_by("pk"))
    return dict(zip(found, vectors, strict=True))


def _labelled(model: DeduplicationModel, threshold: float, least_similarity: float) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT prediction.insight1_id, prediction.insight2_id, prediction.probability,
                   label.is_same, prediction.left_over, prediction.is_familiar, label.decision_id,
                   prediction.wording
            FROM model_predictions prediction
            JOIN pair_labels label USING (insight1_id, insight2_id)
            JOIN merge_decisions decision ON decision.id = label.decision_id
            WHERE prediction.model_id = %s AND prediction.is_correct IS NOT NULL
              AND prediction.probability >= %s AND prediction.similarity_score >= %s
              AND decision.decided_at > %s
            ORDER BY decision.decided_at DESC, decision.id LIMIT %s
            """,
            [model.pk, threshold, least_similarity, model.created_at, JUDGEMENTS],
        )
        return [_Row(*row) for row in reversed(cursor.fetchall())]


def _classify(model: DeduplicationModel, rows: Sequence[_Row]) -> None:
    """Ask the guard about pairs that were predicted in clustering, once people have judged them."""
    ids = {pk for row in rows for pk in (row.insight1, row.insight2)}
    statement = dict(Insight.objects.filter(pk__in=ids).values_list("pk", "statement"))
    vector = vectors_of(ids)
    known = [row for row in rows if row.insight1 in vector and row.insight2 in vector]
    if not known:
        return
    compared = [compare(statement[row.insight1], statement[row.insight2]) for row in known]
    left_over = [one.left_over for one in compared]
    store_kinds(
        model,
        [(row.insight1, row.insight2) for row in known],
        left_over,
        [one.wording for one in compared],
        familiar(
            familiarity_of(model),
            np.array([vector[row.insight1] for row in known]),
            np.array([vector[row.insight2] for row in known]),
            left_over,
        ).tolist(),
    )
