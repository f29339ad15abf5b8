"""Embeddings by OpenAI: full batches within the limits of a request, each text paid for once."""

import base64
import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from django.conf import settings
from django.core.cache import cache

from insights.models.insight import EMBEDDING_DIMENSIONS
from insights.openai import MalformedAnswer, Refused, Request, client
from insights.openai.dialect import dialect_of
from insights.openai.prices import tokens_in
from insights.openai.rate_limit import without_redis

PURPOSE = "embedding"
# Of one request, by OpenAI's reference.
MOST_TEXTS = 2048
MOST_TOKENS = 300_000
MOST_TOKENS_OF_A_TEXT = 8192
# Vectors that were paid for but not stored, because their process was killed.
KEEP_SECONDS = 24 * 3600


class OpenAIEmbedder:
    """insights.embedding.Embedder. Raises insights.openai.ProviderError, too.

    A text beyond the model's 8,192 tokens is embedded by its beginning.
    """

    dimensions = EMBEDDING_DIMENSIONS

    def __init__(self) -> None:
        self.model: str = settings.OPENAI_EMBEDDING_MODEL
        self.name = f"{self.model}/{self.dimensions}"[:64]

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embed the texts as the protocol says, asking for the same text once in a call and a day.

        The cache is looked at by hash: the provider's vectors do not come back bit for bit.
        """
        asked = [self._asked(number, text) for number, text in enumerate(texts)]
        keys = [self._key(text) for text in asked]
        known = self._cached(set(keys))
        missing = {key: text for key, text in zip(keys, asked, strict=True) if key not in known}
        batches = list(_batches(list(missing.items())))
        for number, vectors in client().call_many([self._request(batch) for batch in batches]):
            new = dict(zip((key for key, _ in batches[number]), vectors, strict=True))
            self._store(new)
            known.update(new)
        if not keys:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([known[key] for key in keys])

    def _asked(self, number: int, text: str) -> str:
        if not text.strip():
            raise ValueError(f"Text {number} is empty: there is nothing to embed.")
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"Text {number} is not Unicode: {error}") from None
        # tokens_in() says 3 bytes a token at least; cut by bytes, whole characters only.
        return data[: 3 * (MOST_TOKENS_OF_A_TEXT - 1)].decode(errors="ignore")

    def _key(self, text: str) -> str:
        # Another provider may call another model by the same name.
        asked = f"{settings.OPENAI_BASE_URL}\n{self.name}\n{text}"
        return f"openai:vector:{hashlib.sha256(asked.encode()).hexdigest()}"

    def _cached(self, keys: set[str]) -> dict[str, np.ndarray]:
        found: dict[str, bytes] = without_redis({}, lambda: cache.get_many(keys))
        return {key: np.frombuffer(value, dtype=np.float32) for key, value in found.items()}

    def _store(self, vectors: dict[str, np.ndarray]) -> None:
        values = {key: vector.tobytes() for key, vector in vectors.items()}
        without_redis(None, lambda: cache.set_many(values, timeout=KEEP_SECONDS))

    def _request(self, batch: list[tuple[str, str]]) -> Request[np.ndarray]:
        texts = [text for _, text in batch]
        dialect = dialect_of(self.model)
        return Request(
            PURPOSE,
            self.model,
            send=lambda sdk: sdk.embeddings.with_raw_response.create(
                **dialect.embeddings(texts, self.dimensions)
            ),
            read=lambda body: _vectors(body, len(texts), self.dimensions),
            prompt_tokens=sum(map(tokens_in, texts)),
            dialect=dialect,
        )


def _batches(texts: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    batch: list[tuple[str, str]] = []
    tokens = 0
    for key, text in texts:
        needed = tokens_in(text)
        if batch and (len(batch) == MOST_TEXTS or tokens + needed > MOST_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append((key, text))
        tokens += needed
    if batch:
        yield batch


def _vectors(body: object, count: int, dimensions: int) -> np.ndarray:
    """Return (count, dimensions) float32 in the order of the texts, rows of length 1."""
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or len(rows) != count:
        got = len(rows) if isinstance(rows, list) else "no"
        raise MalformedAnswer(f"Asked for {count} embeddings, got {got}.")
    by_index: dict[int, np.ndarray] = {}
    for row in rows:
        try:
            by_index[row["index"]] = _vector(row["embedding"])
        except (TypeError, KeyError, ValueError) as error:
            raise MalformedAnswer(f"An embedding cannot be read: {type(error).__name__}.") from None
    if set(by_index) != set(range(count)):
        raise MalformedAnswer("The embeddings' indexes are not those of the texts.")
    ordered = [by_index[index] for index in range(count)]
    if any(vector.shape != (dimensions,) for vector in ordered):
        wrong = next(vector.size for vector in ordered if vector.shape != (dimensions,))
        raise Refused(
            f"The model gives {wrong} dimensions, this database stores {dimensions}: choose one "
            f"that gives {dimensions}, or whose `dimensions` can be set."
        )
    matrix = np.stack(ordered)
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not np.isfinite(matrix).all() or not (length > 0).all():
        raise MalformedAnswer("An embedding is not finite, or is zero.")
    return (matrix / length).astype(np.float32)


def _vector(said: object) -> np.ndarray:
    if isinstance(said, str):
        return np.frombuffer(base64.b64decode(said, validate=True), dtype="<f4").astype(np.float64)
    vector = np.array(said, dtype=np.float64)
    if vector.ndim != 1:
        raise ValueError("no list of numbers")
    return vector
