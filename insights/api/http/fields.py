"""Texts with their patterns, and JSON's types: a number is not text, "yes" is not true."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from insights.types import JSONMapping


class Text(serializers.RegexField):
    """Any text that the database can hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[^\x00]*$", trim_whitespace=False, **kwargs)


class Comment(Text):
    """An optional comment on an action."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default="", allow_blank=True, max_length=2000, **kwargs)


class Words(serializers.RegexField):
    """A text that is not blank. The pattern means the same in every regex engine."""

    default_error_messages = {"invalid": "Give a text that is not blank."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[^\x00]*[^\x00-\x20\x7f][^\x00]*$", trim_whitespace=False, **kwargs)


class Choice(serializers.ChoiceField):
    """A choice whose refusal lists the valid values."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices, **kwargs)
        there_are = ", ".join(map(str, self.choices))
        self.error_messages["invalid_choice"] = f"“{{input}}” is not one of: {there_are}."


_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...], str], ...] = (
    (serializers.BooleanField, (bool,), "true or false"),
    (serializers.IntegerField, (int, float), "a whole number"),
    (serializers.FloatField, (int, float), "a number"),
    (serializers.ChoiceField, (str,), "a string"),
    (serializers.UUIDField, (str,), "a string with a UUID"),
    (serializers.CharField, (str,), "a string"),
)


def require_json_types(serializer: serializers.Serializer[Any], data: JSONMapping) -> None:
    """Refuse members of another JSON type, which DRF alone would convert.

    Raises ValidationError for the first one; null is left to its field.
    """
    _require_members(serializer, data, "")


def _require_members(
    serializer: serializers.Serializer[Any], data: JSONMapping, prefix: str
) -> None:
    for name, field in serializer.fields.items():
        if name in data:
            _require(field, data[name], f"{prefix}{name}")


def _require(field: Any, value: object, path: str) -> None:
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        for number, item in enumerate(value):
            _require(field.child, item, f"{path}.{number}")
        return
    if isinstance(field, serializers.Serializer) and value is not None:
        if not isinstance(value, Mapping):
            raise ValidationError({path: [f"Send an object with {', '.join(field.fields)}."]})
        _require_members(field, value, f"{path}.")
        return
    for kind, types, words in _TYPES:
        if isinstance(field, kind):
            mistaken = isinstance(value, bool) and bool not in types
            if value is not None and (mistaken or not isinstance(value, types)):
                raise ValidationError({path: [f"Send {words}."]}, "invalid")
            return
