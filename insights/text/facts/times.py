"""Times of day and rhythms: "9 a.m.", "half past nine", "at night", "every two weeks"."""

import re
from collections.abc import Iterator
from fractions import Fraction

from insights.text.facts.kinds import DifferenceKind, Fact
from insights.text.facts.numbers import DIGIT, SMALL, alternation
from insights.text.facts.units import UNITS

_HOUR_WORDS = {word: value for word, value in SMALL.items() if 1 <= value <= 12}
_HOUR = rf"(?P<hour>[01]?[0-9]|2[0-4]|{alternation(_HOUR_WORDS)})"
_HALF_DAY = (
    r"(?:[ ]?(?P<mark>[ap])\.?m\b\.?"
    r"|[ ](?:in[ ]the[ ](?P<part>morning|afternoon|evening)|at[ ](?P<night>night)))"
)
_TWELVE_HOUR = re.compile(
    r"(?<![\w.:])(?:(?P<first>[01]?[0-9])(?:[:.](?P<first_minute>[0-5][0-9]))?"
    rf"[ ]?(?:-|to|and|until)[ ]?)?{_HOUR}(?:[:.](?P<minute>[0-5][0-9]))?{_HALF_DAY}"
)
_TWENTY_FOUR_HOUR = re.compile(
    r"(?<![\w.:,])(?P<hour>[01]?[0-9]|2[0-4]):(?P<minute>[0-5][0-9])(?::[0-5][0-9])?"
    r"(?![\w:]|\.[0-9])"
)
_SPOKEN = re.compile(
    rf"\b(?:(?P<part>half|quarter)[ ](?P<way>past|to)[ ]{_HOUR}"
    rf"|(?P<clock>[01]?[0-9]|{alternation(_HOUR_WORDS)})[ ]?o'clock)\b"
)
_NAMED = re.compile(r"\b(?P<noon>noon|midday)|\b(?P<midnight>midnight)")
_DAY_PART = re.compile(
    r"\b(?:(?P<part>morning|afternoon|evening|night)(?:s|-?time)?|(?P<over>overnight|nightly))\b"
)

_PERIOD_UNITS = {
    "hour": "hour", "day": "day", "week": "week", "fortnight": "fortnight", "month": "month",
    "quarter": "quarter", "year": "year", "minute": "minute", "second": "second",
    "annum": "year", "decade": "decade",
}  # fmt: skip
_ADVERBS = {
    "hourly": "hour", "daily": "day", "weekly": "week", "fortnightly": "fortnight",
    "biweekly": "fortnight", "bi-weekly": "fortnight", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annually": "year", "annual": "year", "p.a.": "year",
}  # fmt: skip
_UNIT = alternation(_PERIOD_UNITS)
_COUNTS = {word: str(value) for word, value in SMALL.items() if 1 < value <= 12}
_NTH = {"other": 2, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_PERIOD = re.compile(
    rf"""\b(?:once[ -])?
    (?:(?:every|each)[ ]
        (?:(?P<nth>{alternation(_NTH)})[ ]|(?P<few>few|couple[ ]of)[ ]
        |(?P<count>[0-9]{{1,3}}|{alternation(_COUNTS)})[ ])?
        (?:single[ ])?(?P<unit>{_UNIT})s?\b(?!-)
    |per[ ](?P<per>{_UNIT})\b
    |(?P<adverb>{alternation(_ADVERBS)})(?!\w|[ ]leave\b)
    |once[ ]an?[ ](?P<once>{_UNIT})\b(?![ ](?:is|has|was|goes|gets)\b))
    |(?<=[0-9a-z%])/[ ]?(?P<slash>{_UNIT}|h|hr|wk|mo|yr)\b""",
    re.VERBOSE,
)
_SLASHED = {"h": "hour", "hr": "hour", "wk": "week", "mo": "month", "yr": "year"}
_ALWAYS_OPEN = re.compile(
    r"(?<![\w/.,])24[ ]?/[ ]?7(?![\w/])|\b(?:a)?round[ -]the[ -]clock\b"
    r"|\b(?:day and night|night and day)\b"
    r"|\b24 hours (?:a|per) day,?(?: and)? (?:7|seven) days (?:a|per) week\b"
)
_TIME_WORDS = frozenset((*_HOUR_WORDS, *"clock o'clock noon midday midnight past night".split()))
_RHYTHM_WORDS = frozenset(
    """once every each per hourly daily weekly fortnightly biweekly bi monthly quarterly yearly
    annually annual p morning afternoon evening night overnight nightly nighttime""".split()
)


def read_times(text: str, words: frozenset[str]) -> Iterator[Fact]:
    """Return the times of day in a folded, lowered text of these words."""
    if _TIME_WORDS.isdisjoint(words) and not DIGIT.search(text):
        return
    for match in _ALWAYS_OPEN.finditer(text):
        yield _fact(match, "always open")
    for match in _TWELVE_HOUR.finditer(text):
        yield from _twelve_hour(match)
    for match in _TWENTY_FOUR_HOUR.finditer(text):
        yield _fact(match, _time(int(match["hour"]), int(match["minute"])))
    for match in _SPOKEN.finditer(text):
        yield _fact(match, *_spoken(match))
    for match in _NAMED.finditer(text):
        yield _fact(match, _time(12 if match["noon"] else 0, 0))


def read_rhythms(text: str, words: frozenset[str]) -> Iterator[Fact]:
    """Return frequencies ("weekly", "per month") and parts of the day.

    A part of the day is weak: "the night staff" may be "the staff" in an interview at night.
    """
    if _RHYTHM_WORDS.isdisjoint(words) and "/" not in text:
        return
    for match in _PERIOD.finditer(text):
        yield _fact(match, _period(match))
    for match in _DAY_PART.finditer(text):
        key = f"day part {match['part'] or 'night'}"
        yield Fact(DifferenceKind.DATE, (key,), match.start(), match.end(), weak=True)


def _fact(match: re.Match[str], *keys: str) -> Fact:
    return Fact(DifferenceKind.DATE, keys, match.start(), match.end())


def _time(hour: int, minute: int) -> str:
    return f"time {hour % 24:02}:{minute:02}"


def _hour(written: str) -> int:
    return _HOUR_WORDS.get(written) or int(written)


def _twelve_hour(match: re.Match[str]) -> Iterator[Fact]:
    evening = bool(
        match["mark"] == "p" or match["part"] in ("afternoon", "evening") or match["night"]
    )
    hour = _hour(match["hour"])
    last = _time(hour % 12 + 12 * evening if hour <= 12 else hour, int(match["minute"] or 0))
    if match["first"]:
        # "9 to 5 pm" begins in the morning, "9-11 am" and "2-5 pm" in the same half of the day.
        begin = int(match["first"])
        late = evening == (begin % 12 <= hour % 12)
        first = _time(
            begin % 12 + 12 * late if begin <= 12 else begin, int(match["first_minute"] or 0)
        )
        end = match.end("first_minute" if match["first_minute"] else "first")
        yield Fact(DifferenceKind.DATE, (first,), match.start(), end)
    yield Fact(DifferenceKind.DATE, (last,), match.start("hour"), match.end())


def _spoken(match: re.Match[str]) -> tuple[str, ...]:
    if match["clock"]:
        hour, minute = _hour(match["clock"]), 0
    else:
        hour = _hour(match["hour"])
        minute = 30 if match["part"] == "half" else 15
        if match["way"] == "to":
            hour, minute = hour - 1, 60 - minute
    if hour > 12:
        return (_time(hour, minute),)
    return _time(hour, minute), _time(hour + 12, minute)


def _period(match: re.Match[str]) -> str:
    unit = (
        match["unit"]
        or match["per"]
        or match["once"]
        or _ADVERBS.get(match["adverb"])
        or _SLASHED.get(match["slash"], match["slash"])
    )
    if match["few"]:
        return f"each few {unit}"
    count = _NTH.get(match["nth"]) or int(_COUNTS.get(match["count"], match["count"] or 1))
    base = UNITS[_PERIOD_UNITS[unit]]
    return f"each {Fraction(count) * base.factor} {base.dimension}"
