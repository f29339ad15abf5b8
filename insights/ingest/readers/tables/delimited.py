"""CSV and TSV: the delimiter is found by trying, lines are counted through quoted cells."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from insights.ingest.readers.content import File, ReadError, SourceContent
from insights.ingest.readers.decoding import lines_of, text_of
from insights.ingest.readers.packed import Packed
from insights.ingest.readers.registry import reads
from insights.ingest.readers.tables.columns import INSIGHT_COLUMNS, column_name, names_by_role
from insights.ingest.readers.tables.headers import LOOK_AHEAD
from insights.ingest.readers.tables.table import Row, RowErrors, Table, finish, read_table

DELIMITERS = ",;\t|"
SAMPLE_CHARS = 64 * 1024
SAMPLE_ROWS = 50
SEPARATOR_LINE = re.compile(r"\ufeff?sep=([,;\t|])\n", re.IGNORECASE)


@reads(".csv", ".tsv", title="Table with separators")
def read_delimited(file: File) -> SourceContent:
    content = SourceContent(file.title)
    text = text_of(file, content)
    limits = file.options.limits
    # The csv module's own cap (131,072) is shorter than a long transcript; it is global to the
    # process, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_line_chars))
    first = "\t" if file.name.lower().endswith(".tsv") else ","
    if said := SEPARATOR_LINE.match(text):
        # The line is kept, blank, so that the numbers of the others stay right.
        delimiter, text = said[1], text[said.end() - 1 :]
    else:
        delimiter = find_delimiter(text, first=first)
    errors = RowErrors(limits)
    rows = Packed(_numbered_rows(file.name, text, delimiter, errors, limits.max_columns))
    del text
    read_table(file, content, Table(rows), errors)
    return finish(file, content, errors)


def find_delimiter(text: str, *, first: str = ",") -> str:
    """Return the delimiter under which the first rows fit their header best; `first` wins a tie."""
    whole = len(text) <= SAMPLE_CHARS
    sample = text if whole else text[: text.rfind("\n", 0, SAMPLE_CHARS) + 1] or text
    known = _known_names()

    def fit(delimiter: str) -> tuple[int, bool, float, int]:
        try:
            reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
            rows = [row for row in islice(reader, SAMPLE_ROWS) if row]
        except csv.Error:
            return (0, False, 0.0, 0)
        if not rows:
            return (0, False, 0.0, 0)
        # The commonest width: a title may stand above the header.
        sizes = Counter(map(len, rows))
        if len(rows[0]) == 1 and column_name(rows[0][0]) in known:
            sizes = Counter({1: sizes[1]})  # one column, whatever its cells hold
        width = max(sizes, key=lambda size: (sizes[size], size))
        matching = sizes[width] / len(rows)
        named = max(sum(column_name(cell) in known for cell in row) for row in rows[:LOOK_AHEAD])
        return (min(named, 3), width > 1, matching, width)

    return max(sorted(DELIMITERS, key=lambda d: d != first), key=fit)


def _known_names() -> set[str]:
    return {*INSIGHT_COLUMNS, *(n for names in names_by_role().values() for n in names)}


def _numbered_rows(
    name: str, text: str, delimiter: str, errors: RowErrors, most_columns: int
) -> Iterator[Row]:
    """Yield the rows that hold something, each with the line it starts on."""
    reader = csv.reader(lines_of(text), delimiter=delimiter, strict=True)
    number, width = 0, 0
    is_title = False  # so far only titles, above a wider header
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
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
        if not any(cell.strip() for cell in cells):
            continue
        number += 1
        if len(cells) > most_columns and number == 1:
            raise ReadError(
                f"{name} has {len(cells):,} columns; at most {most_columns:,} are read. Keep the "
                "columns that hold the text and its position, and export again."
            )
        if number == 1:
            is_title = len(cells) == 1 and column_name(cells[0]) not in _known_names()
        is_title = is_title and number <= LOOK_AHEAD
        if number <= 2 or (is_title and len(cells) > 2):
            is_title = is_title and len(cells) == 1
            width = max(width, len(cells))
        elif problem := _misfit(cells, width):
            errors.add(line, problem)
            continue
        yield Row(line, f"row {number}", cells)


def _misfit(cells: list[str], width: int) -> str:
    """Return why a row does not fit the header. Empty cells at its end do not matter."""
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) == width:
        return ""
    many = "more" if len(cells) > width else "fewer"
    count = "1 cell" if len(cells) == 1 else f"{len(cells):,} cells"
    return (
        f"{count}, {many} than the {width:,} columns of the header "
        "(a delimiter inside a cell needs quotation marks around the cell)"
    )
