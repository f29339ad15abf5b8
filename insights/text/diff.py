"""Word-by-word difference of two statements, for the reviewers' page. No HTML here."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from insights.text.tokens import Token, tokens

Op = Literal["same", "insert", "delete", "replace"]

# Beyond this product of token counts the middle is shown as one replacement: difflib is quadratic.
_MAX_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class DiffPart:
    """A stretch of both statements as they are written, with the space behind it.

    All `left` parts, joined, are the left statement, and all `right` parts the right one; one of
    the two is empty in an insertion and in a deletion.
    """

    op: Op
    left: str
    right: str


def word_diff(left: str, right: str) -> list[DiffPart]:
    """Return how `left` becomes `right`, by whole tokens; case counts, white space does not."""
    ours, theirs = tokens(left), tokens(right)
    codes = _opcodes([token.text for token in ours], [token.text for token in theirs])
    return [
        DiffPart(op, _slice(left, ours, a0, a1), _slice(right, theirs, b0, b1))
        for op, a0, a1, b0, b1 in codes
    ]


def _slice(text: str, cut: list[Token], first: int, last: int) -> str:
    if first == last:
        return ""
    begin = cut[first].start if first else 0
    return text[begin : cut[last].start if last < len(cut) else len(text)]


def _opcodes(a: list[str], b: list[str]) -> list[tuple[Op, int, int, int, int]]:
    if len(a) * len(b) <= _MAX_CELLS:
        return [
            ("same" if op == "equal" else op, a0, a1, b0, b1)
            for op, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
        ]
    shorter = min(len(a), len(b))
    head = next((place for place in range(shorter) if a[place] != b[place]), shorter)
    shorter -= head
    tail = next((place for place in range(shorter) if a[-1 - place] != b[-1 - place]), shorter)
    whole: list[tuple[Op, int, int, int, int]] = [
        ("same", 0, head, 0, head),
        ("replace", head, len(a) - tail, head, len(b) - tail),
        ("same", len(a) - tail, len(a), len(b) - tail, len(b)),
    ]
    return [code for code in whole if code[1] < code[2] or code[3] < code[4]]
