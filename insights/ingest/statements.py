"""What is drawn from a source: its statements in order, each at its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from insights.ingest.chunking import chunk_document
from insights.ingest.extraction import Extractor
from insights.ingest.readers import SourceContent
from insights.plugins import plugin
from insights.text.normalise import clean, content_hash


@dataclass(frozen=True, slots=True)
class FoundStatement:
    """One statement at its place; `ordinal` counts the statements of a source from 0."""

    ordinal: int
    text: str
    content_hash: str
    locator: str
    start: int | None
    end: int | None


def extractor() -> Extractor:
    """Return the process's extractor (settings.EXTRACTOR)."""
    instance: Extractor = plugin("EXTRACTOR")
    return instance


def prepare(content: SourceContent) -> int:
    """Give the extractor all chunks at once; how many statements they will not support."""
    if content.kind == "insights":
        return 0
    chunks = [chunk for document in content.documents for chunk in chunk_document(document)]
    return extractor().prepare(chunks)


def statements(content: SourceContent) -> Iterator[FoundStatement]:
    """The statements of a source in order. The same bytes give the same ordinals."""
    found: Iterator[tuple[str, str, int | None, int | None]]
    if content.kind == "insights":
        found = ((row.statement, row.locator, None, None) for row in content.rows)
    else:
        extract = extractor().extract
        found = (
            (statement.text, statement.locator, statement.start, statement.end)
            for document in content.documents
            for chunk in chunk_document(document)
            for statement in extract(chunk)
        )
    for ordinal, (text, locator, start, end) in enumerate(found):
        cleaned = clean(text)
        yield FoundStatement(ordinal, cleaned, content_hash(cleaned), locator[:255], start, end)
