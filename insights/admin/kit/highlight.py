"""Cut a statement where it differs from another, and mark the facts that differ."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from insights.text.diff import word_diff
from insights.text.guard import Finding, Span

Op = Literal["same", "ins", "del"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of words and the space behind it.

    `op`: in both statements, only in this one (ins), only in the other (del). `fact`: the kind of
    finding in which the two differ here (number, date, name ...), or empty.
    """

    op: Op
    text: str
    space: str
    fact: str


# Below this share of common letters, struck-out words make both statements unreadable: then the
# statement is shown plain, with only its disputed facts marked.
_READABLE = 0.4


def against(canonical: str, statement: str, found: Iterable[Finding]) -> list[Mark]:
    """Mark how `canonical` becomes `statement`; `found` come from compare(statement, canonical)."""
    parts = word_diff(canonical, statement)
    shared = sum(len(part.right) for part in parts if part.op == "same")
    here = [(span, str(one.kind)) for one in found for span in one.left_spans]
    there = [(span, str(one.kind)) for one in found for span in one.right_spans]
    if shared < _READABLE * max(len(canonical), len(statement)):
        return plain(statement, here)
    marks: list[Mark] = []
    left = right = 0
    for part in parts:
        if part.op == "same":
            marks += _cut("same", part.right, right, here)
        else:
            marks += _cut("del", part.left, left, there)
            marks += _cut("ins", part.right, right, here)
        left, right = left + len(part.left), right + len(part.right)
    return marks


def plain(statement: str, spans: Iterable[tuple[Span, str]]) -> list[Mark]:
    """Return the statement with its disputed facts marked."""
    return list(_cut("same", statement, 0, list(spans)))


def _cut(op: Op, text: str, start: int, facts: list[tuple[Span, str]]) -> Iterator[Mark]:
    """Cut `text`, which begins at `start` of its statement, so that no piece crosses a fact."""
    end = start + len(text)
    edges = {start, end}
    edges.update(edge for span, _ in facts for edge in span if start < edge < end)
    ordered = sorted(edges)
    for begin, stop in pairwise(ordered):
        piece = text[begin - start : stop - start]
        words = piece.rstrip()
        fact = next((kind for (a, b), kind in facts if a < stop and begin < b), "")
        if words:
            yield Mark(op, words, " " if words != piece or op == "del" else "", fact)
        elif piece:
            yield Mark("same", "", " ", "")
