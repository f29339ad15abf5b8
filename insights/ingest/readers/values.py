"""Cell values to text that can be stored."""

import re
from datetime import UTC, date, datetime, time, timedelta

from insights.ingest.days import EPOCH

_TEXT_KEYS = ("name", "value", "plain_text", "text")


def one_line(text: str) -> str:
    return " ".join(text.split())


def cell_text(value: object) -> str:
    """Return a typed cell as text: ISO dates, whole floats without a fraction, lists joined."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, list):
        return ", ".join(text for item in value if (text := cell_text(item)))
    if isinstance(value, dict):
        texts = (cell_text(value[key]) for key in _TEXT_KEYS if key in value)
        return next(filter(None, texts), "")
    return str(value)


def iso_time(value: object) -> str:
    """Return a time since 1970 as ISO in UTC; anything else unchanged."""
    text = cell_text(value)
    if match := EPOCH.fullmatch(text):
        moment = datetime.fromtimestamp(int(match[1]), tz=UTC)
        return moment.isoformat(sep=" ", timespec="minutes").removesuffix("+00:00") + " UTC"
    return text


def refuse_unstorable(value: str, column: str) -> None:
    """Raise `ValueError` for characters that PostgreSQL or UTF-8 cannot hold."""
    if "\0" in value:
        raise ValueError(f"the {column} holds a NUL character; remove it")
    if re.search("[\ud800-\udfff]", value):
        raise ValueError(f"the {column} holds half of a surrogate pair, which is not a character")
