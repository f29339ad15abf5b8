"""Bytes to text, without guessing: what is not certain is an error that says where."""

import re
from codecs import (
    BOM_UTF8,
    BOM_UTF16_BE,
    BOM_UTF16_LE,
    BOM_UTF32_BE,
    BOM_UTF32_LE,
    lookup,
)

from insights.ingest.readers.content import Limits, ReadError

# Longest first: the UTF-32 mark begins with the UTF-16 one.
BYTE_ORDER_MARKS = (
    (BOM_UTF32_LE, "utf-32-le"),
    (BOM_UTF32_BE, "utf-32-be"),
    (BOM_UTF8, "utf-8"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
)

EXPORT_TEXT = "export its text (.txt or .md) and ingest that"
EXPORT_CSV = "export the sheet as CSV (UTF-8) and ingest that"

# First bytes by https://en.wikipedia.org/wiki/List_of_file_signatures
MAGIC = (
    (b"%PDF-", "a PDF", EXPORT_TEXT),
    (b"{\\rtf", "an RTF document", EXPORT_TEXT),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Office file (.doc, .xls, .ppt)",
        "save it as .txt or CSV (UTF-8)",
    ),
    (b"\x89PNG", "a PNG image", "type its text into a .txt file"),
    (b"\xff\xd8\xff", "a JPEG image", "type its text into a .txt file"),
    (b"GIF8", "a GIF image", "type its text into a .txt file"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and ingest the files inside"),
    (b"BZh", "a bzip2 archive", "unpack it and ingest the files inside"),
    (b"\xfd7zXZ", "an xz archive", "unpack it and ingest the files inside"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it and ingest the files inside"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"PAR1", "a Parquet file", "export the table as CSV"),
    (b"ID3", "an MP3 recording", "ingest its transcript"),
    (b"OggS", "an Ogg recording", "ingest its transcript"),
    (b"RIFF", "a recording or image (RIFF)", "ingest its transcript"),
)
CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
MOST_CONTROL_SHARE = 0.01


def decode(
    name: str, data: bytes, *, encoding: str | None, limits: Limits, limit_lines: bool
) -> tuple[str, str]:
    """The text with every line end as \\n, and the name of the encoding it was read with.

    A byte order mark decides; else `encoding`; else UTF-8. Raises `ReadError`.
    """
    if len(data) > limits.max_bytes:
        raise too_large(name, len(data), limits)
    if not data:
        raise ReadError(f"{name} is empty (0 bytes). Check that it was saved or copied whole.")
    mark, used = _byte_order_mark(data) or (b"", encoding or "utf-8")
    if not mark:
        _refuse_known_binary(name, data)
        if encoding is None:
            _refuse_nul_bytes(name, data)
    text = _decode(name, data[len(mark) :], used, skipped=len(mark))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _refuse_unusable_text(name, text)
    if limit_lines:
        _refuse_long_lines(name, text, limits)
    return text, used


def too_large(name: str, size: int, limits: Limits) -> ReadError:
    return ReadError(
        f"{name} has {size:,} bytes; at most {limits.max_bytes:,} are read. "
        "Split it into smaller files."
    )


def _byte_order_mark(data: bytes) -> tuple[bytes, str] | None:
    return next((pair for pair in BYTE_ORDER_MARKS if data.startswith(pair[0])), None)


def _refuse_known_binary(name: str, data: bytes) -> None:
    for magic, kind, remedy in MAGIC:
        if data.startswith(magic):
            raise ReadError(f"{name} is {kind}, not text: {remedy}.")
    if data.startswith(b"PK\x03\x04"):
        if b"word/" in data:
            kind, remedy = "a Word document (.docx)", EXPORT_TEXT
        elif b"xl/" in data:
            kind, remedy = "an Excel workbook (.xlsx)", EXPORT_CSV
        else:
            kind, remedy = "a ZIP archive", "unpack it and ingest the files inside"
        raise ReadError(f"{name} is {kind}, not text: {remedy}.")


def _refuse_nul_bytes(name: str, data: bytes) -> None:
    at = data.find(0)
    if at < 0:
        return
    for offset, guess in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = data[offset::2]
        if half.count(0) > 0.8 * len(half):
            raise ReadError(
                f"{name} looks like UTF-16 without a byte order mark: save it as UTF-8, "
                f"or name its encoding (--encoding {guess})."
            )
    raise ReadError(
        f"{name} holds a NUL byte at offset {at} (line {_line_of(data, at)}), so it is a binary "
        "file or a damaged one: export it as text, or take the NUL bytes out."
    )


def _decode(name: str, data: bytes, encoding: str, *, skipped: int) -> str:
    try:
        lookup(encoding)
        return data.decode(encoding)
    except LookupError as error:
        raise ReadError(
            f"{name}: there is no text encoding named {encoding!r}. "
            "Common ones: utf-8, utf-16, latin-1, windows-1252."
        ) from error
    except UnicodeDecodeError as error:
        at, line = error.start, _line_of(data, error.start)
        where = f"byte 0x{data[at]:02X} at offset {at + skipped} (line {line})"
        if encoding != "utf-8":
            raise ReadError(
                f"{name} is not valid {encoding}: {where}. Name the encoding it was saved "
                "with, or save it as UTF-8."
            ) from error
        raise ReadError(
            f"{name} is not valid UTF-8: {where}. Save it as UTF-8, or, when it comes from an "
            "older Windows program, name its encoding (--encoding latin-1 or windows-1252)."
        ) from error
    except ValueError as error:  # codecs such as idna and punycode raise a bare UnicodeError
        raise ReadError(f"{name} is not valid {encoding}: {error}. Save it as UTF-8.") from error


def _refuse_unusable_text(name: str, text: str) -> None:
    if not text.strip("\ufeff \t\n\f\v"):
        raise ReadError(f"{name} holds only white space. Check that it was saved or copied whole.")
    at = text.find("\0")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise ReadError(f"{name}, line {line}: a NUL character in the text. Take it out.")
    if unpaired := unpaired_surrogate(text):
        line = text.count("\n", 0, unpaired.start()) + 1
        raise ReadError(
            f"{name}, line {line}: half of a surrogate pair (U+{ord(unpaired[0]):04X}) is not a "
            "character. Save the file as UTF-8."
        )
    controls = len(CONTROL.findall(text))
    if controls > MOST_CONTROL_SHARE * len(text):
        raise ReadError(
            f"{name} holds {controls:,} control characters in {len(text):,}, so it is a binary "
            "file or a damaged one: export it as text."
        )


def unpaired_surrogate(text: str) -> re.Match[str] | None:
    """The first half of a surrogate pair that stands alone; no UTF-8 can hold it."""
    return re.search("[\ud800-\udfff]", text)


def _refuse_long_lines(name: str, text: str, limits: Limits) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > limits.max_line_chars:
            raise ReadError(
                f"{name}, line {number} has {len(line):,} characters; at most "
                f"{limits.max_line_chars:,} are read. Break the line, or check that the file is "
                "text."
            )


def _line_of(data: bytes, offset: int) -> int:
    before = data[:offset].replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1
