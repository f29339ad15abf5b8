"""Ids: parsed from user input, which can be anything, and ordered in pairs."""

import re
from collections.abc import Iterable
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, UUIDField, Value

Pair = tuple[UUID, UUID]


def as_uuid(value: str | None) -> UUID | None:
    """Return the id, or None if it is missing or malformed."""
    try:
        return UUID(value or "")
    except ValueError:
        return None


def as_number(value: str) -> int | None:
    """Return the number, or None if it is not a whole number that fits a PostgreSQL column."""
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None


def among(ids: Iterable[UUID]) -> Func:
    """Return the right side of `pk__in=`, one parameter for all: psycopg takes 40 us for each."""
    array = Value(list(ids), ArrayField(UUIDField()))
    return Func(array, template="(SELECT unnest(%(expressions)s))")


def ordered(first: UUID, second: UUID) -> Pair:
    """Return the pair with the smaller id first, as every table of pairs stores it."""
    return (first, second) if first < second else (second, first)
