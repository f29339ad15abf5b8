"""Embeddings of stored insights: nothing is embedded twice."""

from collections.abc import Callable, Sequence

import numpy as np

from insights.models import Insight
from insights.ports import embedder

BATCH = 512


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


def load_vectors(insights: Sequence[Insight]) -> np.ndarray:
    """(n, 384) float32, rows normalised again after the half precision of the store."""
    vectors = np.array([i.embedding.to_numpy() for i in insights], dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
