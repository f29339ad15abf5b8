"""Ids in what a page sends back, where anybody can write anything."""

from uuid import UUID

from django.http import Http404


def as_uuid(value: str | None) -> UUID | None:
    """None when it is not there, or no id."""
    try:
        return UUID(value or "")
    except ValueError:
        return None


def uuid_or_404(value: str) -> UUID:
    if (found := as_uuid(value)) is None:
        raise Http404(f"“{value[:60]}” is no id.")
    return found
