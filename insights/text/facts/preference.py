"""Reads which of two things a statement puts first: "prefer paper to the app", "A before B"."""

import re
from dataclasses import dataclass

from insights.text.facts.names import stem
from insights.text.words import FUNCTION

_PIVOT = re.compile(
    r"\b(?:than|rather than|instead of|before|beats?"
    r"|prefer(?:s|red)?\b(?! to\b)[^.;:!?]{1,80}?\b(?P<to>to|over))\b"
)
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_CLAUSE = re.compile(r"[.;:!?]")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The words before and after what compares them, in the clause at `[start, end)`."""

    first: frozenset[str]
    second: frozenset[str]
    start: int
    end: int

    def reversed_by(self, other: "Comparison") -> bool:
        """Return whether `other` has a word of each side on the opposite side."""
        first, second = self.first - self.second, self.second - self.first
        other_first, other_second = other.first - other.second, other.second - other.first
        return not first.isdisjoint(other_second) and not second.isdisjoint(other_first)


def read_comparison(text: str) -> Comparison | None:
    """Return the first comparison of a folded, lowered text with numbers and dates blanked."""
    match = _PIVOT.search(text)
    if not match:
        return None
    start = match.start("to") if match["to"] else match.start()
    ending = _CLAUSE.search(text, match.end())
    begin = max((end.end() for end in _CLAUSE.finditer(text, 0, start)), default=0)
    end = ending.start() if ending else len(text)
    before, after = text[begin:start], text[match.end() : end]
    if not before.strip():  # "Before the agency sees it, ..."
        after, _, before = after.partition(",")
    first, second = (
        frozenset(stem(word) for word in _WORD.findall(side) if word not in FUNCTION)
        for side in (before, after)
    )
    return Comparison(first, second, begin, end)
