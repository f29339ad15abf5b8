"""Reads units that stand without a number: "takes hours, not minutes", "quoted in euros"."""

import re
from collections.abc import Iterator

from insights.text.facts.kinds import DifferenceKind, Fact
from insights.text.facts.names import stem
from insights.text.facts.units import MONEY, UNITS

_TIME = """
seconds minute minutes hour hours day days week weeks month months year years decade decades
""".split()
_SIZE = "kb mb gb tb bytes grams kg metres km miles litres".split()
_MONEY = "usd eur gbp chf cad aud jpy dollars dollar euros euro pounds yen cents pence".split()
_BARE = re.compile(rf"\b(?:{'|'.join((*_TIME, *_SIZE, *_MONEY))})\b(?!')|[$€£]")
_PER = re.compile(r"\bper (?!se\b|cent\b)(?P<what>[a-z]+)")
_SIGN = re.compile("[$€£]")
_WORDS = frozenset((*_TIME, *_SIZE, *_MONEY, "per"))


def read_bare_units(text: str, words: frozenset[str]) -> Iterator[Fact]:
    """Return the units without a number in a folded, lowered text of these words.

    Money and what a price is per ("per user") count; a length of time or a size counts only against
    another one ("hours" and "days").
    """
    if _WORDS.isdisjoint(words) and not _SIGN.search(text):
        return
    for match in _PER.finditer(text):
        yield Fact(DifferenceKind.UNIT, (f"per {stem(match['what'])}",), match.start(), match.end())
    for match in _BARE.finditer(text):
        unit = UNITS[match.group()]
        yield Fact(
            DifferenceKind.UNIT,
            (f"unit {unit.name}",),
            match.start(),
            match.end(),
            weak=unit.name not in MONEY,
        )
