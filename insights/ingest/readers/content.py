"""Types that every reader returns, raises or is limited by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Day
from typing import Literal

from insights.ingest.readers.packed import Packed

ROLES = ("id", "date", "person", "company", "segment", "rating", "link", "title")
# "statement": a finished insight. "answer": kept whole unless it is surely none. "title": a
# heading over an answer, read only where it is a sentence.
Kind = Literal["statement", "answer", "title", "prose"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one file. Sizes are far above any real set of notes."""

    max_bytes: int = 64 * 2**20
    max_line_chars: int = 1_000_000
    max_columns: int = 1000
    max_statement_chars: int = 2000
    max_json_depth: int = 100
    max_rows: int = 1_000_000
    max_json_objects: int = 1_500_000
    """Lists and objects in one JSON text; each takes at least 64 bytes."""
    max_row_errors: int = 100
    """Row errors that are kept; further ones are only counted."""
    max_unpacked_bytes: int = 512 * 2**20
    max_unpacked_ratio: int = 200
    max_archive_files: int = 5000
    max_archive_depth: int = 3
    max_pdf_seconds: float = 8.0
    """A PDF is refused when no further page arrives for this long."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The roles of a table's columns, by their labels. An empty role is not in the table.

    `insight` columns hold finished statements; `text` columns hold answers to extract from.
    """

    text: tuple[str, ...] = ()
    insight: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    source: Literal["known", "chosen", "remembered", "guessed"] = "guessed"
    export: str = ""
    """The name of the known export, "zendesk" for example."""


@dataclass(frozen=True, slots=True)
class About:
    """Metadata that a row or message gives about itself. Values are short text; "" when unknown."""

    external_id: str = ""
    date: str = ""
    person: str = ""
    company: str = ""
    segment: str = ""
    rating: str = ""
    link: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    day: Day | None = None
    """The day of `date` or of the file, once it is known."""


NOTHING_KNOWN = About()


# (offset, time), sorted.
Marks = tuple[tuple[int, str], ...]


def time_at(marks: Marks, offset: int) -> str:
    """Return when the word at `offset` was said; "" when the source does not tell."""
    return next((time for at, time in reversed(marks) if at <= offset), "")


@dataclass(frozen=True, slots=True)
class Turn:
    """Uninterrupted speech, `text[start:end]` of its document."""

    start: int
    end: int
    speaker: str
    marks: Marks = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A text to extract insights from, or (kind "statement") an insight as it stands.

    `locator_prefix` names its row or file ("ticket RF-1") or is "". Documents of one `series` with
    the same external id and `part` (a column) are versions of one record, in whatever file they
    come.
    """

    title: str
    text: str
    locator_prefix: str = ""
    kind: Kind = "prose"
    about: About = NOTHING_KNOWN
    turns: tuple[Turn, ...] = ()
    series: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class RowError:
    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class ReadError(Exception):
    """The file cannot be used: what is wrong, where, and how to fix it."""

    def __init__(
        self,
        message: str,
        *,
        row_errors: list[RowError] | None = None,
        row_error_count: int | None = None,
    ) -> None:
        super().__init__(message)
        self.row_errors = row_errors or []
        self.row_error_count = len(self.row_errors) if row_error_count is None else row_error_count


class ColumnsNeeded(ReadError):
    """A person has to say which columns hold text. Carries what they need to choose."""

    def __init__(
        self,
        message: str,
        *,
        header: Sequence[str],
        sample: Sequence[Sequence[str]],
        columns: Columns,
    ) -> None:
        super().__init__(message)
        self.header = list(header)
        self.sample = [list(row) for row in sample]
        self.columns = columns
        """The roles that are clear; the text is what is missing."""


@dataclass(slots=True)
class TablePreview:
    """The header and first rows of a table, and how its columns were read."""

    header: list[str]
    sample: list[list[str]]
    columns: Columns
    left_out: list[str]
    """Columns that look like open answers and were not read."""


@dataclass(slots=True)
class SourceContent:
    """The content of one file. `notes` are sentences for the person who uploaded it.

    `row_errors` is filled only when the good rows were asked for; it holds the first of
    `row_error_count`.
    """

    title: str
    format: str = ""
    encoding: str = ""
    documents: list[Document] | Packed[Document] = field(default_factory=Packed)
    notes: list[str] = field(default_factory=list)
    blank_rows: int = 0
    dates: list[str] = field(default_factory=list)
    """Further dates by which to tell whether the day comes first: those of system messages."""
    table: TablePreview | None = None
    row_errors: list[RowError] = field(default_factory=list)
    row_error_count: int = 0

    def all_dates(self) -> Iterator[str]:
        yield from self.dates
        for document in self.documents:
            yield document.about.date


@dataclass(frozen=True, slots=True)
class Options:
    """Options for reading a file.

    `columns` is the choice for this file; `remembered` looks up an earlier choice by header.
    """

    keep_good_rows: bool = False
    encoding: str | None = None
    limits: Limits = field(default_factory=Limits)
    columns: Columns | None = None
    remembered: Callable[[Sequence[str]], Columns | None] | None = None
    depth: int = 0
    """The depth of archives around the file."""


@dataclass(frozen=True, slots=True)
class File:
    """A file's name and bytes, as a reader takes them."""

    name: str
    data: bytes
    options: Options
    title: str


def too_large(name: str, size: int, limits: Limits) -> ReadError:
    return ReadError(
        f"{name} has {size:,} bytes; at most {limits.max_bytes:,} are read. "
        "Split it into smaller files."
    )
