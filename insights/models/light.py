"""Shared by all models: queries without heavy columns, and the field for a person.

A model names its heavy columns (vectors, files, parameters) in `heavy`. Code that needs them loads
them explicitly, with `defer(None)`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import User

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


def person(on_delete: Any = models.SET_NULL) -> "models.ForeignKey[User | None, User | None]":
    """Return a field for the account that acted; empty when nobody did, or it is gone."""
    user = settings.AUTH_USER_MODEL
    return models.ForeignKey(user, on_delete, null=True, blank=True, related_name="+")
