"""Queries without the heavy columns of rows: vectors, files, parameters.

A model names them in `heavy`. Code that needs them loads them explicitly, with `defer(None)`.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model, covariant=True)


class LightQuerySet(models.QuerySet[Row]):
    def select_related(self, *fields: Any) -> "LightQuerySet[Row]":
        """Join rows without their heavy columns, which their own managers leave out, too."""
        joined = super().select_related(*fields)
        return joined.defer(*(name for field in fields for name in _heavy(self.model, field)))


class LightManager(models.Manager[Row]):
    def get_queryset(self) -> LightQuerySet[Row]:
        rows: LightQuerySet[Row] = LightQuerySet(self.model, using=self._db)
        return rows.defer(*getattr(self.model, "heavy", ()))


def _heavy(model: type[models.Model], path: str | None) -> Iterator[str]:
    prefix = ""
    for name in path.split("__") if path else ():
        model = model._meta.get_field(name).related_model  # type: ignore[assignment]
        prefix += f"{name}__"
        yield from (f"{prefix}{column}" for column in getattr(model, "heavy", ()))
