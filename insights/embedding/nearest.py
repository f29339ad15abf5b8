"""Shared queries: the nearest insights, by pgvector."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from pgvector import HalfVector

from insights.models import Insight

# Rows that HNSW keeps as candidates during its search; tests/insights/test_nearest.py measures the
# recall against exact search.
EF_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Neighbour:
    insight: Insight
    similarity: float  # cosine


def nearest_older(
    insights: Sequence[Insight], *, limit: int, least_similarity: float
) -> dict[UUID, list[Neighbour]]:
    """Return the most similar older active insights of each stored insight, best first.

    Older by (created_at, id), so of two new twins only the later one finds the earlier one. The
    search ignores age and filters afterwards, so a result may be shorter than `limit` although an
    older insight exists further away; with `limit` well above the size of a group of duplicates
    this makes no difference.
    """
    if not insights:
        return {}
    with transaction.atomic(), connection.cursor() as cursor:
        tune(cursor)
        cursor.execute(
            """
            SELECT asking.id, found.id, 1 - found.distance
            FROM insights asking
            CROSS JOIN LATERAL (
                SELECT candidate.id, candidate.created_at,
                       candidate.embedding <=> asking.embedding AS distance
                FROM insights candidate
                WHERE candidate.status = 'active'
                ORDER BY candidate.embedding <=> asking.embedding
                LIMIT %s
            ) found
            WHERE asking.id = ANY(%s)
              AND (found.created_at, found.id) < (asking.created_at, asking.id)
              AND 1 - found.distance >= %s
            ORDER BY asking.id, found.distance
            """,
            [limit + 1, [insight.pk for insight in insights], least_similarity],
        )
        rows = cursor.fetchall()
    insights_found = Insight.objects.in_bulk({candidate for _, candidate, _ in rows})
    nearest: dict[UUID, list[Neighbour]] = {}
    for asking, candidate, similarity in rows:
        nearest.setdefault(asking, []).append(
            Neighbour(insights_found[candidate], float(similarity))
        )
    # The query fetched one more than the limit, because most insights find themselves.
    return {asking: found[:limit] for asking, found in nearest.items()}


def nearest_to_vector(
    vector: list[float] | np.ndarray, *, limit: int, least_similarity: float
) -> list[Neighbour]:
    """Return the active insights most similar to a vector (384,), best first."""
    return _nearest("%s::halfvec", HalfVector(vector).to_text(), limit, least_similarity)


def nearest_to(insight: Insight, *, limit: int, least_similarity: float) -> list[Neighbour]:
    """Return the other active insights most similar to a stored one, best first.

    Empty for an insight without an embedding. Its vector does not leave the database.
    """
    stored = "(SELECT embedding FROM insights WHERE id = %s)"
    found = _nearest(stored, insight.pk, limit + 1, least_similarity)
    return [one for one in found if one.insight.pk != insight.pk][:limit]


def _nearest(vector: str, value: UUID | str, limit: int, least: float) -> list[Neighbour]:
    """Search by SQL for a vector, with its parameter. Most searches find no row worth loading."""
    with transaction.atomic(), connection.cursor() as cursor:
        tune(cursor)
        cursor.execute(
            f"SELECT id, 1 - (embedding <=> {vector}) FROM insights WHERE status = 'active' "  # noqa: S608
            f"ORDER BY embedding <=> {vector} LIMIT %s",
            [value, value, limit],
        )
        rows = cursor.fetchall()
    near = {pk: cosine for pk, cosine in rows if cosine is not None and cosine >= least}
    found = Insight.objects.in_bulk(near) if near else {}
    return [Neighbour(found[pk], cosine) for pk, cosine in near.items() if pk in found]


def tune(cursor: CursorWrapper) -> None:
    # Continue until the limit is reached despite the filter; otherwise 7 of 20 rows came back.
    cursor.execute(
        f"SET LOCAL hnsw.ef_search = {EF_SEARCH:d}; SET LOCAL hnsw.iterative_scan = strict_order"
    )
