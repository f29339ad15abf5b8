"""Rows with named columns (CSV cells, JSON keys) to insights or documents."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from insights.ingest.readers.content import (
    Document,
    InsightRow,
    Limits,
    ReadError,
    RowError,
    SourceContent,
)
from insights.ingest.readers.decoding import unpaired_surrogate

# The first that a row fills is its insight; any of them makes the whole file one of insights.
INSIGHT_COLUMNS = ("insight", "statement", "finding", "claim")
# All that are there are read, one paragraph after the other, in this order.
TEXT_COLUMNS = (
    "text",
    "body",
    "content",
    "answer",
    "review",
    "comment",
    "notes",
    "transcript",
)
TITLE_COLUMNS = ("title", "subject", "name", "heading")
# How each column reads inside a locator, in this order. `locator` alone is taken as it is.
LOCATOR_COLUMNS = {
    "locator": "{}",
    "ticket_id": "ticket {}",
    "ticket": "ticket {}",
    "ticket_no": "ticket {}",
    "interview_id": "interview {}",
    "response_id": "response {}",
    "review_id": "review {}",
    "id": "id {}",
    "page": "p. {}",
    "section": "§ {}",
    "time": "{}",
    "timestamp": "{}",
    "timecode": "{}",
    "speaker": "{}",
}
# A ticket may rightly give many rows; an `id` is the row's own.
UNIQUE_COLUMN = "id"


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its values by normalised column name, where it starts, what to call it."""

    line: int
    label: str
    values: Mapping[str, object]


class RowErrors:
    """The first row errors, and the count of all."""

    def __init__(self, limits: Limits) -> None:
        self.kept: list[RowError] = []
        self.count = 0
        self._most = limits.max_row_errors

    def add(self, line: int, message: str) -> None:
        self.count += 1
        if len(self.kept) < self._most:
            self.kept.append(RowError(line, message))


class _BadRow(ValueError):
    pass


def column_name(label: str) -> str:
    """ "Ticket ID", "ticket-id" and "ticketId" are one column: ticket_id."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label.strip("\ufeff \t\n"))
    return re.sub(r"[\s_-]+", "_", spaced).casefold()


def is_usable(columns: Iterable[str]) -> bool:
    return any(column in INSIGHT_COLUMNS or column in TEXT_COLUMNS for column in columns)


def no_usable_column(name: str, found: Iterable[str], *, word: str = "column") -> ReadError:
    names = [label if len(label) <= 40 else label[:39] + "…" for label in found]
    listed = ", ".join(repr(label) for label in names[:20]) or "none"
    if len(names) > 20:
        listed += f" and {len(names) - 20} more"
    return ReadError(
        f"{name} has no {word} to read. Found: {listed}. For rows that are insights name the "
        f"{word} one of {', '.join(INSIGHT_COLUMNS)}; for texts to extract from one of "
        f"{', '.join(TEXT_COLUMNS)}."
    )


def records_to_content(
    name: str,
    title: str,
    records: Iterable[Record],
    columns: Iterable[str],
    *,
    errors: RowErrors,
    keep_good_rows: bool,
    limits: Limits,
) -> SourceContent:
    """Read every record, collecting what is wrong with each. `columns` must be usable.

    Raises `ReadError` with the row errors when there are any and the good rows were not asked
    for, or when no row is good.
    """
    present = set(columns)
    insight_columns = [column for column in INSIGHT_COLUMNS if column in present]
    content = SourceContent("insights" if insight_columns else "documents", title, "")
    first_line: dict[str, int] = {}
    for record in records:
        try:
            _note_id(record, first_line)
            if insight_columns:
                content.rows.append(_insight(record, insight_columns, limits))
            else:
                content.documents.append(_document(record, title))
        except _BadRow as error:
            errors.add(record.line, str(error))
    errors.kept.sort(key=lambda error: error.line)
    good = len(content.rows) + len(content.documents)
    if errors.count and not (keep_good_rows and good):
        raise _rows_refused(name, good, errors)
    if not good:
        raise ReadError(f"{name} has no rows below its header. Check that it was exported whole.")
    content.row_errors, content.row_error_count = errors.kept, errors.count
    return content


def _insight(record: Record, columns: list[str], limits: Limits) -> InsightRow:
    column = next((c for c in columns if record.values.get(c)), columns[0])
    statement = " ".join(_text(record, column).split())
    if not statement:
        raise _BadRow(f"the {column} is empty")
    if len(statement) > limits.max_statement_chars:
        raise _BadRow(
            f"the {column} has {len(statement):,} characters; at most "
            f"{limits.max_statement_chars:,} make one insight. Put long texts in a column named "
            "text"
        )
    return InsightRow(statement, _locator(record, with_title=True) or record.label, record.line)


def _document(record: Record, source_title: str) -> Document:
    texts = [text for column in TEXT_COLUMNS if (text := _text(record, column).strip())]
    if not texts:
        raise _BadRow("there is no text in it")
    title = next((t for c in TITLE_COLUMNS if (t := _scalar(record, c))), source_title)
    return Document(title, "\n\n".join(texts), _locator(record) or record.label)


def _locator(record: Record, *, with_title: bool = False) -> str:
    parts = [
        form.format(value)
        for column, form in LOCATOR_COLUMNS.items()
        if (value := _scalar(record, column))
    ]
    if parts and _scalar(record, "locator"):
        return parts[0]
    if not parts and with_title:
        parts = [t for c in TITLE_COLUMNS if (t := _scalar(record, c))][:1]
    return ", ".join(parts)


def _note_id(record: Record, first_line: dict[str, int]) -> None:
    identifier = _scalar(record, UNIQUE_COLUMN)
    if not identifier:
        return
    if identifier in first_line:
        raise _BadRow(f"the id {identifier!r} is on line {first_line[identifier]} already")
    first_line[identifier] = record.line


def _text(record: Record, column: str) -> str:
    value = record.values.get(column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _BadRow(f"the {column} is {_kind(value)}, not text")
    _refuse_unstorable(value, column)
    return value


def _scalar(record: Record, column: str) -> str:
    """A name or number on one line, cut to 200 characters; "" when absent or a list or object."""
    value = record.values.get(column)
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    text = str(value)[:1000]
    _refuse_unstorable(text, column)
    return " ".join(text.split())[:200]


def _refuse_unstorable(value: str, column: str) -> None:
    if "\0" in value:
        raise _BadRow(f"the {column} holds a NUL character; take it out")
    if unpaired_surrogate(value):
        raise _BadRow(f"the {column} holds half of a surrogate pair, which is not a character")


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "an object")


def _rows_refused(name: str, good: int, errors: RowErrors) -> ReadError:
    shown = "; ".join(str(error) for error in errors.kept[:3])
    more = f"; and {errors.count - 3:,} more" if errors.count > 3 else ""
    rows = "1 row" if errors.count == 1 else f"{errors.count:,} rows"
    remedy = (
        f"Nothing was kept. Mend them, or keep the {good:,} good rows only (--keep-good-rows)."
        if good
        else "No row is good, so nothing was kept."
    )
    return ReadError(
        f"{name}: {rows} cannot be read: {shown}{more}. {remedy}",
        row_errors=errors.kept,
        row_error_count=errors.count,
    )
