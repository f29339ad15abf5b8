"""The units that a number can carry, and how to convert exactly inside one dimension."""

import re
from fractions import Fraction
from typing import NamedTuple

from insights.text.wordlists import groups


class Unit(NamedTuple):
    """`factor` times the amount is the amount in the base of its `dimension`."""

    name: str
    dimension: str
    factor: Fraction = Fraction(1)


UNITS: dict[str, Unit] = {}
for _name, _dimension, _factor, _spellings in groups("units"):
    for _spelling in _spellings.split():
        UNITS[_spelling] = Unit(_name, _dimension, Fraction(_factor))

_PHRASES = {
    "percentage point": UNITS["pp"],
    "basis point": UNITS["bp"],
    "per cent": UNITS["%"],
    "percent": UNITS["%"],
    "working day": UNITS["workday"],
    "business day": UNITS["workday"],
    "work day": UNITS["workday"],
    "us dollar": UNITS["usd"],
    "canadian dollar": UNITS["cad"],
    "australian dollar": UNITS["aud"],
    "degrees celsius": UNITS["celsius"],
    "degrees c": UNITS["celsius"],
    "degrees fahrenheit": UNITS["fahrenheit"],
    "degrees f": UNITS["fahrenheit"],
}
_PHRASE = "|".join(phrase.replace(" ", "[ -]?") for phrase in _PHRASES)
_AFTER = re.compile(
    rf"[ -]?(?:(?P<phrase>{_PHRASE})s?(?![a-z])"
    r"|(?P<symbol>°[cf]?(?![a-z])|[%€£$¥₹×])"
    r"|(?:(?:calendar|full|whole|extra|more|further|additional|consecutive|solid|straight)[ -])?"
    r"(?P<word>[a-z]+(?:/[hs](?![a-z]))?)(?![a-z0-9]))"
)
_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:us|c|a)?\$|[€£¥₹]"
    r"|(?<![a-z])(?:rs\.?|usd|eur|gbp|chf|cad|aud|sek|inr|jpy))[ ]?$"
)
_OF_A = re.compile(r"[ -](?:of[ ])?(?:an?[ ])?(?=[a-z])")
_ONLY_ATTACHED = frozenset("s d p x v w t")
_CASED = {
    "Kb": UNITS["kbit"],
    "Mb": UNITS["mbit"],
    "Gb": UNITS["gbit"],
    "Mb/s": UNITS["mbps"],
    "Gb/s": UNITS["gbps"],
    "MBps": UNITS["mb/s"],
    "GBps": UNITS["gb/s"],
    "mW": UNITS["milliwatt"],
}
TIME = frozenset({"second", "month", "working day"})
_MONEY_FROM = list(UNITS).index("$")
MONEY = frozenset(unit.name for unit in list(UNITS.values())[_MONEY_FROM:])


def unit_after(text: str, cased: str, end: int) -> tuple[Unit, int] | None:
    """Return the unit that begins at `end` and where it ends.

    `cased` is the text before lowering.
    """
    match = _AFTER.match(text, end)
    if not match:
        return None
    if phrase := match["phrase"]:
        joined = re.sub(r"per-?cent", "percent", phrase.replace("-", " "))
        unit = _PHRASES.get(joined) or _PHRASES[_spaced(joined)]
        return unit, match.end()
    word = match["symbol"] or match["word"]
    begin = match.start("symbol" if match["symbol"] else "word")
    if word in _ONLY_ATTACHED and begin != end:
        return None
    found = _CASED.get(cased[begin : match.end()]) or UNITS.get(word)
    return (found, match.end()) if found else None


def _spaced(phrase: str) -> str:
    return next(known for known in _PHRASES if known.replace(" ", "") == phrase.replace(" ", ""))


def unit_of_share(text: str, cased: str, end: int) -> tuple[Unit, int] | None:
    """Return the unit of "half an hour", "half a kilo", "a quarter of an hour"."""
    match = _OF_A.match(text, end)
    found = unit_after(text, cased, match.end()) if match else None
    return found if found and found[0].dimension != "times" else None


def currency_before(text: str, start: int) -> tuple[Unit, int] | None:
    """Return the currency that stands before a number ("€5") and where it starts."""
    match = _BEFORE.search(text, max(0, start - 5), start)
    return (UNITS[match.group().strip(" .")], match.start()) if match else None
