"""Change the embedding model: prepare the next one's vectors, switch, switch back.

Vectors of two models cannot be compared, so they are never used together. Those of the next model
are stored in insight_embeddings while the old ones stay in use; the switch exchanges all in one
transaction and keeps the old ones.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from insights.embedding import Embedder
from insights.models import Insight, InsightEmbedding, InsightStatus

BATCH = 2048


class NotPrepared(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Switched:
    moved: int
    put_aside: int


def lacking(name: str) -> QuerySet[Insight]:
    """Return insights with neither a serving nor a prepared vector of this model."""
    prepared = InsightEmbedding.objects.filter(insight=OuterRef("pk"), embedding_model=name)
    return (
        Insight.objects.exclude(status=InsightStatus.RETIRED)
        .exclude(embedding_model=name)
        .exclude(Exists(prepared))
    )


def prepare(embedder: Embedder, *, progress: Callable[[int], object] = lambda done: None) -> int:
    """Embed insights without a vector and return how many; a call after a kill resumes."""
    done = 0
    while True:
        batch = list(lacking(embedder.name).order_by("pk").values_list("pk", "statement")[:BATCH])
        if not batch:
            return done
        vectors = embedder.embed([statement for _, statement in batch])
        InsightEmbedding.objects.bulk_create(
            (
                InsightEmbedding(insight_id=pk, embedding_model=embedder.name, embedding=vector)
                for (pk, _), vector in zip(batch, vectors, strict=True)
            ),
            ignore_conflicts=True,
            batch_size=500,
        )
        done += len(batch)
        progress(done)


@transaction.atomic
def switch(name: str) -> Switched:
    """Let the prepared vectors of this model serve. Raises NotPrepared, having changed nothing."""
    with connection.cursor() as cursor:
        # Readers continue; writers of insights wait until all have moved.
        cursor.execute("LOCK TABLE insights IN SHARE ROW EXCLUSIVE MODE")
        if missing := lacking(name).count():
            raise NotPrepared(
                f"{missing} insights have no vector of {name} yet. Prepare them first: "
                "`manage.py reembed`; it is quick when only few have come in since."
            )
        cursor.execute(
            """
            INSERT INTO insight_embeddings (insight_id, embedding_model, embedding)
            SELECT id, embedding_model, embedding FROM insights
            WHERE embedding IS NOT NULL AND embedding_model NOT IN ('', %s)
            ON CONFLICT (insight_id, embedding_model)
            DO UPDATE SET embedding = excluded.embedding
            """,
            [name],
        )
        put_aside = cursor.rowcount
        cursor.execute(
            """
            UPDATE insights
            SET embedding = prepared.embedding, embedding_model = prepared.embedding_model
            FROM insight_embeddings prepared
            WHERE prepared.insight_id = insights.id
              AND prepared.embedding_model = %s
              AND insights.embedding_model <> %s
            """,
            [name, name],
        )
        moved = cursor.rowcount
        cursor.execute("DELETE FROM insight_embeddings WHERE embedding_model = %s", [name])
    return Switched(moved, put_aside)


def forget(name: str) -> int:
    """Delete the vectors of an unused model; going back to it means paying again."""
    return InsightEmbedding.objects.filter(embedding_model=name).delete()[0]


@dataclass(frozen=True, slots=True)
class Stock:
    """Number of insights by embedding model: serving and prepared."""

    serving: dict[str, int]
    aside: dict[str, int]


def stock() -> Stock:
    def by_model(rows: QuerySet) -> dict[str, int]:
        counted = rows.order_by("embedding_model").values("embedding_model")
        return dict(counted.annotate(n=Count("pk")).values_list("embedding_model", "n"))

    return Stock(
        by_model(Insight.objects.exclude(status=InsightStatus.RETIRED)),
        by_model(InsightEmbedding.objects.all()),
    )
