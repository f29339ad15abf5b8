"""Format values for lists and pages. Every text goes through format_html."""

from uuid import UUID

from django.db.models import Model
from django.http import Http404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from insights.ids import as_uuid

NONE = "–"


def statement(text: str, *, chars: int = 160) -> SafeString:
    """Shorten it for a list; isolated, so that right-to-left text cannot reorder the page."""
    return format_html('<bdi class="statement">{}</bdi>', Truncator(text).chars(chars))


def ratio(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def url_of(record: Model) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])


def link(record: Model, text: object = None) -> SafeString | str:
    if record is None:
        return NONE
    return format_html('<a href="{}"><bdi>{}</bdi></a>', url_of(record), text or record)


def list_url(model: type[Model], query: str = "") -> str:
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return f"{url}?{query}" if query else url


def uuid_or_404(value: str) -> UUID:
    if (found := as_uuid(value)) is None:
        raise Http404(f"“{value[:60]}” is not an id.")
    return found
