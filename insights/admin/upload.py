"""The upload page: files or a pasted text, each read and checked before it is kept."""

import re
from dataclasses import dataclass, field

from django import forms
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from insights.ingest.readers import (
    ColumnsNeeded,
    ReadError,
    RowError,
    SourceContent,
    supported_suffixes,
)
from insights.ingest.readers.tables.columns import column_name, names_by_role
from insights.ingest.removal.source import restore
from insights.ingest.sources import is_processed, limits, queue_processing, read, register
from insights.jobs.enqueue import enqueue_run
from insights.models import Source
from insights.types import JSONObject

ENCODINGS = [
    ("", "Detect automatically"),
    ("cp1252", "Windows-1252 (Western Europe)"),
    ("iso-8859-1", "Latin-1"),
    ("cp1250", "Windows-1250 (Central Europe)"),
    ("cp1251", "Windows-1251 (Cyrillic)"),
    ("utf-16", "UTF-16"),
    ("shift_jis", "Shift JIS (Japanese)"),
    ("gb18030", "GB 18030 (Chinese)"),
]


# Fewer texts than these do not show what a column of an unknown name holds.
FEWEST_ROWS = 5


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """Zero or more files; `clean` gives a list."""

    widget = FilesInput

    def clean(self, data: list[object] | None, initial: object = None) -> list[object]:
        one = super().clean
        return [one(each, initial) for each in data if each] if data else []


class UploadForm(forms.Form):
    file = FilesField(
        required=False,
        label="Files",
        widget=FilesInput(attrs={"accept": ",".join(supported_suffixes())}),
        # An empty file is the reader's to refuse, beside the others.
        allow_empty_file=True,
        max_length=255,
    )
    title = forms.CharField(required=False, max_length=200, label="Title of the pasted text")
    text = forms.CharField(
        required=False,
        strip=False,
        label="Pasted text",
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    encoding = forms.ChoiceField(required=False, choices=ENCODINGS, label="Encoding of the files")
    keep_good_rows = forms.BooleanField(
        required=False,
        label="Keep the good rows",
        help_text="Leave out rows that cannot be read. If off, one bad row rejects the file.",
    )

    def clean(self) -> JSONObject:
        cleaned = super().clean() or {}
        has_text = bool(cleaned.get("text", "").strip())
        if not cleaned.get("file") and not has_text and not self.errors:
            raise forms.ValidationError("Choose at least one file, or paste a text.")
        if has_text and not cleaned.get("title", "").strip():
            self.add_error("title", "Give the pasted text a title; it becomes the source's name.")
        return cleaned


@dataclass
class Taken:
    """One file of an upload: the source it became or was already, or why it was refused."""

    name: str
    source: Source | None = None
    is_new: bool = False
    waits: bool = False  # for a worker
    asks: bool = False  # for its columns
    reason: str = ""
    rows: list[RowError] = field(default_factory=list)
    row_count: int = 0

    @property
    def unlisted(self) -> int:
        return self.row_count - len(self.rows)


def take(form: UploadForm, user: User) -> list[Taken]:
    """Take in each file on its own: good ones are kept whatever is wrong with the others."""
    cleaned = form.cleaned_data
    keep, encoding = cleaned["keep_good_rows"], cleaned["encoding"] or None
    taken = [_take_file(file, encoding, keep, user) for file in cleaned["file"]]
    if cleaned["text"].strip():
        title = " ".join(cleaned["title"].split())
        # A title may hold a slash; a file's name may not.
        name = title.replace("/", "-") + ".txt"
        taken.append(_take(name, cleaned["text"].encode(), None, keep, user, title=title))
    return taken


def _take_file(file: UploadedFile, encoding: str | None, keep: bool, user: User) -> Taken:
    name, most = file.name or "file", limits().max_bytes
    size = file.size or 0
    if size > most:
        return Taken(
            name,
            reason=f"The file has {filesizeformat(size)}; at most {filesizeformat(most)} are "
            "read. Cut it into parts.",
        )
    return _take(name, file.read(), encoding, keep, user)


def _take(
    name: str, data: bytes, encoding: str | None, keep: bool, user: User, *, title: str = ""
) -> Taken:
    content: SourceContent | None
    try:
        content = read(name, data, keep_good_rows=keep, encoding=encoding)
    except ColumnsNeeded:
        content = None
    except ReadError as error:
        return Taken(
            name, reason=_on_page(error), rows=error.row_errors, row_count=error.row_error_count
        )
    if content is not None and title:
        content.title = title
    asks = content is None or not is_sure(content)
    source, is_new = register(
        name,
        data,
        None if asks else content,
        keep_good_rows=keep,
        created_by=user,
        encoding=encoding or "",
    )
    if source.removed_at is not None:
        restore(source)
    taken = Taken(name, source=source, is_new=is_new)
    if source.needs_columns:
        taken.asks = True
    elif not is_processed(source):
        taken.waits = hand_over(source, user)
    if content is not None:
        taken.rows, taken.row_count = content.row_errors, content.row_error_count
    return taken


def _on_page(error: ReadError) -> str:
    """Name the form's fields where the reader names the options of the command."""
    reason = str(error).replace("(--keep-good-rows)", "(tick “Keep the good rows” below)")
    return re.sub(r"\(--encoding [^)]*\)", "(choose it below)", reason)


def is_sure(content: SourceContent) -> bool:
    """Return True if the columns of a table need no question.

    That is a known export, an earlier choice, or, with no other open column beside them, columns
    of plain names such as "review" or a single one of any name over at least `FEWEST_ROWS` texts.
    """
    table = content.table
    if table is None or table.columns.source != "guessed":
        return True
    if table.left_out:
        return False
    texts = names_by_role()["text"]
    is_only_one = len(table.columns.text) == 1 and len(content.documents) >= FEWEST_ROWS
    return is_only_one or all(column_name(label) in texts for label in table.columns.text)


def hand_over(source: Source, user: User) -> bool:
    """Queue the processing. Both rows are committed, so a worker can start at once."""
    run = queue_processing(source, started_by=user)
    return enqueue_run(run)
