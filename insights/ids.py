"""Parse ids from user input, which can be anything."""

import re
from uuid import UUID


def as_uuid(value: str | None) -> UUID | None:
    """Return the id, or None if it is missing or malformed."""
    try:
        return UUID(value or "")
    except ValueError:
        return None


def as_number(value: str) -> int | None:
    """Return the number, or None if it is not a whole number that fits a PostgreSQL column."""
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None
