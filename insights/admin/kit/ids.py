"""An id in what a page sends back: found, or a page that says so."""

from uuid import UUID

from django.http import Http404

from insights.ids import as_uuid


def uuid_or_404(value: str) -> UUID:
    if (found := as_uuid(value)) is None:
        raise Http404(f"“{value[:60]}” is no id.")
    return found
