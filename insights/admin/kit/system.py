"""Internal tables: rows to look at, shown by one rule from their model's fields."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import FloatField, ForeignKey, Model, TextField
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from insights.admin.kit import display
from insights.admin.kit.base import RecordAdmin

LABELS = {"insight1": "First insight", "insight2": "Second insight"}
KEYS = {"id", "pk"}


def system_table(
    model: type[Model],
    order: int,
    columns: str,
    *,
    filters: str = "",
    search: str = "",
    sortable: str = "",
    hidden: str = "",
    ordering: tuple[str, ...] = (),
    deferred: tuple[str, ...] = (),
) -> None:
    """Register a table read-only: `columns` in its list, all but the `hidden` ones on its pages.

    Names are separated by spaces. Relations are links, long texts are cut; `search` names columns,
    and relations to insights, whose statements are searched. Hidden columns are not loaded.
    """
    listed = columns.split()
    statements = [f"{name}__statement" for name in search.split() if name.startswith("insight")]
    every = [field.name for field in model._meta.concrete_fields if field.name not in KEYS]
    shown = [name for name in listed if name != "__str__"]
    admin.site.register(
        model,
        RecordAdmin,
        index_order=order,
        ordering=ordering,
        related=tuple(f.name for f in model._meta.concrete_fields if isinstance(f, ForeignKey)),
        deferred=(*hidden.split(), *deferred),
        list_display=[_cell(model, name, is_first=name == listed[0]) for name in listed],
        list_filter=filters.split(),
        search_fields=statements or search.split(),
        search_help_text="Words of the statement" if statements else None,
        sortable_by=sortable.split(),
        fields=[*shown, *(one for one in every if one not in {*shown, *hidden.split()})],
    )


def _cell(model: type[Model], name: str, *, is_first: bool) -> str | Callable[[Any], object]:
    """Return the column as Django shows it, or a function that shows a link or a short text."""
    field = None if name == "__str__" else model._meta.get_field(name)
    if not isinstance(field, ForeignKey | TextField | FloatField):
        return name

    @admin.display(description=LABELS.get(name, capfirst(field.verbose_name)))
    def cell(row: Any) -> SafeString | str:
        value = getattr(row, name)
        if isinstance(field, FloatField):
            return display.ratio(value)
        if value is None or isinstance(field, TextField) or is_first:
            return display.NONE if value is None else display.statement(str(value))
        return display.link(value)

    cell.__name__ = name
    return cell
