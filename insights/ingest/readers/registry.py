"""The formats that can be read: suffix and content decide which reader takes a file.

A new format is a module with a function from `File` to `SourceContent` and the decorator:

    @reads(".vtt", ".srt", title="Captions")
    def read_captions(file: File) -> SourceContent: ...
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from insights.ingest.days import Days
from insights.ingest.readers.content import (
    File,
    Options,
    ReadError,
    SourceContent,
    too_large,
)
from insights.ingest.readers.decoding import refuse_compressed

Reader = Callable[[File], SourceContent]


@dataclass(frozen=True, slots=True)
class Format:
    title: str
    suffixes: tuple[str, ...]
    read: Reader
    signature: bytes = b""
    """First bytes by which a file of a wrong suffix is known."""


FORMATS: list[Format] = []


def reads(*suffixes: str, title: str, signature: bytes = b"") -> Callable[[Reader], Reader]:
    """Register a reader for files that end with one of `suffixes`."""

    def register(reader: Reader) -> Reader:
        FORMATS.append(Format(title, suffixes, reader, signature))
        return reader

    return register


def format_of(suffix: str, data: bytes) -> Format | None:
    """Return the format of a file: by its suffix unless its first bytes say otherwise."""
    by_suffix = next((form for form in FORMATS if suffix in form.suffixes), None)
    if by_suffix and (not by_suffix.signature or data.startswith(by_suffix.signature)):
        return by_suffix
    if by_suffix is None and suffix:
        return None
    by_content = next((f for f in FORMATS if f.signature and data.startswith(f.signature)), None)
    return by_content or by_suffix


def supported_suffixes() -> list[str]:
    return sorted(suffix for form in FORMATS for suffix in form.suffixes)


DEFAULT = Options()


def read_source(name: str, data: bytes, options: Options = DEFAULT) -> SourceContent:
    """Read a file of the name `name` from its bytes.

    A row error makes the whole file fail, or with `options.keep_good_rows` is reported beside the
    good rows. Raises `ReadError`, `ColumnsNeeded` among them, and nothing else, whatever the bytes.
    """
    if len(data) > options.limits.max_bytes:
        raise too_large(name, len(data), options.limits)
    if not re.search(rb"[^\0 \t\r\n\xef\xbb\xbf]", data):  # strip() would copy it
        what = "holds only white space" if data else "is empty (0 bytes)"
        raise ReadError(f"{name} {what}. Check that it was saved or copied whole.")
    form = refuse_unknown(name, data)
    refuse_compressed(name, data)
    path = PurePath(name)
    try:
        content = form.read(File(name, data, options, path.stem))
    except RecursionError as error:
        raise ReadError(
            f"{name} is nested too deep to read. Export it in a plainer form."
        ) from error
    if options.depth == 0 and (unsure := Days(content.all_dates()).unsure):
        content.notes.append(
            f"Dates such as {unsure} may begin with the day or the month; nothing in the file "
            "tells. They were read with the month first."
        )
    content.title = content.title or path.stem
    content.format = path.suffix.lower().lstrip(".") or form.suffixes[0][1:]
    return content


def refuse_unknown(name: str, data: bytes) -> Format:
    suffix = PurePath(name).suffix.lower()
    if form := format_of(suffix, data):
        return form
    what = f"the ending {suffix!r}" if suffix else "no ending"
    raise ReadError(
        f"{name} has {what}; these can be read: {', '.join(supported_suffixes())}. Export "
        "documents as .docx, .pdf or .txt, and sheets as .xlsx or .csv."
    )
