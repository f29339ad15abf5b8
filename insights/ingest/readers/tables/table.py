"""Turn a table of any format into documents, one per text cell, with its row's metadata."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from insights.ingest.readers.content import (
    About,
    Columns,
    ColumnsNeeded,
    Document,
    File,
    Kind,
    Limits,
    ReadError,
    RowError,
    SourceContent,
    TablePreview,
)
from insights.ingest.readers.documents.markup import cell_text
from insights.ingest.readers.documents.replies import is_mail, without_quoted_html, without_quotes
from insights.ingest.readers.packed import Packed
from insights.ingest.readers.tables import columns as choosing
from insights.ingest.readers.tables.columns import column_name, listed
from insights.ingest.readers.tables.headers import Heading, find_heading
from insights.ingest.readers.values import one_line, refuse_unstorable
from insights.text.plural import counted
from insights.text.wordlists import groups

SHOWN_ROWS = 5
MOST_ATTRIBUTES = 300
LOCATORS: dict[str, str] = dict(groups("locators"))
# Jira writes a comment as "12/Mar/26 10:02 AM;account;text".
JIRA_COMMENT = re.compile(
    r"(?P<date>\d{1,2}/\w{3}/\d{2,4} \d{1,2}:\d{2}(?: [AP]M)?);(?P<person>[^;\n]{0,100});"
)


class Row(NamedTuple):
    """The line a row starts on, its number as a spreadsheet shows it, and its cells as text."""

    line: int
    label: str
    cells: list[str]


# A row with a subject is a mail. Forms that do not ask who answers write one of these.
SUBJECTS = frozenset("subject betreff objet asunto oggetto onderwerp".split())
NOBODY = frozenset(
    " anonymous anonym anonyme anonimo anónimo anon unknown unbekannt n/a -".split(" ")
)


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


@dataclass(slots=True)
class Table:
    """Rows as they stand in the file, the header among them unless `header` is given.

    `word` is what a column is called: "column" or "key". `place` goes before each locator.
    """

    rows: list[Row] | Packed[Row]
    header: list[str] | None = None
    word: str = "column"
    place: str = ""
    export: str = ""


def read_table(file: File, content: SourceContent, table: Table, errors: RowErrors) -> None:
    """Add the table's documents to `content`. Raises `ReadError`, or `ColumnsNeeded`."""
    name, options = file.name, file.options
    if table.header is None:
        heading = find_heading([row.cells for row in islice(table.rows, 40)])
        content.notes += heading.notes
        content.title = heading.title or content.title
    else:
        heading = Heading(0, table.header, table.header)
    header = heading.labels
    if len(header) > options.limits.max_columns:
        raise ReadError(
            f"{name} has {len(header):,} columns; at most {options.limits.max_columns:,} are "
            "read. Keep the columns that hold the text and its place, and export again."
        )
    if len(table.rows) <= heading.rows:
        raise ReadError(f"{name} has no rows below its header. Check that it was exported whole.")
    first = islice(table.rows, heading.rows, heading.rows + choosing.SAMPLE_ROWS)
    sample = [row.cells for row in first]
    chosen = _columns(file, table, heading, sample)
    left = choosing.left_out(chosen, header, sample)
    content.table = TablePreview(header, sample[:SHOWN_ROWS], chosen, left)
    if not chosen.text and not chosen.insight:
        raise ColumnsNeeded(
            f"{name} has no {table.word} that looks like text. It has: {listed(header)}. Choose "
            f'the {table.word}s that hold text on the upload page, or with --column text="…".',
            header=header,
            sample=sample[:SHOWN_ROWS],
            columns=chosen,
        )
    body = islice(table.rows, heading.rows, None)
    _RowReader(file, content, table, header, chosen).read(body, errors)
    if chosen.source != "known" or len(chosen.text) > 1 or left:
        content.notes.append(f"Read as text: {listed([*chosen.insight, *chosen.text])}.")
    if left:
        content.notes.append(
            f"Left out, though they look like answers: {listed(left)}. Choose them to read them."
        )


def finish(file: File, content: SourceContent, errors: RowErrors) -> SourceContent:
    """Refuse the file when it has bad rows and the good ones were not asked for."""
    errors.kept.sort(key=lambda error: error.line)
    good = len(content.documents)
    if errors.count and not (file.options.keep_good_rows and good):
        raise _rows_refused(file.name, good, errors)
    if not good:
        rows = counted(content.blank_rows, "row")
        blank = f" Without text: {rows}." if content.blank_rows else ""
        raise ReadError(f"{file.name} holds no text.{blank} Check that it was exported whole.")
    if content.blank_rows:
        content.notes.append(f"Skipped {counted(content.blank_rows, 'row')} without text.")
    content.notes = list(dict.fromkeys(content.notes))  # the sheets of a workbook say the same
    content.row_errors, content.row_error_count = errors.kept, errors.count
    return content


def _columns(
    file: File, table: Table, heading: Heading, sample: Sequence[Sequence[str]]
) -> Columns:
    options, header = file.options, heading.labels
    chosen = options.columns or (options.remembered(header) if options.remembered else None)
    if chosen is not None:
        wanted = {role: [label] for role, label in chosen.roles.items()}
        wanted |= {"text": list(chosen.text), "insight": list(chosen.insight)}
        found = choosing.choose(file.name, table.word, header, wanted)
        return replace(found, source=chosen.source, export=chosen.export)
    if known := choosing.recognise(header, sample):
        return known
    if heading.export and heading.names != header:
        # Codes such as "ResponseId" say more than the wording above them.
        roles = choosing.roles_by_name(heading.names, taken=[])
        labels = dict(zip(heading.names, header, strict=True))
        guessed = choosing.guess(header, sample)
        if heading.text:  # the export itself says which questions are open
            guessed = replace(guessed, text=tuple(heading.text), source="known")
        taken = set(guessed.text)
        own = {role: labels[name] for role, name in roles.items() if labels[name] not in taken}
        rest = {r: label for r, label in guessed.roles.items() if label not in own.values()}
        return replace(guessed, roles=rest | own, export=heading.export)
    return choosing.guess(header, sample)


class _RowReader:
    def __init__(
        self, file: File, content: SourceContent, table: Table, header: list[str], columns: Columns
    ) -> None:
        self.file, self.content, self.table, self.columns = file, content, table, columns
        self.names = [column_name(label) for label in header]
        self.header = header
        places: dict[str, list[int]] = {}
        for at, label in enumerate(header):
            places.setdefault(label, []).append(at)
        self.text_places = [(label, places[label]) for label in columns.text]
        self.insight_places = [(label, places[label][0]) for label in columns.insight]
        self.roles = {role: places[label][0] for role, label in columns.roles.items()}
        self.people = self._people()
        used = {*columns.text, *columns.insight, *columns.roles.values()}
        self.others = [at for at, label in enumerate(header) if label and label not in used]
        first = {name: at for at, name in reversed(list(enumerate(self.names)))}
        self.locators = [(form, first[name]) for name, form in LOCATORS.items() if name in first]
        self.series = table.export or columns.export or "table:" + " ".join(sorted(self.names))
        self.is_email = self.series in {"zendesk", "intercom"} or not SUBJECTS.isdisjoint(
            self.names
        )
        self.many = len(columns.text) > 1

    def read(self, body: Iterable[Row], errors: RowErrors) -> None:
        for row in body:
            try:
                found = self._row(row)
            except ValueError as error:
                errors.add(row.line, str(error))
                continue
            self.content.documents.extend(found)
            self.content.blank_rows += not found

    def _row(self, row: Row) -> list[Document]:
        cells = row.cells
        about = self._about(cells)
        locator = self._locator(cells)
        if self.table.place:
            locator = f"{self.table.place}, {locator or row.label}"
        if self.insight_places:
            return self._insight(row, cells, about, locator)
        title = one_line(self._cell(cells, self.roles.get("title")))
        locator = locator or row.label
        found: list[Document] = []
        for label, places in self.text_places:
            texts = [text for at in places for text in _texts_in(self._cell(cells, at))]
            for number, text in enumerate(texts, 1):
                refuse_unstorable(text, label)
                whole = about
                if comment := JIRA_COMMENT.match(text):
                    text = text[comment.end() :]
                    whole = replace(about, date=comment["date"], person=comment["person"])
                text = cell_text(without_quoted_html(text) if self.is_email else text)
                if self.is_email or is_mail(text):
                    text = without_quotes(text)
                if not text or any(_says_the_same(one.text, text) for one in found):
                    continue
                found = [one for one in found if not _says_the_same(text, one.text)]
                part = label if len(texts) == 1 else f"{label} {number}"
                where = f"{locator}, {_short(label)}" if self.many else locator
                found.append(self._document(title, text, where, whole, part))
        if title and all(title not in document.text for document in found):
            kind: Kind = "title" if found else "answer"
            found.insert(0, self._document(title, title, locator, about, "title", kind))
        return found

    def _document(
        self,
        title: str,
        text: str,
        locator: str,
        about: About,
        part: str,
        kind: Kind = "answer",
    ) -> Document:
        title = title or self.content.title
        return Document(title, text, locator, kind, about, (), self.series, part)

    def _insight(self, row: Row, cells: list[str], about: About, locator: str) -> list[Document]:
        for label, at in self.insight_places:
            raw = self._cell(cells, at)
            refuse_unstorable(raw, label)
            statement = " ".join(cell_text(raw).split())
            if not statement:
                continue
            if not any(map(str.isalpha, statement)):
                raise ValueError(f"the {label} holds no words")
            most = self.file.options.limits.max_statement_chars
            if len(statement) > most:
                raise ValueError(
                    f"the {label} has {len(statement):,} characters; at most {most:,} make one "
                    "insight. Put long texts in a column named text"
                )
            title = one_line(self._cell(cells, self.roles.get("title")))
            locator = locator or title or row.label
            return [self._document(title, statement, locator, about, "", "statement")]
        return []

    def _people(self) -> list[list[int]]:
        """Return the columns that may tell who said it; where one is blank, the next one does."""
        own = self.roles.get("person")
        if own is None:
            return []
        first = {name: at for at, name in reversed(list(enumerate(self.names)))}
        others = choosing.people(first) if self.columns.source in {"known", "guessed"} else []
        used = {*self.roles.values(), *(at for _, places in self.text_places for at in places)}
        free = [first[name] for name in others if first[name] not in used]
        places = dict.fromkeys([own, *free])
        return [self._whole_name(at, first) for at in places]

    def _whole_name(self, at: int, first: dict[str, int]) -> list[int]:
        name = self.names[at]
        for given, family in choosing.family_names().items():
            other = first.get(name.removesuffix(given) + family)
            if name.endswith(given) and other is not None:
                return [at, other]
        return [at]

    def _about(self, cells: list[str]) -> About:
        values: dict[str, Any] = {
            role: one_line(choosing.RELATION.sub("", self._cell(cells, at)))[:200]
            for role, at in self.roles.items()
        }
        values.pop("title", None)
        names = (
            one_line(" ".join(self._cell(cells, at) for at in places)) for places in self.people
        )
        values["person"] = next((n for n in names if n.casefold() not in NOBODY), "")[:200]
        attributes: dict[str, str] = {}
        for at in self.others[:MOST_ATTRIBUTES]:
            if value := one_line(self._cell(cells, at)):
                label = self.header[at]
                earlier = f"{attributes[label]}; " if label in attributes else ""
                attributes[label] = f"{earlier}{value}"[:1000]
        return About(external_id=values.pop("id", ""), attributes=attributes, **values)

    def _locator(self, cells: list[str]) -> str:
        parts = [form.format(v[:200]) for form, at in self.locators if (v := self._line(cells, at))]
        if (
            parts
            and self.names[first := self.locators[0][1]] == "locator"
            and self._line(cells, first)
        ):
            return parts[0]
        if not parts and "id" in self.roles and (value := self._line(cells, self.roles["id"])):
            return "" if "://" in value else f"id {value[:200]}"
        return ", ".join(parts)

    def _line(self, cells: list[str], at: int) -> str:
        value = one_line(self._cell(cells, at)[:1000])
        refuse_unstorable(value, self.header[at])
        return value

    @staticmethod
    def _cell(cells: list[str], at: int | None) -> str:
        return cells[at] if at is not None and at < len(cells) else ""


_EMPHASIS = str.maketrans("", "", "*_`")


def _says_the_same(one: str, other: str) -> bool:
    """Return True if `other` is `one`, emphasis aside, or only its beginning and an ellipsis."""
    one, other = (one_line(text.translate(_EMPHASIS)) for text in (one, other))
    shown = other.rstrip(".… ") if other.endswith(("...", "…")) else ""
    return one == other or (shown != "" and one.startswith(shown))


def _short(label: str) -> str:
    label = one_line(label)
    return label if len(label) <= 60 else label[:59].rstrip() + "…"


def _texts_in(cell: str) -> list[str]:
    """Return the texts of a cell: itself, or those in a JSON list of comments."""
    if cell[:1] != "[" or cell[-1:] != "]":
        return [cell]
    try:
        items = json.loads(cell)
    except (ValueError, RecursionError):
        return [cell]
    texts = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            by_name = {column_name(str(key)): value for key, value in item.items()}
            names = choosing.names_by_role()["text"]
            item = next((by_name[n] for n in names if isinstance(by_name.get(n), str)), "")
        if isinstance(item, str) and item:
            texts.append(item)
    return texts


def _rows_refused(name: str, good: int, errors: RowErrors) -> ReadError:
    shown = "; ".join(str(error) for error in errors.kept[:3])
    more = f"; and {errors.count - 3:,} more" if errors.count > 3 else ""
    rows = counted(errors.count, "row")
    remedy = (
        "Nothing was kept. Fix them, or keep only what is good (--keep-good-rows): "
        f"{counted(good, 'row')}."
        if good
        else "No row is good, so nothing was kept."
    )
    return ReadError(
        f"{name}: {rows} cannot be read: {shown}{more}. {remedy}",
        row_errors=errors.kept,
        row_error_count=errors.count,
    )
