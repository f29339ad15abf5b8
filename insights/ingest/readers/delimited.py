"""CSV and TSV: the delimiter is found by trying, lines are counted through quoted cells."""

import csv
import io
from collections.abc import Iterator
from itertools import islice

from insights.ingest.readers.content import Limits, ReadError, SourceContent
from insights.ingest.readers.records import (
    Record,
    RowErrors,
    column_name,
    is_usable,
    no_usable_column,
    records_to_content,
)

DELIMITERS = ",;\t|"
SAMPLE_CHARS = 64 * 1024
SAMPLE_ROWS = 50


def read_delimited(
    name: str, title: str, text: str, *, tab: bool, keep_good_rows: bool, limits: Limits
) -> SourceContent:
    # The csv module's own cap (131,072) is shorter than a long transcript; it is global to the
    # process, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_line_chars))
    delimiter = find_delimiter(text, first="\t" if tab else ",")
    rows = _numbered_rows(name, text, delimiter)
    _, header = next(rows, (1, []))
    if len(header) > limits.max_columns:
        raise ReadError(
            f"{name} has {len(header):,} columns; at most {limits.max_columns:,} are read. Keep "
            "the columns that hold the text and its place, and export again."
        )
    columns = [column_name(label) for label in header]
    if not is_usable(columns):
        raise no_usable_column(name, header)
    if twice := next((c for c in columns if c and columns.count(c) > 1), None):
        raise ReadError(f"{name} has two columns named {twice!r}. Rename or remove one.")
    errors = RowErrors(limits)
    return records_to_content(
        name,
        title,
        _records(rows, columns, errors),
        columns,
        errors=errors,
        keep_good_rows=keep_good_rows,
        limits=limits,
    )


def find_delimiter(text: str, *, first: str = ",") -> str:
    """The delimiter under which the first rows fit their header best; `first` wins a tie."""
    whole = len(text) <= SAMPLE_CHARS
    sample = text if whole else text[: text.rfind("\n", 0, SAMPLE_CHARS) + 1] or text

    def fit(delimiter: str) -> tuple[bool, float, int]:
        try:
            reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
            rows = [row for row in islice(reader, SAMPLE_ROWS) if row]
        except csv.Error:
            return (False, 0.0, 0)
        if not rows:
            return (False, 0.0, 0)
        width = len(rows[0])
        matching = sum(len(row) == width for row in rows) / len(rows)
        return (is_usable(map(column_name, rows[0])), matching, width)

    return max(sorted(DELIMITERS, key=lambda d: d != first), key=fit)


def _numbered_rows(name: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, each with the line it starts on."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                problem = "a quotation mark opens a cell and is never closed"
            else:
                problem = str(error)
            raise ReadError(
                f"{name}, line {line}: {problem}. Put cells that hold a delimiter, a line break "
                'or a quotation mark in quotation marks, and double those inside ("").'
            ) from error
        if any(cell.strip() for cell in row):
            yield line, row


def _records(
    rows: Iterator[tuple[int, list[str]]], columns: list[str], errors: RowErrors
) -> Iterator[Record]:
    for number, (line, row) in enumerate(rows, 2):
        if len(row) == len(columns):
            # The header is row 1, as a spreadsheet shows it.
            yield Record(line, f"row {number}", dict(zip(columns, row, strict=True)))
            continue
        many = "more" if len(row) > len(columns) else "fewer"
        cells = "1 cell" if len(row) == 1 else f"{len(row):,} cells"
        errors.add(
            line,
            f"{cells}, {many} than the {len(columns):,} columns of the header "
            "(a delimiter inside a cell needs quotation marks around the cell)",
        )
