"""One search by words and by meaning."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import Func, IntegerField, Q, QuerySet, UUIDField, Value
from pgvector.django import CosineDistance

from insights.admin.kit.base import SEARCHED_AT_MOST, words_of
from insights.embedding.nearest import tune
from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.models import Insight, InsightStatus
from insights.text.normalise import clean

NEAREST_FOUND = 50
LEAST_SIMILARITY = 0.35


def search(among: QuerySet[Insight], text: str) -> QuerySet[Insight]:
    """Return the insights nearest in meaning and those that contain all words, unordered.

    Vectors of another model are ignored.
    """
    return among.filter(Q(pk__in=_nearest(among, text)) | _holding(text))


def ranked(among: QuerySet[Insight], text: str) -> QuerySet[Insight]:
    """Return the insights nearest in meaning, then the newest SEARCHED_AT_MOST with all words."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Each parallel worker would read the filters' occurrences again.
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        holding = among.filter(_holding(text)).order_by("-created_at", "pk")
        ids = [*_nearest(among, text), *holding.values_list("pk", flat=True)[:SEARCHED_AT_MOST]]
    return Insight.objects.filter(pk__in=ids).order_by(_place_in(ids))


def _place_in(ids: Iterable[UUID]) -> Func:
    array = Value(list(ids), ArrayField(UUIDField()))
    return Func(array, "pk", function="array_position", output_field=IntegerField())


def _holding(text: str) -> Q:
    condition = Q()
    for word in words_of(text):
        condition &= Q(statement__icontains=word)
    return condition


def _nearest(among: QuerySet[Insight], text: str) -> list[UUID]:
    text = clean(text)
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
