"""Ids in what somebody sends, who can write anything."""

import re
from uuid import UUID


def as_uuid(value: str | None) -> UUID | None:
    """None when it is not there, or no id."""
    try:
        return UUID(value or "")
    except ValueError:
        return None


def as_number(value: str) -> int | None:
    """None when it is no whole number that a column of PostgreSQL holds."""
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None
