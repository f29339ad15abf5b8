"""Embeddings of stored insights: nothing is embedded twice."""

from collections.abc import Callable, Sequence
from itertools import islice
from uuid import UUID

import numpy as np
from django.db.models import BinaryField, Func, QuerySet

from insights.models import Insight
from insights.models.insight import EMBEDDING_DIMENSIONS
from insights.ports import embedder

BATCH = 512
CHUNK = 5000


def embed_one(text: str) -> tuple[str, list[float]]:
    """The embedding model's name and the vector (length 384) of one text."""
    model = embedder()
    return model.name, model.embed([text])[0].tolist()


def embed_statements(
    insights: Sequence[Insight], *, progress: Callable[[int], None] | None = None
) -> None:
    """Set `embedding` and `embedding_model` of unsaved insights; those that have one keep it."""
    model = embedder()
    missing = [insight for insight in insights if insight.embedding_model != model.name]
    vectors = model.embed([insight.statement for insight in missing], progress=progress)
    for insight, vector in zip(missing, vectors, strict=True):
        insight.embedding, insight.embedding_model = vector, model.name


def embed_missing(*, progress: Callable[[int], None] | None = None) -> int:
    """Embed stored active insights that have no vector of the current model; how many it were."""
    model = embedder()
    done = 0
    while True:
        batch = list(
            Insight.objects.filter(status="active")
            .exclude(embedding_model=model.name)
            .order_by("pk")[:BATCH]
        )
        if not batch:
            return done
        embed_statements(batch)
        Insight.objects.bulk_update(batch, ["embedding", "embedding_model"])
        done += len(batch)
        if progress:
            progress(done)


def load_vectors(insights: QuerySet[Insight]) -> tuple[list[UUID], np.ndarray]:
    """The ids and vectors of a queryset in its order: (n,) and (n, 384) float32, rows of length 1.

    Read as bytes: a Python list of floats for each row would take eight times the memory. The rows
    are normalised again, because the store's half precision leaves their length a little off 1.
    """
    ids: list[UUID] = []
    chunks: list[np.ndarray] = []
    rows = (
        insights.filter(embedding__isnull=False)
        .annotate(sent=Func("embedding", function="halfvec_send", output_field=BinaryField()))
        .values_list("pk", "sent")
    )
    found = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        ids += [pk for pk, _ in chunk]
        sent = np.frombuffer(b"".join(bytes(row) for _, row in chunk), dtype=">f2")
        # Two 16-bit words before the components: the number of dimensions, and an unused one.
        matrix = sent.reshape(len(chunk), -1)[:, 2:].astype(np.float32)
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        chunks.append(matrix)
    empty = np.zeros((0, EMBEDDING_DIMENSIONS), dtype=np.float32)
    return ids, np.concatenate(chunks) if chunks else empty
