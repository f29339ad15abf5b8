"""JSON has types: a number is no text, and "yes" is not true. DRF alone would convert them."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...], str], ...] = (
    (serializers.BooleanField, (bool,), "true or false"),
    (serializers.IntegerField, (int, float), "a whole number"),
    (serializers.FloatField, (int, float), "a number"),
    (serializers.ChoiceField, (str,), "a string"),
    (serializers.UUIDField, (str,), "a string with a UUID"),
    (serializers.CharField, (str,), "a string"),
)


def require_json_types(serializer: serializers.Serializer[Any], data: Mapping[str, Any]) -> None:
    """Raises ValidationError for the first member of another type. null is left to the field."""
    for name, field in serializer.fields.items():
        if name in data:
            _require(field, data[name], name)


def _require(field: Any, value: Any, path: str) -> None:
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        for number, item in enumerate(value):
            _require(field.child, item, f"{path}.{number}")
        return
    for kind, types, words in _TYPES:
        if isinstance(field, kind):
            mistaken = isinstance(value, bool) and bool not in types
            if value is not None and (mistaken or not isinstance(value, types)):
                raise ValidationError({path: [f"Send {words}."]}, "invalid")
            return
