"""Download the list of insights with all wordings, sources, counts and mentions, filters kept."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from io import BytesIO
from itertools import chain
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from openpyxl import Workbook

from insights.jobs.slots import heavy_work, spooled
from insights.models import Insight, InsightSource, InsightTag
from insights.text.spreadsheets import csv_lines, formula_safe

CHUNK = 500
FORMATS = {
    "csv": ("CSV", "text/csv; charset=utf-8"),
    "mentions.csv": ("CSV of mentions", "text/csv; charset=utf-8"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "json": ("JSON", "application/json"),
    "md": ("Markdown", "text/markdown; charset=utf-8"),
}
COLUMNS = (
    "statement", "mentions", "people", "companies", "segments", "sources", "merged wordings",
    "tags", "first said", "last said", "id",
)  # fmt: skip
DETAILS = (
    "statement", "source", "locator", "external_id", "date", "said_on", "person", "company",
    "segment", "rating", "link",
)  # fmt: skip

Cell = str | int


@dataclass
class Exported:
    """One insight. `wordings`: the original wordings other than the statement itself."""

    id: str
    statement: str
    sources: list[str] = field(default_factory=list)
    wordings: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    companies: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    mentions: list[dict[str, str | dict[str, str]]] = field(default_factory=list)

    @property
    def first_said(self) -> str:
        return str(self.mentions[0]["said_on"]) if self.mentions else ""

    @property
    def last_said(self) -> str:
        return str(self.mentions[-1]["said_on"]) if self.mentions else ""

    def cells(self) -> list[Cell]:
        lists = (self.people, self.companies, self.segments, self.sources, self.wordings, self.tags)
        people, companies, segments, sources, wordings, tags = (" | ".join(one) for one in lists)
        return [
            self.statement, len(self.mentions), people, companies, segments, sources, wordings,
            tags, self.first_said, self.last_said, self.id,
        ]  # fmt: skip

    def details(self) -> Iterator[list[Cell]]:
        for one in self.mentions:
            attributes = json.dumps(one["attributes"], ensure_ascii=False)
            cells = [str(one[name]) for name in DETAILS]
            yield [self.id, self.statement, *cells, attributes if one["attributes"] else ""]


DETAIL_COLUMNS = ("insight id", "insight", *(n.replace("_", " ") for n in DETAILS), "attributes")


@heavy_work()
def download(insights: QuerySet[Insight], kind: str) -> HttpResponseBase:
    """Answer with a file of one of the FORMATS. XLSX is built in memory, others in a file."""
    rows = _rows(insights)
    name, content_type = f"insights.{kind}", FORMATS[kind][1]
    response: HttpResponseBase
    if kind == "xlsx":
        response = HttpResponse(_workbook(rows), content_type=content_type)
    else:
        response = StreamingHttpResponse(_text(kind, rows), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return spooled(response)


def _text(kind: str, rows: Iterator[Exported]) -> Iterator[str]:
    if kind == "json":
        yield from _json(rows)
    elif kind == "md":
        yield from _markdown(rows)
    else:
        yield "\ufeff"  # Excel reads UTF-8 only with it
        if kind == "csv":
            yield from csv_lines(COLUMNS, (row.cells() for row in rows))
        else:
            yield from csv_lines(DETAIL_COLUMNS, chain.from_iterable(map(Exported.details, rows)))


def _rows(insights: QuerySet[Insight]) -> Iterator[Exported]:
    """Yield the insights in chunks, each with one query for its mentions and one for its tags."""
    chunk: dict[UUID, Exported] = {}
    for pk, statement in insights.values_list("pk", "statement").iterator(CHUNK):
        chunk[pk] = Exported(str(pk), statement)
        if len(chunk) == CHUNK:
            yield from _filled(chunk)
            chunk = {}
    yield from _filled(chunk)


def _filled(chunk: dict[UUID, Exported]) -> Iterator[Exported]:
    found = InsightSource.objects.filter(insight__in=chunk).order_by("said_on", "created_at", "pk")
    named = ["source__title" if name == "source" else name for name in DETAILS]
    for pk, attributes, *values in found.values_list("insight", "attributes", *named):
        row = chunk[pk]
        said = {name: str(value) for name, value in zip(DETAILS, values, strict=True)}
        row.mentions.append({**said, "attributes": attributes})
        _add(row.sources, said["source"])
        _add(row.people, said["person"])
        _add(row.companies, said["company"])
        _add(row.segments, said["segment"])
        if said["statement"] != row.statement:
            _add(row.wordings, said["statement"])
    for owner in ("insight", "insight__merged_into"):
        tags = InsightTag.objects.filter(**{f"{owner}__in": list(chunk)}).order_by("name")
        for pk, name in tags.values_list(owner, "name"):
            _add(chunk[pk].tags, name)
    yield from chunk.values()


def _add(values: list[str], value: str) -> None:
    if value and value not in values:
        values.append(value)


def _workbook(rows: Iterator[Exported]) -> bytes:
    """Build two sheets: one row an insight, and one row a mention."""
    book = Workbook(write_only=True)
    insights, mentions = book.create_sheet("Insights"), book.create_sheet("Mentions")
    insights.append(COLUMNS)
    mentions.append(DETAIL_COLUMNS)
    for row in rows:
        insights.append([_printable(cell) for cell in row.cells()])
        for cells in row.details():
            mentions.append([_printable(cell) for cell in cells])
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _printable(cell: Cell) -> Cell:
    if isinstance(cell, int):
        return cell
    # XLSX refuses control characters. A line break becomes a space, so that no words are joined.
    return formula_safe("".join(one if one.isprintable() else " " for one in cell)[:32_767])


def _json(rows: Iterator[Exported]) -> Iterator[str]:
    yield "["
    for number, row in enumerate(rows):
        record = {**asdict(row), "first_said": row.first_said, "last_said": row.last_said}
        yield ("," if number else "") + "\n" + json.dumps(record, ensure_ascii=False)
    yield "\n]\n"


def _markdown(rows: Iterator[Exported]) -> Iterator[str]:
    yield "# Insights\n"
    for row in rows:
        many = f"{len(row.mentions)} mention{'s'[: len(row.mentions) != 1]}"
        yield f"\n- **{_inline(row.statement)}** ({many})\n"
        for said in row.mentions:
            names = ("person", "company", "date", "source", "locator")
            about = ", ".join(str(said[name]) for name in names if said[name])
            yield f"  - “{_inline(str(said['statement']))}” — {_inline(about)}\n"
        if row.tags:
            yield f"  - Tags: {_inline(', '.join(row.tags))}\n"


def _inline(text: str) -> str:
    """Escape what Markdown or HTML would take for markup, and join the lines."""
    escaped = "".join(f"\\{one}" if one in "\\`*_[]<>#|" else one for one in text)
    return " ".join(escaped.split())
