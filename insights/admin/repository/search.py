"""One search by words and by meaning."""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import Func, IntegerField, Q, QuerySet, UUIDField, Value
from pgvector.django import CosineDistance

from insights.admin.kit.base import words_of
from insights.embedding.nearest import tune
from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.models import Insight, InsightStatus
from insights.text.normalise import clean

NEAREST_FOUND = 50
LEAST_SIMILARITY = 0.35


def search(among: QuerySet[Insight], text: str, *, keep_order: bool) -> QuerySet[Insight]:
    """Return the insights nearest in meaning, then those that contain all words.

    `keep_order`: a column sorts the list. Vectors of another model are ignored.
    """
    condition = Q()
    for word in words_of(text):
        condition &= Q(statement__icontains=word)
    ids = _nearest(among, clean(text))
    found = among.filter(Q(pk__in=ids) | condition)
    if keep_order or not ids:
        return found
    rank = Func(
        Value(ids, ArrayField(UUIDField())),
        "pk",
        function="array_position",
        output_field=IntegerField(),
    )
    return found.order_by(rank.asc(nulls_last=True), "-created_at", "pk")


def _nearest(among: QuerySet[Insight], text: str) -> list[UUID]:
    if not text:
        return []
    try:
        _, vector = embed_one(text)
    except VectorsOfAnotherModel:
        return []
    nearest = (
        among.filter(status=InsightStatus.ACTIVE)
        .annotate(distance=CosineDistance("embedding", vector))
        .order_by("distance")
    )
    with transaction.atomic(), connection.cursor() as cursor:
        tune(cursor)
        rows = list(nearest.values_list("pk", "distance")[:NEAREST_FOUND])
    return [
        pk for pk, distance in rows if distance is not None and distance <= 1 - LEAST_SIMILARITY
    ]
