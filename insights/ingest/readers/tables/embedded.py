"""Tables inside a document whose columns say that each row is what somebody wrote."""

from collections.abc import Sequence

from insights.ingest.readers.content import File, ReadError, SourceContent
from insights.ingest.readers.tables.table import Row, RowErrors, Table, read_table


def read_embedded(
    file: File, content: SourceContent, rows: Sequence[Sequence[str]], number: int
) -> bool:
    """Read a document's table number `number` row by row; return False if that cannot be done."""
    lines = [Row(n, f"row {n}", list(cells)) for n, cells in enumerate(rows, 1) if any(cells)]
    errors = RowErrors(file.options.limits)
    try:
        read_table(file, content, Table(lines, place=f"table {number}"), errors)
    except ReadError:
        return False
    if errors.count:
        first = errors.kept[0]
        content.notes.append(
            f"Left out {errors.count:,} of the rows of table {number}; "
            f"row {first.line}: {first.message}."
        )
    return True
