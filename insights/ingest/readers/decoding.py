"""Decode bytes: by a byte order mark, a named encoding, UTF-8, or a guess that is reported."""

import re
import unicodedata
from codecs import (
    BOM_UTF8,
    BOM_UTF16_BE,
    BOM_UTF16_LE,
    BOM_UTF32_BE,
    BOM_UTF32_LE,
    lookup,
)
from collections.abc import Iterator
from itertools import pairwise

from insights.ingest.readers.content import File, Limits, ReadError, SourceContent, too_large
from insights.text.wordlists import groups

# Longest first: the UTF-32 mark begins with the UTF-16 one.
BYTE_ORDER_MARKS = (
    (BOM_UTF32_LE, "utf-32-le"),
    (BOM_UTF32_BE, "utf-32-be"),
    (BOM_UTF8, "utf-8"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
)

MAGIC = [(bytes.fromhex(row[0]), row[1], row[2]) for row in groups("file_signatures")]
# Encodings of text files by their codec names; punycode, idna and escapes take quadratic time.
LINEAR = re.compile(
    r"(ascii|utf-(8|16|32)|cp\d|iso8859|mac-|koi8|big5|gb|euc|shift_jis|iso2022|johab|hz|tis-620)"
)
CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
MOST_CONTROL_SHARE = 0.01


ALPHABETS = groups("alphabets")
# What text of any language may hold beyond its letters.
PUNCTUATION = frozenset("–—‘’‚“”„†‡•…‰‹›€™\xa0¡¢£¥§©«»®°±²³·¼½¾¿×÷№،؟؛")
GUESS_BYTES = 64 * 1024


def decode(
    name: str, data: bytes, *, encoding: str | None, limits: Limits, limit_lines: bool
) -> tuple[str, str]:
    """Return the text with every line end as \\n, and the encoding it was read with.

    A byte order mark decides; else `encoding`; else UTF-8, or if it is not valid, the likeliest
    legacy encoding. Raises `ReadError`.
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
            used = guess_encoding(data)
    text = _decode(name, data[len(mark) :], used, skipped=len(mark))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _refuse_unusable_text(name, text)
    if limit_lines:
        _refuse_long_lines(name, text, limits)
    return text, used


def guess_encoding(data: bytes) -> str:
    """Return UTF-8 if the bytes are valid UTF-8, else the likeliest legacy encoding."""
    try:
        data.decode()
        return "utf-8"
    except UnicodeDecodeError as error:
        # Most of a long file may be plain ASCII: look where it is not.
        sample = data[max(0, error.start - 1024) : error.start + GUESS_BYTES]
    for language in ("cp932", "euc_jp", "euc_kr", "gb18030"):
        if _is_east_asian(sample, language) and _decodes(data, language):
            return language
    if not _decodes(data, "cp1252"):
        for language in ("cp932", "euc_jp", "big5", "euc_kr", "gb18030"):
            if _is_east_asian(sample, language, least=2, own_share=0.0) and _decodes(
                data, language
            ):
                return language
    fitting = {row[0] for row in ALPHABETS if _decodes(data, row[0])}
    found = [row for row in ALPHABETS if row[0] in fitting]
    return min(found, key=lambda row: _strangers(sample.decode(row[0]), row[1]))[0]


def _strangers(text: str, letters: str) -> int:
    """Count what no text in this alphabet holds: characters, capitals in words, mixed scripts."""
    known = PUNCTUATION.union(letters, letters.upper())
    strange = sum(char > "\x7f" and char not in known for char in text)
    is_latin = unicodedata.name(letters[0]).startswith("LATIN")
    for before, after in pairwise(text):
        is_mixed = before.isascii() != after.isascii() and before.isalpha() and after.isalpha()
        is_raised = after > "\x7f" and before.islower() and after.isupper()
        strange += is_raised or (is_mixed and not is_latin)
    return strange


# Letters of one script: kana, hangul, and the commonest Chinese characters.
_SCRIPTS = {
    "cp932": re.compile("[\u3040-\u30ff]"),
    "euc_jp": re.compile("[\u3040-\u30ff]"),
    "euc_kr": re.compile("[\uac00-\ud7a3]"),
    "gb18030": re.compile(
        "[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能]"
    ),
}
_EAST_ASIAN = re.compile("[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff01-\uff60]")
_OTHER = re.compile("[^\x00-\x7f\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff01-\uff60\u2010-\u2026]")


def _is_east_asian(sample: bytes, encoding: str, *, least: int = 4, own_share: float = 0.1) -> bool:
    text = sample.decode(encoding, "ignore")  # its last character may be cut
    wide = len(_EAST_ASIAN.findall(text))
    own = len(_SCRIPTS[encoding].findall(text)) if own_share else 0
    others = len(_OTHER.findall(text))
    return wide >= least and others < 0.05 * wide and own >= own_share * wide


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
        return True
    except UnicodeDecodeError:
        return False


def _byte_order_mark(data: bytes) -> tuple[bytes, str] | None:
    return next((pair for pair in BYTE_ORDER_MARKS if data.startswith(pair[0])), None)


def refuse_compressed(name: str, data: bytes) -> None:
    """Refuse a compressed file whatever its ending says."""
    for magic, kind, remedy in MAGIC:
        if data.startswith(magic) and remedy.startswith("unpack"):
            raise ReadError(f"{name} is {kind}: {remedy}.")


def _refuse_known_binary(name: str, data: bytes) -> None:
    for magic, kind, remedy in MAGIC:
        if data.startswith(magic):
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
        if not LINEAR.match(lookup(encoding).name):
            raise LookupError(encoding)
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
            f"{name} is not valid UTF-8: {where}. Save it as UTF-8, or name its encoding "
            "(--encoding latin-1 or windows-1252)."
        ) from error
    except ValueError as error:  # codecs such as idna and punycode raise a bare UnicodeError
        raise ReadError(f"{name} is not valid {encoding}: {error}. Save it as UTF-8.") from error


def _refuse_unusable_text(name: str, text: str) -> None:
    if not re.search(r"[^\ufeff \t\n\f\v]", text):
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
    """Find a surrogate without its partner; no UTF-8 can hold it."""
    return re.search("[\ud800-\udfff]", text)


def _refuse_long_lines(name: str, text: str, limits: Limits) -> None:
    for number, line in enumerate(lines_of(text), 1):
        if len(line) > limits.max_line_chars:
            raise ReadError(
                f"{name}, line {number} has {len(line):,} characters; at most "
                f"{limits.max_line_chars:,} are read. Break the line, or check that the file is "
                "text."
            )


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines with their ends, one at a time: a list of all takes twice the text."""
    start = 0
    while (end := text.find("\n", start) + 1) > 0:
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _line_of(data: bytes, offset: int) -> int:
    before = data[:offset].replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1


def text_of(file: File, content: SourceContent, *, limit_lines: bool = True) -> str:
    """Decode a text file; note on `content` when its encoding had to be guessed."""
    options = file.options
    text, used = decode(
        file.name,
        file.data,
        encoding=options.encoding,
        limits=options.limits,
        limit_lines=limit_lines,
    )
    content.encoding = used
    if options.encoding is None and not used.startswith("utf"):
        content.notes.append(
            f"It is not UTF-8 and was read as {used}. If letters look wrong, name its encoding."
        )
    return text
