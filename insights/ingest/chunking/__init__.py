"""Cut a document into chunks: paragraphs, list items or turns of a conversation, with locators."""

from collections import Counter
from collections.abc import Iterator

from insights.ingest.chunking.lines import split_lines
from insights.ingest.chunking.survey import survey_lines
from insights.ingest.chunking.walk import Chunk, Walk, pieces
from insights.ingest.readers.content import Document, time_at
from insights.ingest.speakers import asks_questions


def chunk_document(document: Document) -> Iterator[Chunk]:
    """Yield chunks in order, none overlapping, each at most about 2,000 characters.

    Locators: "¶ 3"; "§ Payroll, ¶ 2" below a heading; "p. 4, ¶ 2" where form feeds or lines such as
    "--- page 4 ---" mark pages; "00:12:31" in a transcript. The document's prefix comes first.
    Left out: headings, rules, code fences, front matter, speaker and time marks. Paragraphs are
    counted again below each heading and page.
    """
    if document.turns:
        yield from _turns(document)
    else:
        lines = split_lines(document.text)
        yield from Walk(document, lines, survey_lines(lines)).chunks()


def _turns(document: Document) -> Iterator[Chunk]:
    counts = Counter(turn.speaker for turn in document.turns)
    said = {turn: document.text[turn.start : turn.end] for turn in document.turns}
    asked = Counter(turn.speaker for turn, text in said.items() if text.endswith("?"))
    asking = {
        name
        for name, turns in counts.items()
        if asks_questions(name, turns=turns, questions=asked[name], speakers=len(counts))
    }
    for turn in document.turns:
        for start, end in pieces(document.text, turn.start, turn.end):
            time = time_at(turn.marks, start)
            place = [part for part in (document.locator_prefix, time) if part]
            yield Chunk(
                document.text[start:end],
                ", ".join(place) or "¶ 1",
                start,
                end,
                turn.speaker or None,
                None,
                turn.speaker in asking,
                marks=turn.marks,
            )
