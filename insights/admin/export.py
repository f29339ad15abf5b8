"""Download the list of insights with merged wordings, sources and counts, filters kept."""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from io import BytesIO, StringIO
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from openpyxl import Workbook

from insights.models import Insight, InsightSource

CHUNK = 500
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
}
COLUMNS = ("statement", "mentions", "sources", "merged wordings", "first seen", "last seen", "id")
# A spreadsheet would run a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Exported:
    """One insight. `wordings`: the original wordings other than the statement itself."""

    id: str
    statement: str
    mentions: int = 0
    sources: list[str] = field(default_factory=list)
    wordings: list[str] = field(default_factory=list)
    first_seen: str = ""
    last_seen: str = ""

    def cells(self) -> list[str | int]:
        texts = [self.statement, *(" | ".join(each) for each in (self.sources, self.wordings))]
        statement, sources, wordings = (
            f"'{text}" if text.startswith(_FORMULA) else text for text in texts
        )
        return [
            statement, self.mentions, sources, wordings, self.first_seen, self.last_seen, self.id
        ]  # fmt: skip


def download(insights: QuerySet[Insight], kind: str) -> HttpResponseBase:
    """Answer with a file of one of the FORMATS. XLSX is built in memory, the others stream."""
    rows = _rows(insights)
    response: HttpResponseBase
    if kind == "xlsx":
        response = HttpResponse(_workbook(rows), content_type=FORMATS[kind])
    else:
        writers = {"csv": _csv, "json": _json, "md": _markdown}
        response = StreamingHttpResponse(writers[kind](rows), content_type=FORMATS[kind])
    response["Content-Disposition"] = f'attachment; filename="insights.{kind}"'
    return response


def _rows(insights: QuerySet[Insight]) -> Iterator[Exported]:
    """Yield the insights in chunks, each with one query for its occurrences."""
    chunk: dict[UUID, Exported] = {}
    for pk, statement in insights.values_list("pk", "statement").iterator(CHUNK):
        chunk[pk] = Exported(str(pk), statement)
        if len(chunk) == CHUNK:
            yield from _filled(chunk)
            chunk = {}
    yield from _filled(chunk)


def _filled(chunk: dict[UUID, Exported]) -> Iterator[Exported]:
    found = InsightSource.objects.filter(insight__in=chunk).order_by("created_at", "pk")
    for pk, title, statement, created_at in found.values_list(
        "insight", "source__title", "statement", "created_at"
    ):
        row = chunk[pk]
        row.mentions += 1
        if title not in row.sources:
            row.sources.append(title)
        if statement != row.statement and statement not in row.wordings:
            row.wordings.append(statement)
        row.first_seen = row.first_seen or created_at.date().isoformat()
        row.last_seen = created_at.date().isoformat()
    yield from chunk.values()


def _csv(rows: Iterator[Exported]) -> Iterator[str]:
    yield "\ufeff"  # Excel reads UTF-8 only with it
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(row.cells())
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _workbook(rows: Iterator[Exported]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Insights")
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append(
            ["".join(one for one in cell if one.isprintable()) if isinstance(cell, str) else cell
             for cell in row.cells()]
        )  # fmt: skip
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _json(rows: Iterator[Exported]) -> Iterator[str]:
    yield "["
    for number, row in enumerate(rows):
        yield ("," if number else "") + "\n" + json.dumps(asdict(row), ensure_ascii=False)
    yield "\n]\n"


def _markdown(rows: Iterator[Exported]) -> Iterator[str]:
    yield "# Insights\n"
    for row in rows:
        many = f"{row.mentions} mention{'s'[: row.mentions != 1]}"
        yield f"\n- **{_inline(row.statement)}** ({many})\n"
        yield from (f"  - “{_inline(wording)}”\n" for wording in row.wordings)
        if row.sources:
            yield f"  - Sources: {_inline(', '.join(row.sources))}\n"


def _inline(text: str) -> str:
    """Escape what Markdown or HTML would take for markup, and join the lines."""
    escaped = "".join(f"\\{one}" if one in "\\`*_[]<>#|" else one for one in text)
    return " ".join(escaped.split())
