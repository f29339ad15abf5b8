"""The day on which something was said, from the date that its source gives in words."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from dateutil import parser

from insights.text.wordlists import lines

_YEAR_FIRST = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:[-/.年_]\s?(\d{1,2})[-/.月_]\s?(\d{1,2})|(\d\d)(\d\d))(?!\d)"
)
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d\d)(?!\d)")
# Seconds, milliseconds or microseconds since 1970, between 2001 and 2033.
EPOCH = re.compile(r"(1\d{9})(?:\d{3}){0,2}(?:\.\d+)?")
# A file whose first dates are all unambiguous is not searched on.
MOST_WITHOUT = 500
# Nothing was said on paper that is read here before the first, nor later than tomorrow.
_EARLIEST = date(1970, 1, 2)


class _Months(parser.parserinfo):
    """dateutil's English names, with those of six more languages."""

    MONTHS = [tuple(names.split()) for names in lines("months")]
    JUMP = [*parser.parserinfo.JUMP, "um", "uhr", "à", "de", "del", "le", "el", "il"]


_MONTHS = _Months()


class Days:
    """Reader of one file's dates; all of them together tell whether the day comes first.

    A date such as 25/03 tells it. Else one that would lie in the future does, and else the order
    of the rows, when they run in one direction by one of the two readings only. What stays open
    is read with the month first, and `unsure` names an example; it is "" otherwise.
    """

    def __init__(self, dates: Iterable[str], *, name: str = "") -> None:
        self.of_file = day_of(name, is_day_first=True) if _YEAR_FIRST.search(name) else None
        self.is_day_first, self.unsure = False, ""
        seen: dict[tuple[int, int, int], str] = {}
        for number, text in enumerate(dates):
            found = _YEAR_LAST.search(text) if not _YEAR_FIRST.search(text) else None
            if found and found[2] != ".":
                first, second = int(found[1]), int(found[3])
                if (first > 12) != (second > 12):
                    self.is_day_first = first > 12
                    return
                if first != second and first <= 12:
                    seen.setdefault((_year(found[4]), first, second), found[0])
            if number > MOST_WITHOUT and not seen:
                return
        if seen:
            self._weigh(seen)

    def _weigh(self, seen: dict[tuple[int, int, int], str]) -> None:
        month_first = list(seen)
        day_first = [(year, second, first) for year, first, second in seen]
        latest = datetime.now(UTC).date() + timedelta(days=1)
        late = [
            max(days) > (latest.year, latest.month, latest.day) for days in (month_first, day_first)
        ]
        runs = [_runs_one_way(days) for days in (month_first, day_first)]
        if late[0] != late[1]:
            self.is_day_first = late[0]
        elif len(seen) > 2 and runs[0] != runs[1]:
            self.is_day_first = runs[1]
        else:
            self.unsure = next(iter(seen.values()))

    def of(self, text: str) -> date | None:
        """Return the row's day; without one, the day in the file's name."""
        return day_of(text, is_day_first=self.is_day_first) or self.of_file


def _runs_one_way(days: list[tuple[int, int, int]]) -> bool:
    return days in (sorted(days), sorted(days, reverse=True))


def _year(digits: str) -> int:
    return int(digits) if len(digits) > 2 else 2000 + int(digits)


@lru_cache(4096)
def day_of(text: str, *, is_day_first: bool = False) -> date | None:
    """Return the day that a date such as "3/14/24, 9:05 PM" or "12. März 2024" names, or None.

    A month without a day is its first. Times alone, weekdays and "yesterday" name no day.
    """
    text = text.strip()
    try:
        found = _numeric(text, is_day_first) or _written(text)
    except (ValueError, OverflowError):
        return None
    latest = datetime.now(UTC).date() + timedelta(days=1)
    return found if found and _EARLIEST <= found <= latest else None


def _numeric(text: str, is_day_first: bool) -> date | None:
    if found := EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(found[1]), UTC).date()
    if found := _YEAR_FIRST.search(text):
        return date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    if found := _YEAR_LAST.search(text):
        day, month = int(found[1]), int(found[3])
        if month > 12 or (day <= 12 and found[2] != "." and not is_day_first):
            day, month = month, day
        return date(_year(found[4]), month, day)
    return None


def _written(text: str) -> date | None:
    """Parse it against two reference days: parts that differ were not in the text."""
    if not 6 <= len(text) <= 64 or not re.search(r"\d.*[^\W\d_]{3}|[^\W\d_]{3}.*\d", text):
        return None
    one, other = (
        parser.parse(text, _MONTHS, default=default, ignoretz=True).date()
        for default in (datetime(2000, 1, 1), datetime(2004, 2, 2))  # noqa: DTZ001
    )
    return one if (one.year, one.month) == (other.year, other.month) else None
