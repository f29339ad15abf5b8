"""One search by words and by meaning."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    FloatField,
    Func,
    IntegerField,
    Q,
    QuerySet,
    UUIDField,
    Value,
)
from pgvector.django import CosineDistance

from insights import ids
from insights.admin.kit.base import SEARCHED_AT_MOST, words_of
from insights.embedding.nearest import tune
from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.models import Insight, InsightStatus
from insights.text.normalise import clean

NEAREST_FOUND = 50
FARTHEST = 0.65  # cosine distance of what is still near in meaning


def search(among: QuerySet[Insight], text: str) -> QuerySet[Insight]:
    """Return the insights nearest in meaning and those that contain all words, unordered.

    Vectors of another model are ignored.
    """
    return among.filter(Q(pk__in=_nearest(among, text)) | _holding(text))


def ranked(among: QuerySet[Insight], text: str, *, is_among_few: bool = False) -> QuerySet[Insight]:
    """Return the insights nearest in meaning, then the newest SEARCHED_AT_MOST with all words."""
    found = _among_few(among, text) if is_among_few else _by_indexes(among, text)
    return Insight.objects.filter(pk__in=ids.among(found)).order_by(_place_in(found))


def _by_indexes(among: QuerySet[Insight], text: str) -> list[UUID]:
    with transaction.atomic(), connection.cursor() as cursor:
        # Each parallel worker would read the filters' occurrences again.
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        holding = among.filter(_holding(text)).order_by("-created_at", "pk")
        return [*_nearest(among, text), *holding.values_list("pk", flat=True)[:SEARCHED_AT_MOST]]


def _among_few(among: QuerySet[Insight], text: str) -> list[UUID]:
    """Look at each insight once: an index would find many others, and the filters run twice."""
    vector = _vector(text)
    holds = ExpressionWrapper(_holding(text), output_field=BooleanField())
    nearness = CosineDistance("embedding", vector) if vector else Value(None, FloatField())
    near = Q(status=InsightStatus.ACTIVE, distance__lte=FARTHEST) if vector else Q(pk=None)
    rows = list(
        among.annotate(holds=holds, distance=nearness)
        .filter(near | Q(holds=True))
        .order_by()
        .values_list("pk", "status", "distance", "holds", "created_at")
    )
    nearest = sorted(
        (distance, pk)
        for pk, status, distance, *_ in rows
        if status == InsightStatus.ACTIVE and distance is not None and distance <= FARTHEST
    )
    holding = sorted((-created.timestamp(), pk) for pk, *_, holds, created in rows if holds)
    return [pk for _, pk in (*nearest[:NEAREST_FOUND], *holding[:SEARCHED_AT_MOST])]


def _place_in(found: Iterable[UUID]) -> Func:
    array = Value(list(found), ArrayField(UUIDField()))
    return Func(array, "pk", function="array_position", output_field=IntegerField())


def _holding(text: str) -> Q:
    condition = Q()
    for word in words_of(text):
        condition &= Q(statement__icontains=word)
    return condition


def _vector(text: str) -> list[float] | None:
    text = clean(text)
    try:
        return embed_one(text)[1] if text else None
    except VectorsOfAnotherModel:
        return None


def _nearest(among: QuerySet[Insight], text: str) -> list[UUID]:
    vector = _vector(text)
    if vector is None:
        return []
    nearest = (
        among.filter(status=InsightStatus.ACTIVE)
        .annotate(distance=CosineDistance("embedding", vector))
        .order_by("distance")
    )
    with transaction.atomic(), connection.cursor() as cursor:
        tune(cursor)
        rows = list(nearest.values_list("pk", "distance")[:NEAREST_FOUND])
    return [pk for pk, distance in rows if distance is not None and distance <= FARTHEST]
