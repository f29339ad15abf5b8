"""Workbooks: .xlsx, .xls and .ods by calamine. Every sheet with text is read."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from insights.ingest.readers.archives import open_office, pieces_of
from insights.ingest.readers.content import ColumnsNeeded, File, ReadError, SourceContent
from insights.ingest.readers.packed import Packed
from insights.ingest.readers.registry import reads
from insights.ingest.readers.tables.columns import listed
from insights.ingest.readers.tables.table import Row, RowErrors, Table, finish, read_table
from insights.ingest.readers.values import cell_text

OLE = b"\xd0\xcf\x11\xe0"
MOST_CELLS = 10_000_000
VISIBLE = SheetVisibleEnum.Visible
MOST_REPEATED = 10_000
_CELL = re.compile(r"([A-Z]{1,7})(\d{1,10})$")


@reads(".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", title="Workbook")
def read_workbook(file: File) -> SourceContent:
    if not file.data.startswith(OLE):
        with open_office(file, what="workbook") as archive:
            _refuse_vast(file, archive)
    elif not file.name.lower().endswith(".xls"):
        raise ReadError(
            f"{file.name} is encrypted, or has an old format and a new suffix. Open it, save it as "
            ".xlsx without a password, and upload that."
        )
    content = SourceContent(file.title)
    errors = RowErrors(file.options.limits)
    needed: ColumnsNeeded | None = None
    without_text: list[str] = []
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
                without_text.append(name)
            except ReadError as error:
                if not many:
                    raise
                content.notes.append(f"Skipped sheet “{name}”. {error}")
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise ReadError(f"{file.name} is damaged or encrypted ({error}). Save it again.") from error
    except BaseException as error:  # calamine's panics are no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise ReadError(
            f"{file.name} is damaged. Open it, save it again, and upload that."
        ) from error
    if not content.documents and needed:
        raise needed
    if without_text:
        content.notes.append(f"Skipped, for want of a column of text: {listed(without_text)}.")
    return finish(file, content, errors)


def _rows(workbook: CalamineWorkbook, name: str) -> Iterator[Row]:
    """Yield the rows that hold something, with their number in the sheet.

    The value of a merged cell is repeated in each row that it covers.
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
            extent: _Extent = _ExcelExtent(file.name)
        elif member.filename == "content.xml":
            extent = _OpenExtent(file.name)
        elif re.fullmatch(r"xl/worksheets/[^/]+\.bin", member.filename):
            extent = _BinaryExtent(file.name)
        else:
            continue
        try:
            for piece in pieces_of(file, archive, member):
                extent.feed(piece)
        except expat.ExpatError as error:
            raise ReadError(f"{file.name} is damaged ({error}). Save it again.") from error
        limits = file.options.limits
        if extent.width > limits.max_columns:
            raise ReadError(
                f"{file.name} has {extent.width:,} columns; at most {limits.max_columns:,} are "
                "read. Keep the columns that hold the text and its place, and save it again."
            )
        if extent.width * extent.height > MOST_CELLS or extent.height > limits.max_rows:
            raise ReadError(
                f"{file.name} has {extent.height:,} rows of {extent.width:,} columns; at most "
                f"{limits.max_rows:,} rows and {MOST_CELLS:,} cells are read. Split the sheet."
            )
        if extent.repeated > MOST_REPEATED:
            raise ReadError(
                f"{file.name} repeats one row or space {extent.repeated:,} times; at most "
                f"{MOST_REPEATED:,} are read. Delete the copies and save it again."
            )


class _Extent:
    """The columns and rows that a sheet spans, from its elements as they begin."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.width = self.height = self.repeated = self.row = self.column = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EntityDeclHandler = self.refuse_entities

    def feed(self, piece: bytes) -> None:
        self.parser.Parse(piece)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def refuse_entities(self, *declared: object) -> None:
        raise ReadError(f"{self.name} defines XML entities; it is refused. Save it again.")

    def reached(self) -> None:
        self.width, self.height = max(self.width, self.column), max(self.height, self.row)


class _BinaryExtent(_Extent):
    """The same from the records of an .xlsb sheet, [MS-XLSB] 2.1.4: a type, a size, the data."""

    rest, to_pass_over = b"", 0

    def feed(self, piece: bytes) -> None:
        data, at = self.rest + piece[self.to_pass_over :], 0
        self.to_pass_over = max(0, self.to_pass_over - len(piece))
        while (head := _RECORD.match(data, at)) and head.end() + 4 <= len(data):
            kind, at = _seven_bits(head[1]), head.end() + _seven_bits(head[2])
            number = int.from_bytes(data[head.end() : head.end() + 4], "little") + 1
            if kind == 0:  # BrtRowHdr
                self.row = number
            elif kind <= 11:  # BrtCellBlank to BrtFmlaError
                self.column = number
                self.reached()
        self.rest = data[at:]
        self.to_pass_over += max(0, at - len(data))


# Type and size have seven bits a byte; all but the last byte of each have the eighth set.
_RECORD = re.compile(
    rb"([\x00-\x7f]|[\x80-\xff].)([\x80-\xff]{0,2}[\x00-\x7f]|[\x80-\xff]{3}.)", re.DOTALL
)


def _seven_bits(raw: bytes) -> int:
    return sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(raw))


class _ExcelExtent(_Extent):
    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self.column += 1
            if place := _CELL.match(attributes.get("r", "")):
                self.column = _number(place[1])
                self.row = int(place[2])
            self.reached()
        elif name == "row":
            self.column = 0
            self.row = _count(attributes.get("r", ""), self.row + 1)


class _OpenExtent(_Extent):
    """Repeated cells and rows count each time, if they hold something."""

    rows = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in {"table:table-cell", "table:covered-table-cell"}:
            self.column += _count(attributes.get("table:number-columns-repeated", ""), 1)
            if any(name.startswith("office:") for name in attributes):
                self.width, self.height = max(self.width, self.column), self.row
                self.repeated = max(self.repeated, self.rows)
        elif tag == "table:table-row":
            self.column = 0
            self.rows = _count(attributes.get("table:number-rows-repeated", ""), 1)
            self.row += self.rows
        elif tag == "table:table":
            self.row = 0
        elif tag == "text:s":
            self.repeated = max(self.repeated, _count(attributes.get("text:c", ""), 1))


def _count(digits: str, default: int) -> int:
    return int(digits[:12]) if digits.isascii() and digits.isdigit() else default


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
