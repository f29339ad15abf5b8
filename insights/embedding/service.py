"""Embeddings of stored insights: nothing is embedded twice, and two models never serve together."""

from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import numpy as np
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BinaryField, Func, QuerySet

from insights.embedding import Embedder
from insights.models import Insight, InsightStatus
from insights.models.insight import EMBEDDING_DIMENSIONS
from insights.plugins import plugin

BATCH = 512
CHUNK = 5000
# A row of PostgreSQL's binary COPY: each field has its length in front, and a halfvec its number of
# dimensions and an unused number.
_HEADER = 19
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("id_length", ">i4"),
        ("id", "V16"),
        ("length", ">i4"),
        ("of_vector", "V4"),
        ("vector", ">f2", (EMBEDDING_DIMENSIONS,)),
        ("created_length", ">i4"),
        ("created", ">i8"),
    ]
)


class VectorsOfAnotherModel(Exception):
    """EMBEDDER was changed, and the stored vectors were not."""


def embedder() -> Embedder:
    """Return the process's embedder, which holds a loaded model (settings.EMBEDDER)."""
    instance: Embedder = plugin("EMBEDDER")
    return instance


def serving_model() -> str:
    """Return the embedding model of the active insights; EMBEDDER's if none is embedded."""
    found = Insight.objects.filter(status=InsightStatus.ACTIVE).exclude(embedding_model="")
    name = found.order_by("pk").values_list("embedding_model", flat=True).first()
    return str(name or embedder().name)


def unlike_the_stored() -> str:
    """Return the problem and its remedy if EMBEDDER does not match the stored vectors, else ""."""
    model, serving = embedder(), serving_model()
    if serving == model.name:
        return ""
    return (
        f"The stored vectors are of {serving}, EMBEDDER makes those of {model.name}, and the two "
        f"cannot be compared. Run `manage.py reembed {settings.EMBEDDER} --switch`, or "
        "set EMBEDDER back. Until then stored vectors are used as before, and nothing is embedded."
    )


def comparable_embedder() -> Embedder:
    """Return the embedder if its vectors match the stored ones. Raises VectorsOfAnotherModel."""
    if problem := unlike_the_stored():
        raise VectorsOfAnotherModel(problem)
    return embedder()


def embed_one(text: str) -> tuple[str, list[float]]:
    """Return the embedding model's name and the vector (length 384) of one text.

    Raises VectorsOfAnotherModel.
    """
    model = comparable_embedder()
    return model.name, model.embed([text])[0].tolist()


def embed_statements(insights: Sequence[Insight]) -> None:
    """Set `embedding` and `embedding_model` of unsaved insights; those that have one keep it.

    Raises VectorsOfAnotherModel.
    """
    model = comparable_embedder()
    missing = [insight for insight in insights if insight.embedding_model != model.name]
    vectors = model.embed([insight.statement for insight in missing])
    for insight, vector in zip(missing, vectors, strict=True):
        insight.embedding, insight.embedding_model = vector, model.name


def embed_missing(
    insights: QuerySet[Insight] | None = None, *, progress: Callable[[int], None] | None = None
) -> int:
    """Embed active insights, or these, that lack a vector of the serving model; return how many.

    Raises VectorsOfAnotherModel if there is something to embed.
    """
    found = Insight.objects.filter(status=InsightStatus.ACTIVE) if insights is None else insights
    missing = found.exclude(embedding_model=serving_model()).order_by("pk")
    done = 0
    while batch := list(missing[:BATCH]):
        embed_statements(batch)
        Insight.objects.bulk_update(batch, ["embedding", "embedding_model"])
        done += len(batch)
        if progress:
            progress(done)
    return done


def load_vectors(insights: QuerySet[Insight]) -> tuple[list[UUID], np.ndarray]:
    """Return the ids and vectors of a queryset: (n,) and (n, 384) float32, rows of length 1."""
    ids, _, vectors = load_rows(insights)
    return ids, vectors


def load_rows(insights: QuerySet[Insight]) -> tuple[list[UUID], np.ndarray, np.ndarray]:
    """Return ids, times of creation and vectors of a queryset: (n,), int64 (n,) in us, (n, 384).

    They are in its order and read by a binary COPY: rows of Python objects would take ten times the
    time. The vectors, float32, are normalised again, because half precision changes their length a
    little.
    """
    ids: list[UUID] = []
    times = [np.zeros(0, np.int64)]
    chunks = [np.zeros((0, EMBEDDING_DIMENSIONS), dtype=np.float32)]
    for rows in _copied(insights.filter(embedding__isnull=False)):
        ids += [UUID(bytes=row.tobytes()) for row in rows["id"]]
        times.append(rows["created"].astype(np.int64))
        matrix = rows["vector"].astype(np.float32)
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        chunks.append(matrix)
    return ids, np.concatenate(times), np.concatenate(chunks)


def _copied(insights: QuerySet[Insight]) -> Iterator[np.ndarray]:
    """Yield the ids and vectors of a queryset as arrays of `_ROW`."""
    sent = Func("embedding", function="halfvec_send", output_field=BinaryField())
    try:
        query, values = insights.values_list("pk", sent, "created_at").query.sql_with_params()
    except EmptyResultSet:
        return
    command = f"COPY ({query}) TO STDOUT (FORMAT BINARY)"
    with (
        connection.cursor() as cursor,
        # The cursor that Django uses with DEBUG takes no parameters in `copy`.
        cursor.copy(cursor.mogrify(command, values)) as copy,
    ):
        buffer, skipped = bytearray(), _HEADER
        for block in copy:
            buffer += block[skipped:]
            skipped = max(0, skipped - len(block))
            if len(buffer) >= CHUNK * _ROW.itemsize:
                whole = len(buffer) // _ROW.itemsize
                yield np.frombuffer(bytes(buffer), dtype=_ROW, count=whole)
                del buffer[: whole * _ROW.itemsize]
        yield np.frombuffer(bytes(buffer), dtype=_ROW, count=len(buffer) // _ROW.itemsize)
