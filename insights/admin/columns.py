"""The page that asks which columns of uploaded tables hold what, with a preview of the result."""

from dataclasses import dataclass, field, replace

from django.http import QueryDict

from insights.ingest.file_bytes import bytes_of
from insights.ingest.preview import Preview, preview
from insights.ingest.readers import Columns, ColumnsNeeded, ReadError, SourceContent
from insights.ingest.readers.content import ROLES
from insights.ingest.sources import (
    header_hash,
    read,
    remember_columns,
    settle_columns,
)
from insights.models import Source

CHOICES = [
    ("", "—"),
    ("text", "text"),
    ("insight", "finished insight"),
    ("id", "id"),
    ("date", "date"),
    ("person", "person"),
    ("company", "company"),
    ("segment", "segment"),
    ("rating", "rating"),
    ("link", "link"),
    ("title", "title"),
]


FEWEST_WORDS = 3  # words per cell, on average


@dataclass(slots=True)
class Column:
    label: str
    field: str
    role: str
    cells: list[str]


@dataclass(slots=True)
class Group:
    """Files with one header, for which the choice is made once."""

    prefix: str
    header: list[str]
    sample: list[list[str]]
    sources: list[Source]
    columns: Columns
    previews: list[tuple[Source, Preview]] = field(default_factory=list)
    error: str = ""

    @property
    def table(self) -> list[Column]:
        by_label = dict.fromkeys(self.columns.text, "text")
        by_label |= dict.fromkeys(self.columns.insight, "insight")
        by_label |= {label: role for role, label in self.columns.roles.items()}
        return [
            Column(
                label,
                f"{self.prefix}-{at}",
                by_label.get(label, ""),
                [row[at] if at < len(row) else "" for row in self.sample],
            )
            for at, label in enumerate(self.header)
            if label and self.header.index(label) == at
        ]


def groups_of(sources: list[Source], sent: QueryDict | None = None) -> list[Group]:
    """Return the waiting sources by header, with the choice that was sent or else a guess."""
    groups: dict[str, Group] = {}
    for source in sources:
        header, sample, guessed = _header_of(source)
        key = header_hash(header)
        if key not in groups:
            groups[key] = Group(f"g{len(groups)}", header, sample, [], guessed)
        groups[key].sources.append(source)
    for group in groups.values():
        if sent is not None:
            group.columns = _chosen(group, sent)
        _preview(group)
    return list(groups.values())


def settle(group: Group) -> list[Source]:
    """Keep the choice for this header, and read the group's files by it from now on."""
    remember_columns(group.header, group.columns)
    for source in group.sources:
        settle_columns(source, read_waiting(source, group.columns))
    return group.sources


def read_waiting(source: Source, columns: Columns | None) -> SourceContent:
    data = bytes_of(source.pk)
    return read(
        source.name,
        data,
        keep_good_rows=source.keep_good_rows,
        encoding=source.encoding or None,
        columns=columns,
    )


def _header_of(source: Source) -> tuple[list[str], list[list[str]], Columns]:
    try:
        content = read_waiting(source, None)
    except ColumnsNeeded as error:
        return error.header, error.sample, _suggested(error)
    table = content.table
    if table is None:
        return [], [], Columns()
    return table.header, table.sample, table.columns


def _suggested(asked: ColumnsNeeded) -> Columns:
    """Suggest the wordiest column as text where names and content decided nothing.

    It is not read until the person has seen the preview and starts.
    """
    free = [label for label in asked.header if label not in asked.columns.roles.values()]
    words = {
        label: sum(len(row[at].split()) for row in asked.sample if at < len(row))
        for at, label in enumerate(asked.header)
        if label in free
    }
    wordiest = max(words, key=words.__getitem__, default="")
    if asked.columns.text or words.get(wordiest, 0) < FEWEST_WORDS * len(asked.sample):
        return asked.columns
    return replace(asked.columns, text=(wordiest,))


def _chosen(group: Group, sent: QueryDict) -> Columns:
    named: dict[str, list[str]] = {}
    for column in group.table:
        if role := sent.get(column.field, ""):
            named.setdefault(role, []).append(column.label)
    return Columns(
        text=tuple(named.get("text", [])),
        insight=tuple(named.get("insight", [])),
        roles={role: named[role][0] for role in ROLES if role in named},
        source="chosen",
    )


def _preview(group: Group) -> None:
    if not group.columns.text and not group.columns.insight:
        group.error = "Choose “text” above each column that people wrote in their own words."
        return
    chosen = replace(group.columns, source="chosen")
    for source in group.sources:
        try:
            group.previews.append((source, preview(source.name, read_waiting(source, chosen))))
        except ReadError as error:
            group.error = str(error)
