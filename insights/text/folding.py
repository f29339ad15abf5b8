"""Fold a statement to plain characters without moving any, for the readers of facts."""

import re
import unicodedata
from collections.abc import Iterable

from insights.text.normalise import INVISIBLE, QUOTES_AND_DASHES

# Stands where a fact has been read already, so that nothing is read twice. No reader matches it.
READ = "\x00"
_LIGATURE = re.compile("[\ufb00-\ufb06]")


def _plain(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if not char.isdigit() and unicodedata.numeric(char, None) is None:
        folded = unicodedata.normalize("NFKC", char)
        return folded if len(folded) == 1 else char
    return char


def fold(text: str) -> tuple[str, list[int] | None]:
    """Return a text with plain quotes, dashes, spaces and digits, one character for one.

    Invisible characters would hide a word ("n\\u200bot"), so they go; accents join their letter,
    and ligatures of PDF files ("ﬁ") become their letters. Returns the text and, where the length
    has changed, the place of each of its characters in `text`.
    """
    places = None
    if (
        INVISIBLE.search(text)
        or _LIGATURE.search(text)
        or not unicodedata.is_normalized("NFC", text)
    ):
        places, kept = [], list[str]()
        for place, char in enumerate(text):
            if INVISIBLE.match(char):
                continue
            if kept and unicodedata.combining(char):
                composed = unicodedata.normalize("NFC", kept[-1] + char)
                if len(composed) == 1:
                    kept[-1] = composed
                    continue
            letters = unicodedata.normalize("NFKC", char) if _LIGATURE.match(char) else char
            kept += letters
            places += [place] * len(letters)
        text = "".join(kept)
        places.append(places[-1] + 1 if places else 0)
    if not text.isascii():
        text = "".join(map(_plain, text)).translate(QUOTES_AND_DASHES)
    return text, places


def lower(text: str) -> str:
    """Return `text` in lower case and of the same length (İ would grow)."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return `text` with the spans marked as read."""
    pieces: list[str] = []
    last = 0
    for start, end in sorted(spans):
        if end > last:
            begin = max(start, last)
            pieces += text[last:begin], READ * (end - begin)
            last = end
    pieces.append(text[last:])
    return "".join(pieces)
