"""Numbers with their unit, comparator and range: "at least 10-15 minutes"."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from insights.text.facts.kinds import DifferenceKind, Fact
from insights.text.facts.names import stem
from insights.text.facts.numbers import (
    HAS_DIGIT,
    NUMBER_WORDS,
    Form,
    Magnitude,
    Value,
    digits_value,
    magnitudes,
)
from insights.text.facts.units import (
    MONEY,
    TIME,
    UNITS,
    Unit,
    currency_before,
    unit_after,
    unit_of_share,
)

_BOUNDS = {
    ">=": "at least|no fewer than|no less than|not less than|not fewer than|minimum of|minimum|min"
    "|as early as|not before|>=|≥",
    ">": "more than|greater than|larger than|bigger than|higher than|longer than|older than|over"
    "|above|exceeding|exceeds|exceed|exceeded|upwards of|in excess of|beyond|>",
    "<=": "at most|no more than|not more than|no later than|no longer than|not longer than|up to"
    "|maximum of|maximum|max|within|as many as|as much as|<=|≤",
    "<": "less than|fewer than|smaller than|lower than|shorter than|younger than|under|below"
    "|just under|just below|<",
}
_BOUND_BEFORE = {phrase: sign for sign, phrases in _BOUNDS.items() for phrase in phrases.split("|")}
_VAGUE = frozenset(
    "about around roughly approximately approx approx. circa ca. some nearly almost only just well "
    "even a an the ~ of".split()
)
_BOUND_AFTER = re.compile(
    r"(?P<least>[ ]?\+(?![\w])|[ ](?:or|and)[ ](?:more|above|over|longer|older|higher|upwards|up)\b"
    r"|[ ](?:at least|upwards|plus|minimum)\b)"
    r"|(?P<most>[ ](?:or|and)[ ](?:less|fewer|below|under|shorter|younger|lower)\b"
    r"|[ ](?:at most|maximum|max)\b)"
)
_SCALE = re.compile(
    r"(?:(?P<attached>k|mn|mio|bn|b|tn|m)"
    r"|[ -]?(?P<word>thousand|million|mn|billion|bn|trillion))(?![a-z0-9])"
)
_SCALES = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "mio": 10**6, "million": 10**6,
    "b": 10**9, "bn": 10**9, "billion": 10**9, "tn": 10**12, "trillion": 10**12,
}  # fmt: skip
_TO = re.compile(r"[ ]?(?:-|to|through|till|until)[ ]?")
_AND = re.compile(r"[ ]and[ ]")
_BETWEEN = re.compile(r"(?:between|from)[ ](?:about |around |roughly )?$")
_OUT_OF = re.compile(
    r"[ ](?:in|out of(?: every)?|in every|of|of (?:the|its|our|their))[ ]|[ ]?/[ ]?"
)
_SIGN = re.compile(r"(?:(?<![\w)%\x00])-|\bminus )$")
_AND_A_HALF = re.compile(r"[ ]and a half\b")
# The rest of "2FA" and "4x4": a code, not a count.
_CODE = re.compile(r"[a-z]\w*")
# After these, "an hour" is a length of time; after anything else ("£12 an hour") a rate.
_TAKES = re.compile(
    r"(?:^|[.,;:(]|\b(?:takes?|took|taking|taken|in|for|after|than|about|around|nearly|almost|only"
    r"|just|least|lasts?|lasted|spends?|spent|spending|lose|loses|lost|losing|paid|waits?|waited"
    r"|waiting|costs?|saves?|saved|saving|needs?|needed|half|quarter of|and|or|to|is|was|be|by|of"
    r"|gives?|given|within|under|over|until|with|as|like|wants?|them|us|me|managers?|staff"
    r"|everyone))[ ]?$"
)


class _Quantity(NamedTuple):
    start: int
    end: int
    value: Value
    form: Form
    written: str
    weak: bool = False
    unit: Unit | None = None
    bound: str = ""
    high: Value | None = None
    high_unit: Unit | None = None


def read_quantities(text: str, cased: str, words: frozenset[str]) -> list[Fact]:
    """Return the numbers of a folded, lowered text; `cased` is it before lowering."""
    if NUMBER_WORDS.isdisjoint(words) and not HAS_DIGIT.search(text):
        return []
    found = [_with_unit(text, cased, magnitude) for magnitude in magnitudes(text)]
    return [_fact(text, _with_bound(text, quantity)) for quantity in _joined(text, found)]


def _with_unit(text: str, cased: str, number: Magnitude) -> _Quantity:
    start, end, value = number.start, number.end, number.value
    unit = None
    if number.form == "ordinal":
        return _Quantity(start, end, value, "ordinal", number.written, number.weak)
    if start and text[start - 1] not in "+/.,":
        if money := currency_before(text, start):
            unit, start = money
        if sign := _SIGN.search(text, max(0, start - 7), start):
            start = sign.start()
            value = f"-{value}" if isinstance(value, str) else -value
    digits = number.form == "digits"
    if digits and (scale := _SCALE.match(text, end)):
        attached = scale["attached"]
        if attached != "m" or unit or cased[end] == "M" or _money_follows(text, cased, scale.end()):
            factor = _SCALES[attached or scale["word"]]
            value = f"{value}*{factor}" if isinstance(value, str) else value * factor
            end = scale.end()
    if not unit:
        after = unit_after(text, cased, end)
        if not after and number.form == "share":
            after = unit_of_share(text, cased, end)
        if after:
            unit, end = after
        elif digits and (code := _CODE.match(text, end)):
            end = code.end()
            value = text[number.start : end]
    if unit and unit.dimension in TIME and isinstance(value, int):
        half = _AND_A_HALF.match(text, end)
        if half:
            value, end = value + Fraction(1, 2), half.end()
    if number.form == "times":
        unit = UNITS["times"]
    return _Quantity(start, end, value, number.form, number.written, number.weak and not unit, unit)


def _money_follows(text: str, cased: str, end: int) -> bool:
    after = unit_after(text, cased, end)
    return after is not None and after[0].name in MONEY


def _joined(text: str, quantities: list[_Quantity]) -> list[_Quantity]:
    """Return ranges ("10-15") and parts ("one in five") as one quantity each."""
    joined: list[_Quantity] = []
    for right in quantities:
        left = joined[-1] if joined else None
        pair = _pair(text, left, right) if left else None
        if pair:
            joined[-1] = pair
        else:
            joined.append(right)
    return joined


def _pair(text: str, left: _Quantity, right: _Quantity) -> _Quantity | None:
    between = text[left.end : right.start]
    if len(between) > 14 or left.high is not None or "ordinal" in (left.form, right.form):
        return None
    if between in ("+", ".", ",", ", "):
        return None
    to = _TO.fullmatch(between) or (
        _AND.fullmatch(between) and _BETWEEN.search(text, max(0, left.start - 20), left.start)
    )
    if to:
        if between.strip() == "-" and isinstance(left.value, str):
            return None
        if left.unit and right.unit and left.unit.dimension != right.unit.dimension:
            return None  # "rose 4 percent to $250"
        low = left.value
        if not left.unit and not isinstance(low, str):
            scale = _SCALE.search(text, right.start, right.end)
            if scale and not isinstance(right.value, str) and low * 1000 < right.value:
                low *= _SCALES[scale["attached"] or scale["word"]]
        unit = left.unit or right.unit
        return left._replace(
            end=right.end, value=low, unit=unit, high=right.value,
            high_unit=right.unit or unit, weak=False,
        )  # fmt: skip
    if left.unit or right.unit or isinstance(left.value, str) or isinstance(right.value, str):
        return None
    counts = {left.form, right.form} <= {"digits", "count"}
    if counts and 0 < left.value <= right.value and _OUT_OF.fullmatch(between):
        return left._replace(
            end=right.end, value=Fraction(left.value) / right.value, form="share", weak=False
        )
    return None


def _with_bound(text: str, quantity: _Quantity) -> _Quantity:
    if quantity.form == "ordinal":
        return quantity
    if after := _BOUND_AFTER.match(text, quantity.end):
        return quantity._replace(
            end=after.end(), bound=">=" if after["least"] else "<=", weak=False
        )
    if not quantity.start or text[quantity.start - 1] not in " <>≤≥=~":
        return quantity
    begin = max(0, quantity.start - 40)
    words = text[begin : quantity.start].split()
    while words and words[-1] in _VAGUE:
        words.pop()
    for count in (3, 2, 1):
        phrase = " ".join(words[-count:])
        if bound := _BOUND_BEFORE.get(phrase):
            start = text.rfind(phrase, begin, quantity.start)
            if start >= 0:
                return quantity._replace(start=start, bound=bound, weak=False)
    return quantity


def _fact(text: str, quantity: _Quantity) -> Fact:
    unit, form = quantity.unit, quantity.form
    low = _base(quantity.value, unit)
    amount = quantity.bound + str(quantity.value)
    keys: tuple[str, ...]
    if form == "ordinal":
        keys = (f"ordinal {low}",)
        amount = keys[0]
    elif quantity.high is not None:
        high_unit = quantity.high_unit
        last = high_unit.dimension if high_unit else ""
        keys = (f"{quantity.bound}{low}..{_base(quantity.high, high_unit)} {last}",)
        amount += f"..{quantity.high}"
    elif form == "share" and not unit and not isinstance(quantity.value, str):
        keys = (f"{quantity.bound}{quantity.value * 100} per cent", f"{quantity.bound}{low} ")
    elif form == "article" and not quantity.bound:
        keys = (
            f"{low} {unit.dimension if unit else ''}",
            f"each {low} {unit.dimension if unit else ''}",
        )
        if not _TAKES.search(text, max(0, quantity.start - 14), quantity.start):
            return Fact(DifferenceKind.DATE, keys, quantity.start, quantity.end)
    else:
        keys = (f"{quantity.bound}{low} {unit.dimension if unit else ''}",)
        bare = form == "digits" and not unit and not quantity.bound
        if bare and digits_value(quantity.written) == quantity.value:
            keys += f"version {quantity.written}", f"year {low}"
    return Fact(
        DifferenceKind.NUMBER,
        keys,
        quantity.start,
        quantity.end,
        quantity.weak,
        amount,
        unit.name if unit else "",
    )


def _base(value: Value, unit: Unit | None) -> str:
    if isinstance(value, str) or unit is None:
        return str(value)
    return str(value * unit.factor)


_TIME = """
seconds minute minutes hour hours day days week weeks month months year years decade decades
""".split()
_SIZE = "kb mb gb tb bytes grams kg metres km miles litres".split()
_MONEY = "usd eur gbp chf cad aud jpy dollars dollar euros euro pounds yen cents pence".split()
_BARE = re.compile(rf"\b(?:{'|'.join((*_TIME, *_SIZE, *_MONEY))})\b(?!')|[$€£]")
_PER = re.compile(r"\bper (?!se\b|cent\b)(?P<what>[a-z]+)")
_BARE_SIGN = re.compile("[$€£]")
_WORDS = frozenset((*_TIME, *_SIZE, *_MONEY, "per"))


def read_bare_units(text: str, words: frozenset[str]) -> Iterator[Fact]:
    """Return the units without a number in a folded, lowered text of these words.

    Money and what a price is per ("per user") count; a length of time or a size counts only against
    another one ("hours" and "days").
    """
    if _WORDS.isdisjoint(words) and not _BARE_SIGN.search(text):
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
