"""Calendar dates: days, weekdays, months, quarters, seasons, years, "last week"."""

import re

from insights.text.facts.kinds import DifferenceKind, Fact
from insights.text.facts.numbers import DIGIT, ORDINALS, SMALL, alternation

_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_MONTH = {name: place for place, name in enumerate(_MONTHS, start=1)}
_MONTH |= {name[:3]: place for name, place in _MONTH.items()} | {"sept": 9}
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

_M = rf"(?P<month>{alternation(_MONTH)})\b\.?"
_DAYS = alternation(word for word, day in ORDINALS.items() if day < 32)
_D = rf"(?:the[ ])?(?P<day>[0-9]{{1,2}}(?:st|nd|rd|th)?|{_DAYS})\b"
_LAST_DAY = r"(?:[ ]?(?:-|to|until|and)[ ]?(?:the[ ])?(?P<last>[0-9]{1,2})(?:st|nd|rd|th)?)?"
_Y = r"(?P<year>(?:19|20)[0-9]{2})(?![\w%])"
_YEAR_AFTER = rf"(?:(?:,[ ]?|[ -]|[ ]of[ ]){_Y})?"
_SHORT_YEAR = r"(?P<short>(?:19|20)?[0-9]{2})(?![\w%])"

_ISO = re.compile(
    r"(?<![\w.-])(?P<year>(?:19|20)[0-9]{2})([-/.])(?P<month>0?[1-9]|1[0-2])\2"
    r"(?P<day>0?[1-9]|[12][0-9]|3[01])(?!\w)"
)
_NUMERIC = re.compile(
    r"(?<![\w./-])(?P<first>[0-9]{1,2})(?:/(?P<second>[0-9]{1,2})/(?P<short>(?:19|20)?[0-9]{2})"
    r"|(?P<mark>[.-])(?P<other>[0-9]{1,2})(?P=mark)(?P<year>(?:19|20)[0-9]{2}))(?![\w/])"
)
_DAY_MONTH = re.compile(rf"(?<![\w.,:]){_D}{_LAST_DAY}(?:[ ]of)?[ -]?{_M}{_YEAR_AFTER}")
_MONTH_DAY = re.compile(
    rf"\b{_M}[ -]?{_D}(?![.,:]?[0-9]|[ ]?(?:%|am\b|pm\b|a\.m|p\.m)){_LAST_DAY}{_YEAR_AFTER}"
)
_MONTH_ALONE = re.compile(rf"\b{_M}(?:'s\b)?{_YEAR_AFTER}")
_QUARTER = re.compile(
    rf"\b(?:(?P<before>(?:19|20)[0-9]{{2}})[ -]?q(?P<number>[1-4])"
    rf"|(?:q(?P<digit>[1-4])|(?P<word>first|second|third|fourth|1st|2nd|3rd|4th)[ -]quarter)"
    rf"(?:(?:[ /-]|[ ]of[ ])?'?{_SHORT_YEAR})?)\b"
)
_HALF_YEAR = re.compile(
    rf"\b(?:h(?P<digit>[12])|(?P<word>first|second)[ ]half)[ ](?:of[ ])?(?:{_Y}|the[ ]year)\b"
)
_FISCAL = re.compile(rf"\bfy[ -]?'?{_SHORT_YEAR}")
_DECADE = re.compile(r"\b(?P<year>(?:19|20)[0-9]0)'?s\b")
_SEASON = re.compile(
    r"\b(?P<season>winter|summer|autumn|(?<=the )fall|(?:spring|fall)(?=[ ](?:19|20)[0-9]{2}\b)"
    r"|(?:(?<=the )|(?<=last )|(?<=next )|(?<=this )|(?<=each )|(?<=every )|(?<=in ))spring)s?\b"
    rf"{_YEAR_AFTER}"
)
_WEEKDAY = re.compile(rf"\b(?P<name>{'|'.join(_WEEKDAYS)}|weekday|weekend)'?s?\b")
_BOTH_DAYS = re.compile(r"\b(?:saturdays? (?:and|&) sundays?|sundays? (?:and|&) saturdays?)\b")
_SHORT_WEEKDAY = re.compile(r"\b(?P<name>Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)\b")
_RELATIVE = re.compile(
    r"\b(?:(?P<which>last|next|this|past|previous|coming|current|following)[ -]"
    r"(?P<what>week|month|year|quarter|weekend|season|night|morning|afternoon|evening|century"
    r"|decade)(?!s\b)(?:'s)?"
    r"|(?P<ahead>last|next|past|previous|coming|following)(?=[ ](?:few|couple of|[0-9]{1,3}"
    rf"|{alternation(SMALL)})[ ](?:hour|day|week|month|quarter|year)s?)"
    r"|(?P<far>day (?:before yesterday|after tomorrow))"
    r"|(?P<before>(?:previous|preceding)[ ]day(?:'s)?|day[ ]before)"
    r"|(?P<day>today|tomorrow|yesterday|tonight)(?:'s)?)\b"
)
_AGO = re.compile(
    rf"\b(?:[0-9]{{1,4}}|an?|{alternation(SMALL)})[ ]"
    r"(?:minute|hour|day|week|month|year|decade)s?[ ](?P<ago>ago)\b"
)
_SAME = {
    "past": "last",
    "previous": "last",
    "coming": "next",
    "following": "next",
    "current": "this",
}
_YEAR_ALONE = re.compile(
    r"(?<![\w.,/$€£:+#-])(?P<year>(?:19|20)[0-9]{2})(?![\w%$€£]|[.,:/][0-9]|[ -][a-z]+s\b)"
)
_YEAR_NAMED = re.compile(
    r"(?:\b(?:in|since|until|till|by|year|of|from|during|before|after|early|late|mid|through|and|to"
    r"|for|end)[ -]|-)$"
)
_YEAR_SPAN = re.compile(
    r"\b(?P<from>(?:19|20)[0-9]{2})[ ]?(?:-|/|to)[ ]?(?P<to>(?:19|20)?[0-9]{2})(?![\w%]|[-/.][0-9])"
)
_QUARTERS = {"first": "1", "second": "2", "third": "3", "fourth": "4"}
# "may" and "march" are verbs, "august" an adjective, and the short names are words or names of
# people: these are months only with a capital letter, and "May" not before a pronoun.
_AMBIGUOUS = frozenset({"may", "march", "august"} | {name[:3] for name in _MONTHS} | {"sept"})
_WORD_FOLLOWS = re.compile(r"[ ][a-z]")
_VERB_MARCH = re.compile(r"[ ](?:on|out|in|into|to)\b")
_MODAL_MAY = re.compile(r"[ ](?:i|we|you|he|she|it|they|the|be|not|have|also|a|an|all|god)\b")
_WORDS = frozenset(
    {*_MONTH, *_WEEKDAYS, *(day[:size] for day in _WEEKDAYS for size in (3, 4, 5))}
    | set(
        """weekday weekend quarter half winter summer autumn spring fall last next this past before
        preceding previous coming current following today tomorrow yesterday tonight ago""".split()
    )
)


def read_dates(text: str, cased: str, words: frozenset[str]) -> list[Fact]:
    """Return the dates in a folded, lowered text with these words; `cased`: before lowering.

    They may overlap: the first in the list stands.
    """
    facts: list[Fact] = []

    def add(match: re.Match[str], *keys: str) -> None:
        facts.append(Fact(DifferenceKind.DATE, keys, match.start(), match.end()))

    has_digit = DIGIT.search(text) is not None
    if not has_digit and _WORDS.isdisjoint(words):
        return facts
    if has_digit:
        for match in _ISO.finditer(text):
            add(match, _date(match["year"], int(match["month"]), match["day"]))
        for match in _NUMERIC.finditer(text):
            add(match, _numeric(match))
        for match in _YEAR_SPAN.finditer(text):
            last = match["to"] if len(match["to"]) == 4 else match["from"][:2] + match["to"]
            if 0 < int(last) - int(match["from"]) < 100:
                add(match, f"years {match['from']}..{last}")
        for match in _FISCAL.finditer(text):
            add(match, f"fiscal {_full(match['short'])}")
        for match in _DECADE.finditer(text):
            add(match, f"decade {match['year']}")
    for match in _HALF_YEAR.finditer(text):
        half = match["digit"] or _QUARTERS[match["word"]]
        add(match, f"half-year {half} {match['year'] or ''}")
    for match in _QUARTER.finditer(text):
        number = (
            match["number"] or match["digit"] or _QUARTERS.get(match["word"]) or match["word"][0]
        )
        year = match["before"] or (_full(match["short"]) if match["short"] else "")
        add(match, f"quarter {number} {year}")
    for pattern in (_DAY_MONTH, _MONTH_DAY, _MONTH_ALONE):
        for match in pattern.finditer(text):
            if _is_month(text, cased, match):
                add(match, _month_key(match))
    for match in _BOTH_DAYS.finditer(text):
        add(match, "weekday weekend")
    for match in _WEEKDAY.finditer(text):
        add(match, f"weekday {match['name'][:7]}")
    for match in _SHORT_WEEKDAY.finditer(cased):
        name = next(day for day in _WEEKDAYS if day.startswith(match["name"].lower()))
        if match.start() or text[match.end() : match.end() + 1] in ("-", "/"):
            add(match, f"weekday {name[:7]}")
    for match in _SEASON.finditer(text):
        name = "autumn" if match["season"] == "fall" else match["season"]
        add(match, f"season {name} {match['year'] or ''}")
    for match in _RELATIVE.finditer(text):
        which = match["which"] or match["far"] or match["ahead"] or match["day"] or "yesterday"
        what = match["what"]
        key = f"{_SAME.get(which, which)} {what or ''}"
        keys = ("tonight " if key == "this night" else key, *_day_part(what))
        # "the next morning" goes with the story, "the next" of "the next 3 months" with its number.
        weak = match["ahead"] is not None or (len(keys) > 1 and which in ("next", "following"))
        facts.append(Fact(DifferenceKind.DATE, keys, match.start(), match.end(), weak))
    facts.extend(
        Fact(DifferenceKind.DATE, ("ago",), match.start("ago"), match.end())
        for match in _AGO.finditer(text)
    )
    for match in _YEAR_ALONE.finditer(text):
        named = _YEAR_NAMED.search(text, max(0, match.start() - 8), match.start())
        if (
            named
            or not _WORD_FOLLOWS.match(text, match.end())
            or 1990 <= int(match["year"]) <= 2049
        ):
            add(match, f"year {match['year']}")
    return facts


def _date(year: str | None, month: int, day: str | None, last: str | None = None) -> str:
    days = f"{int(day):02}" if day else ""
    if last:
        days += f"..{int(last):02}"
    return f"date {year or ''}-{month:02}-{days}"


def _numeric(match: re.Match[str]) -> str:
    first, second = int(match["first"]), int(match["second"] or match["other"])
    year = match["year"] or _full(match["short"])
    if match["mark"] == "." or first > 12 >= second:
        return _date(year, second, str(first))
    if second > 12 >= first:
        return _date(year, first, str(second))
    return f"date {first}/{second}/{year}"  # which is the month depends on the country


def _month_key(match: re.Match[str]) -> str:
    groups = match.groupdict()
    day = groups.get("day")
    if day:
        day = str(ORDINALS.get(day) or int(re.sub(r"\D", "", day)))
    return _date(groups["year"], _MONTH[groups["month"]], day, groups.get("last"))


def _is_month(text: str, cased: str, match: re.Match[str]) -> bool:
    name = match["month"]
    if name not in _AMBIGUOUS or "day" in match.groupdict():
        return True
    start, end = match.start("month"), match.end("month")
    if not cased[start].isupper() or cased[end - 1].isupper():
        return False
    if start and text[start - 2 : start] not in (". ", ": ", "! ", "? "):
        return True
    if name == "may":
        return not _MODAL_MAY.match(text, end)
    return len(name) > 3 and not _VERB_MARCH.match(text, end)


def _day_part(word: str | None) -> list[str]:
    return [f"day part {word}"] if word in ("morning", "afternoon", "evening", "night") else []


def _full(year: str) -> str:
    return year if len(year) == 4 else f"20{year}"
