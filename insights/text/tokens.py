"""Cut a statement into words, numbers and punctuation marks, each with its place."""

import re
from collections.abc import Sequence
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


def common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, bit-parallel (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for index, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << index
    full = (1 << len(left)) - 1
    unmatched = full
    for word in right:
        matched = unmatched & places.get(word, 0)
        unmatched = (unmatched + matched) | (unmatched - matched)
    return len(left) - (unmatched & full).bit_count()
