"""Classes that settings name by their dotted path: EMBEDDER, EXTRACTOR, DUPLICATE_DECIDER."""

from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string


def plugin(setting: str) -> Any:
    """Return the process's one instance of the class that `setting` names.

    Raises ImportError if the path cannot be imported; the system checks report it at start-up.
    """
    return _instance(getattr(settings, setting))


@cache
def _instance(path: str) -> Any:
    return import_string(path)()


def _forget(*, setting: str, **kwargs: object) -> None:
    if isinstance(getattr(settings, setting, None), str):
        _instance.cache_clear()


setting_changed.connect(_forget)
