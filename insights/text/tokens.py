"""Cuts a statement into words, numbers and punctuation marks, each with its place."""

import re
from enum import StrEnum
from typing import NamedTuple


class TokenKind(StrEnum):
    WORD = "word"
    NUMBER = "number"
    PUNCTUATION = "punctuation"


class Token(NamedTuple):
    """A token: `text` at `[start, end)`, counted in characters."""

    kind: TokenKind
    text: str
    start: int
    end: int


# One alternative for each first character, so that no text makes it go back.
_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,:]\d+)*)"
    r"|(?P<word>[^\W\d_][^\W_]*(?:['’][^\W_]+)*)"
    r"|(?P<punctuation>[^\w\s]|_)"
)
_KINDS = {kind.value: kind for kind in TokenKind}


def tokens(text: str) -> list[Token]:
    """Return the tokens in order: "don't", "B12" and "1,000.5" are one, "15-minute" is three."""
    return [
        Token(_KINDS[match.lastgroup or ""], match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(text)
    ]
