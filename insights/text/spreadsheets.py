"""CSV for spreadsheets: streamed, and no cell runs as a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime


class _Echo:
    """A file for csv.writer that returns each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table; moments as ISO 8601."""
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([_cell(one) for one in row])


def formula_safe(text: str) -> str:
    """Return a table cell's text; a quote in front stops spreadsheets from running a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return formula_safe(value) if isinstance(value, str) else value
