"""What a reader gives back, what it refuses, and how much it takes."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one file is accepted. Sizes are far above any real set of notes."""

    max_bytes: int = 64 * 2**20
    max_line_chars: int = 1_000_000
    max_columns: int = 1000
    max_statement_chars: int = 2000
    max_json_depth: int = 100
    max_row_errors: int = 100
    """So many row errors are kept; beyond that they are only counted."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text to extract insights from. `locator_prefix` names its row ("ticket RF-1") or is ""."""

    title: str
    text: str
    locator_prefix: str


@dataclass(frozen=True, slots=True)
class InsightRow:
    """A row that is an insight already. `line` is the line of the file it starts on, from 1."""

    statement: str
    locator: str
    line: int


@dataclass(frozen=True, slots=True)
class RowError:
    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class ReadError(Exception):
    """The file cannot be used: what is wrong, where, and how to mend it."""

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


@dataclass(slots=True)
class SourceContent:
    """One file, read. `documents` or `rows` is filled, by `kind`.

    `row_errors` is only ever filled when the good rows were asked for; it holds the first of
    `row_error_count`.
    """

    kind: Literal["documents", "insights"]
    title: str
    format: str
    encoding: str = "utf-8"
    documents: list[Document] = field(default_factory=list)
    rows: list[InsightRow] = field(default_factory=list)
    row_errors: list[RowError] = field(default_factory=list)
    row_error_count: int = 0
