"""A document to chunks: one paragraph, list item or turn of a conversation, with its locator."""

from collections.abc import Iterator

from insights.ingest.chunking.lines import split_lines
from insights.ingest.chunking.survey import survey_lines
from insights.ingest.chunking.walk import Chunk, Walk
from insights.ingest.readers.content import Document

__all__ = ["Chunk", "chunk_document"]


def chunk_document(document: Document) -> Iterator[Chunk]:
    """Chunks in order, none overlapping, each at most about 2,000 characters.

    Locators: "¶ 3"; "§ Payroll, ¶ 2" below a heading; "p. 4, ¶ 2" where form feeds or lines such as
    "--- page 4 ---" mark pages; "00:12:31" in a transcript. The document's prefix comes first.
    Left out: headings, rules, code fences, front matter, speaker and time marks, and table cells
    that do not end with a full stop. Paragraphs are counted anew below each heading and page.
    """
    lines = split_lines(document.text)
    survey = survey_lines(lines)
    yield from Walk(document, lines, survey).chunks()
