"""Insights straight into PostgreSQL, as many as a benchmark needs."""

import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from django.db import connection

from insights.embedding.service import embedder
from insights.text.normalise import content_hash

COLUMNS = (
    "id, statement, content_hash, embedding, embedding_model, status, origin, created_at, "
    "updated_at"
)


def copy(vectors: np.ndarray, texts: Sequence[str], rows: Sequence[int]) -> None:
    """Store these rows of `vectors`, (n, 384) float32, and `texts` as active insights, by COPY."""
    model = embedder().name.encode()
    now = int((time.time() - 946_684_800) * 1e6)  # PostgreSQL counts from 2000 on
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY insights ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as stream,
    ):
        stream.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for row in rows:
            moment = struct.pack("!q", now + row)
            half = struct.pack("!hh", vectors.shape[1], 0) + vectors[row].astype(">f2").tobytes()
            values = [
                row.to_bytes(16), texts[row].encode(), content_hash(texts[row]).encode(), half,
                model, b"active", b"extracted", moment, moment,
            ]  # fmt: skip
            stream.write(struct.pack("!h", len(values)))
            stream.write(b"".join(struct.pack("!i", len(value)) + value for value in values))
        stream.write(b"\xff\xff")


@contextmanager
def vectors_indexed_afterwards() -> Iterator[None]:
    """Build the vector index at the end, which is far quicker than adding many rows to it."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS insight_embedding_hnsw")
        yield
        cursor.execute("SET maintenance_work_mem = '2GB'")
        cursor.execute(
            "CREATE INDEX insight_embedding_hnsw ON insights USING hnsw "
            "(embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 64) "
            "WHERE status = 'active'"
        )
        cursor.execute("ANALYZE insights")
