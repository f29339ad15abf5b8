"""Workbooks: .xlsx, .xls and .ods by calamine. Every sheet with text is read."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from insights.ingest.readers.archives import open_office, read_member, scan_member
from insights.ingest.readers.content import ColumnsNeeded, File, ReadError, SourceContent
from insights.ingest.readers.packed import Packed
from insights.ingest.readers.registry import reads
from insights.ingest.readers.tables.table import Row, RowErrors, Table, finish, read_table
from insights.ingest.readers.values import cell_text

OLE = b"\xd0\xcf\x11\xe0"
MOST_CELLS = 30_000_000
VISIBLE = SheetVisibleEnum.Visible
_CELL = re.compile(rb'<(?:\w+:)?c [^>]{0,200}?\br="([A-Z]{1,3})(\d{1,7})"')
_REPEAT = re.compile(
    rb'number-(columns|rows)-repeated="(\d+)"[^>]{0,300}?(?:office:value|office:string)'
)


@reads(".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", title="Workbook")
def read_workbook(file: File) -> SourceContent:
    if not file.data.startswith(OLE):
        with open_office(file, what="workbook") as archive:
            _refuse_vast(file, archive)
    elif not file.name.lower().endswith(".xls"):
        raise ReadError(
            f"{file.name} is encrypted, or an old format under a new ending. Open it, save it as "
            ".xlsx without a password, and upload that."
        )
    content = SourceContent(file.title)
    errors = RowErrors(file.options.limits)
    needed: ColumnsNeeded | None = None
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(file.data))
        names = workbook.sheet_names
        hidden = [one.name for one in workbook.sheets_metadata if one.visible != VISIBLE]
        for name in names:
            rows = Packed(_rows(workbook, name))
            if not rows:
                continue
            many = len(names) > 1
            if name in hidden:
                content.notes.append(f"Sheet “{name}” is hidden in the workbook; it was read too.")
            try:
                read_table(file, content, Table(rows, place=name if many else ""), errors)
            except ColumnsNeeded as error:
                needed = needed or error
            except ReadError:
                if not many:
                    raise
                content.notes.append(f"Sheet “{name}” has no rows below its header.")
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise ReadError(f"{file.name} is damaged or encrypted ({error}). Save it again.") from error
    if not content.documents and needed:
        raise needed
    if needed:
        content.notes.append("A sheet without a column of text was passed over.")
    return finish(file, content, errors)


def _rows(workbook: CalamineWorkbook, name: str) -> Iterator[Row]:
    """Rows that hold something, with their number in the sheet.

    A value stands in each row that its merged cell covers, so that each row says whose it is.
    """
    sheet = workbook.get_sheet_by_name(name)
    merged = {
        (row, left): (top, left)
        for (top, left), (bottom, _) in sheet.merged_cell_ranges or ()
        for row in range(top + 1, bottom + 1)
    }
    above: dict[tuple[int, int], str] = {}
    for number, values in enumerate(sheet.iter_rows(), 1):
        cells = [cell_text(value) for value in values]
        for at in range(len(cells)) if merged else ():
            if (origin := merged.get((number - 1, at))) and not cells[at]:
                cells[at] = above.get(origin, "")
            above[number - 1, at] = cells[at]
        if any(cell and not cell.isspace() for cell in cells):
            yield Row(number, f"row {number}", cells)


def _refuse_vast(file: File, archive: zipfile.ZipFile) -> None:
    """Refuse sheets that would take gigabytes: two far cells span all that lies between them."""
    for member in archive.infolist():
        if re.fullmatch(r"xl/worksheets/[^/]+\.xml", member.filename):
            width, height = 0, 0
            for cell in scan_member(file, archive, member, _CELL):
                width, height = max(width, _number(cell[1])), max(height, int(cell[2]))
        elif member.filename == "content.xml":
            repeats = _REPEAT.findall(read_member(file, archive, member))
            width = max((int(n) for kind, n in repeats if kind == b"columns"), default=0)
            height = max((int(n) for kind, n in repeats if kind == b"rows"), default=0)
        else:
            continue
        if width > file.options.limits.max_columns:
            raise ReadError(
                f"{file.name} has {width:,} columns; at most {file.options.limits.max_columns:,} "
                "are read. Keep the columns that hold the text and its place, and save it again."
            )
        if width * height > MOST_CELLS:
            raise ReadError(
                f"{file.name} has {height:,} rows of {width:,} columns; at most {MOST_CELLS:,} "
                "cells are read. Split the sheet."
            )


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
