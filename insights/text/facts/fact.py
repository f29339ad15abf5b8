"""The facts in which a statement could differ from another, read in one pass."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from insights.text.facts.dates import read_dates
from insights.text.facts.kinds import DifferenceKind, Fact
from insights.text.facts.names import read_names, stem
from insights.text.facts.negation import read_cues
from insights.text.facts.quantities import read_bare_units, read_quantities
from insights.text.facts.times import read_rhythms, read_times
from insights.text.facts.versions import read_versions
from insights.text.folding import blank, fold, lower

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

__all__ = ["DifferenceKind", "Fact", "Facts", "read_facts"]


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a statement, with every span counted in characters of `text`.

    facts: numbers, dates, units, versions and names, by position. cues: its negations. words: its
    words in order, lower case, without plural and possessive endings. capitals: its words that
    begin with a capital letter, as written.
    """

    text: str
    facts: tuple[Fact, ...]
    cues: tuple[Fact, ...]
    words: tuple[str, ...]
    capitals: frozenset[str]

    def of(self, kind: DifferenceKind) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts if fact.kind is kind)


@lru_cache(maxsize=2048)
def read_facts(statement: str) -> Facts:
    """Return the facts of an English statement; linear in its length.

    It depends on nothing but the text, so the result is kept: a statement is read once, for the
    model and for the guard, then compared with many.
    """
    plain, places = fold(statement)
    low = lower(plain)
    facts: list[Fact] = []

    def take(found: Iterable[Fact]) -> None:
        nonlocal low, plain
        new = _without_overlaps(found, len(low))
        spans = [(fact.start, fact.end) for fact in new]
        if spans:
            low, plain = blank(low, spans), blank(plain, spans)
            facts.extend(new)

    written = _WORD.findall(plain)
    lowered = _WORD.findall(low)
    words = tuple(map(stem, lowered))
    known = frozenset((*lowered, *words))
    take(read_times(low, known))
    take(read_dates(low, plain, known))
    take(read_rhythms(low, known))
    take(read_versions(low, plain))
    take(read_quantities(low, plain, known))
    take(read_bare_units(low, known))
    facts.extend(read_names(plain))
    facts.sort(key=lambda fact: fact.start)
    read = Facts(
        statement,
        tuple(facts),
        tuple(read_cues(low)),
        words,
        frozenset(word for word in written if not word[0].islower()),
    )
    return _moved(read, places) if places else read


def _without_overlaps(facts: Iterable[Fact], length: int) -> list[Fact]:
    """Return the facts that overlap none before them in the list."""
    taken, kept = bytearray(length), []
    for fact in facts:
        if not any(taken[fact.start : fact.end]):
            taken[fact.start : fact.end] = b"\x01" * (fact.end - fact.start)
            kept.append(fact)
    return kept


def _moved(read: Facts, places: list[int]) -> Facts:
    """Return the facts at their positions in the text that still had its invisible characters."""

    def move(one: Fact) -> Fact:
        return replace(one, start=places[one.start], end=places[one.end - 1] + 1)

    return replace(read, facts=tuple(map(move, read.facts)), cues=tuple(map(move, read.cues)))
