"""Statements and left-out texts of a source, in order, with locators and their rows' metadata.

A document is chunked once, a window of documents at a time, so that a file of 200,000 rows takes
no more memory than its rows.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from insights.ingest.chunking import Chunk, chunk_document
from insights.ingest.days import Days
from insights.ingest.extraction import Extractor
from insights.ingest.readers import About, Document, SourceContent
from insights.ingest.readers.content import time_at
from insights.ingest.redaction import redact
from insights.plugins import plugin
from insights.text.normalise import clean, content_hash

WINDOW = 1000
EMPTY = "no full statement"


@dataclass(frozen=True, slots=True)
class FoundStatement:
    """One statement and its locator; `ordinal` counts the statements of a source from 0."""

    ordinal: int
    text: str
    content_hash: str
    locator: str
    start: int | None
    end: int | None
    about: About
    record: "Record"


def extractor() -> Extractor:
    """Return the process's extractor (settings.EXTRACTOR)."""
    instance: Extractor = plugin("EXTRACTOR")
    return instance


@dataclass(frozen=True, slots=True)
class Record:
    """The identity of a text in the next export: `key` stays, `digest` changes with its text."""

    key: str
    digest: str


@dataclass(slots=True)
class Passage:
    """A row, message or paragraph: its statements, or the reason why it has none."""

    number: int
    text: str
    locator: str
    start: int | None
    end: int | None
    about: About
    record: Record
    reason: str = ""
    found: list[FoundStatement] = field(default_factory=list)


class Records:
    """Gives each text of a file its record; the same text twice is two records."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: Counter[str] = Counter()

    def of(self, document: Document, text: str) -> Record:
        digest = _digest(text)
        about = document.about
        series = document.series or f"file:{self.name}"
        if about.external_id:
            key = _digest(series, document.part, about.external_id)
        else:
            key = _digest(series, document.part, digest, about.person, about.date)
        number = self.seen[key]
        self.seen[key] += 1
        return Record(_digest(key, str(number)) if number else key, digest)


def records_of(content: SourceContent, name: str) -> Iterator[Record]:
    """Return the records of a file's rows and messages.

    Running text has them by paragraph, later.
    """
    records = Records(name)
    return (records.of(d, d.text) for d in content.documents if d.kind != "prose")


@dataclass(slots=True)
class Passages:
    """Iterates over the passages of a source. The same bytes give the same ordinals."""

    content: SourceContent
    name: str
    redacting: bool = False
    unsupported: int = 0

    def __iter__(self) -> Iterator[Passage]:
        records = Records(self.name)
        ordinal = number = 0
        documents = iter(self.content.documents)
        days = Days(self.content.all_dates(), name=self.name)
        extract = extractor()
        while window := list(islice(documents, WINDOW)):
            window = [replace(one, about=self._about(one.about, days)) for one in window]
            chunked = [
                (doc, [] if doc.kind == "statement" else list(chunk_document(doc)))
                for doc in window
            ]
            chunks = [chunk for _, of_document in chunked for chunk in of_document]
            self.unsupported += extract.prepare(chunks)
            for document, own in chunked:
                for passage in self._passages(document, own, records):
                    passage.number = number
                    if self.redacting:
                        passage.text = redact(passage.text)
                    number += 1
                    passage.found = [
                        replace(one, ordinal=at) for at, one in enumerate(passage.found, ordinal)
                    ]
                    ordinal += len(passage.found)
                    yield passage

    def _about(self, about: About, days: Days) -> About:
        attributes = about.attributes
        if self.redacting:
            attributes = {name: redact(value) for name, value in attributes.items()}
        return replace(about, day=days.of(about.date), attributes=attributes)

    def _passages(
        self, document: Document, chunks: Sequence[Chunk], records: Records
    ) -> Iterator[Passage]:
        about = document.about
        if document.kind == "statement":
            record = records.of(document, document.text)
            passage = Passage(0, document.text, document.locator_prefix, None, None, about, record)
            passage.found = [self._statement(document.text, passage, passage.locator)]
            yield passage
        elif document.kind == "prose":
            for chunk in chunks:
                record = records.of(document, chunk.text)
                yield self._extracted(chunk.text, chunk.locator, about, record, [chunk])
        else:
            record = records.of(document, document.text)
            passage = self._extracted(document.text, document.locator_prefix, about, record, chunks)
            if passage.found or document.kind == "answer":
                yield passage

    def _extracted(
        self, text: str, locator: str, about: About, record: Record, chunks: Sequence[Chunk]
    ) -> Passage:
        extract = extractor()
        start = chunks[0].start if chunks else 0
        end = chunks[-1].end if chunks else len(text)
        passage = Passage(0, text, locator, start, end, about, record)
        for chunk in chunks:
            for one in extract.extract(chunk):
                spoken = _spoken(about, chunk, one.start)
                passage.found.append(
                    self._statement(one.text, passage, one.locator, one.start, one.end, spoken)
                )
        if not passage.found:
            why = getattr(extract, "why_none", None)
            reasons = [why(chunk) for chunk in chunks] if why else []
            passage.reason = next(iter(sorted(reasons, key=len, reverse=True)), EMPTY)
            if chunks:
                passage.about = _spoken(about, chunks[0], start)
        return passage

    def _statement(
        self,
        text: str,
        passage: Passage,
        locator: str,
        start: int | None = None,
        end: int | None = None,
        about: About | None = None,
    ) -> FoundStatement:
        cleaned = clean(redact(text) if self.redacting else text)
        return FoundStatement(
            0,
            cleaned,
            content_hash(cleaned),
            locator[:255],
            start,
            end,
            about or passage.about,
            passage.record,
        )


def _spoken(about: About, chunk: Chunk, at: int) -> About:
    """Return what is known about a text, with who said the words at `at`, and when."""
    person, time = about.person or chunk.speaker or "", time_at(chunk.marks, at)
    if not time:
        return about if person == about.person else replace(about, person=person)
    return replace(about, person=person, attributes={**about.attributes, "time": time})


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
