"""Embeddings of stored insights: nothing is embedded twice, and two models never serve together."""

from collections.abc import Callable, Sequence
from itertools import islice
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import BinaryField, Func, QuerySet

from insights.embedding import Embedder
from insights.models import Insight, InsightStatus
from insights.models.insight import EMBEDDING_DIMENSIONS
from insights.plugins import plugin

BATCH = 512
CHUNK = 5000


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
        f"say nothing about each other. Run `manage.py reembed {settings.EMBEDDER} --switch`, or "
        "set EMBEDDER back. Until then what is stored serves as before, and nothing is embedded."
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


def embed_statements(
    insights: Sequence[Insight], *, progress: Callable[[int], None] | None = None
) -> None:
    """Set `embedding` and `embedding_model` of unsaved insights; those that have one keep it.

    Raises VectorsOfAnotherModel.
    """
    model = comparable_embedder()
    missing = [insight for insight in insights if insight.embedding_model != model.name]
    vectors = model.embed([insight.statement for insight in missing], progress=progress)
    for insight, vector in zip(missing, vectors, strict=True):
        insight.embedding, insight.embedding_model = vector, model.name


def embed_missing(*, progress: Callable[[int], None] | None = None) -> int:
    """Embed stored active insights that have no vector of the model that serves; how many it were.

    Raises VectorsOfAnotherModel, when there is something to embed.
    """
    serving = serving_model()
    done = 0
    while True:
        batch = list(
            Insight.objects.filter(status="active")
            .exclude(embedding_model=serving)
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
    """Return the ids and vectors of a queryset: (n,) and (n, 384) float32, rows of length 1.

    They are in its order and read as bytes: a Python list of floats per row would take eight times
    the memory. The rows are normalised again, because half precision changes their length a little.
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
