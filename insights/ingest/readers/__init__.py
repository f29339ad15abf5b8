"""Files to documents or rows: one entry for every format, and one kind of error."""

import stat
from pathlib import Path, PurePath

from insights.ingest.readers.content import (
    Document,
    InsightRow,
    Limits,
    ReadError,
    RowError,
    SourceContent,
)
from insights.ingest.readers.decoding import decode, too_large
from insights.ingest.readers.delimited import read_delimited
from insights.ingest.readers.json_records import read_json, read_json_lines

__all__ = [
    "SUPPORTED_SUFFIXES",
    "Document",
    "InsightRow",
    "Limits",
    "ReadError",
    "RowError",
    "SourceContent",
    "read_file",
    "read_source",
]

SUPPORTED_SUFFIXES = frozenset({".txt", ".md", ".csv", ".tsv", ".json", ".jsonl"})
DEFAULT_LIMITS = Limits()


def read_file(
    path: Path,
    *,
    keep_good_rows: bool = False,
    encoding: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[bytes, SourceContent]:
    """The file's bytes and what is in them. Its size is checked before a byte is read.

    Raises `ReadError`.
    """
    _refuse_suffix(path.name)
    try:
        status = path.stat()
        # Before opening: a pipe would block, and a device has no end.
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(f"{path} is not a regular file. Name text files one by one.")
        if status.st_size > limits.max_bytes:
            raise too_large(str(path), status.st_size, limits)
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        raise ReadError(f"{path} cannot be opened: {error.strerror or error}.") from error
    content = read_source(
        path.name, data, keep_good_rows=keep_good_rows, encoding=encoding, limits=limits
    )
    return data, content


def read_source(
    name: str,
    data: bytes,
    *,
    keep_good_rows: bool = False,
    encoding: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> SourceContent:
    """Read a file of the name `name` from its bytes.

    .txt and .md are one document. In .csv, .tsv, .json and .jsonl the columns or keys decide:
    see `records.INSIGHT_COLUMNS`, `TEXT_COLUMNS` and `LOCATOR_COLUMNS`. A row error makes the
    whole file fail, or with `keep_good_rows` is reported beside the good rows.

    `encoding` names the encoding of a file that is not UTF-8 and has no byte order mark.
    Raises `ReadError`, and nothing else, whatever the bytes.
    """
    suffix = _refuse_suffix(name)
    text, used = decode(name, data, encoding=encoding, limits=limits, limit_lines=suffix != ".json")
    title = PurePath(name).stem
    if suffix in {".csv", ".tsv"}:
        content = read_delimited(
            name, title, text, tab=suffix == ".tsv", keep_good_rows=keep_good_rows, limits=limits
        )
    elif suffix == ".json":
        content = read_json(name, title, text, keep_good_rows=keep_good_rows, limits=limits)
    elif suffix == ".jsonl":
        content = read_json_lines(name, title, text, keep_good_rows=keep_good_rows, limits=limits)
    else:
        if suffix == ".md":
            title = _markdown_title(text) or title
        content = SourceContent("documents", title, "", documents=[Document(title, text, "")])
    content.format, content.encoding = suffix[1:], used
    return content


def _refuse_suffix(name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    if suffix in SUPPORTED_SUFFIXES:
        return suffix
    what = f"the ending {suffix!r}" if suffix else "no ending"
    raise ReadError(
        f"{name} has {what}; these can be read: {', '.join(sorted(SUPPORTED_SUFFIXES))}. Export "
        "documents as .txt or .md and sheets as .csv (UTF-8)."
    )


def _markdown_title(text: str) -> str:
    """The first heading, when it stands among the first lines."""
    for line in text[:5000].split("\n"):
        if line.startswith("# "):
            return " ".join(line.strip("# \t").split())[:200]
    return ""
