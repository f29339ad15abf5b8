"""One search by words and by meaning."""

from django.db import connection, transaction
from django.db.models import Case, Q, QuerySet, Value, When
from pgvector.django import CosineDistance

from insights.embedding.nearest import tune
from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.models import Insight, InsightStatus
from insights.text.normalise import clean

NEAREST_FOUND = 50
LEAST_SIMILARITY = 0.35


def search(
    among: QuerySet[Insight], by_words: QuerySet[Insight], text: str, *, keep_order: bool
) -> QuerySet[Insight]:
    """Return `by_words` with the nearest by meaning of `among`, and these first.

    `keep_order`: a column sorts the list. Vectors of another model are left alone.
    """
    cleaned = clean(text)
    if not cleaned:
        return by_words
    try:
        _, vector = embed_one(cleaned)
    except VectorsOfAnotherModel:
        return by_words
    nearest = (
        among.filter(status=InsightStatus.ACTIVE)
        .annotate(distance=CosineDistance("embedding", vector))
        .order_by("distance")
    )
    with transaction.atomic(), connection.cursor() as cursor:
        tune(cursor)
        rows = list(nearest.values_list("pk", "distance")[:NEAREST_FOUND])
    ids = [pk for pk, distance in rows if distance is not None and distance <= 1 - LEAST_SIMILARITY]
    found = among.filter(Q(pk__in=ids) | Q(pk__in=by_words.order_by().values("pk")))
    if keep_order or not ids:
        return found
    rank = Case(*(When(pk=pk, then=Value(place)) for place, pk in enumerate(ids)), default=len(ids))
    return found.order_by(rank, "-created_at", "pk")
