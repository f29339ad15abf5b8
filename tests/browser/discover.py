"""Find every page through the URLconf and the admin's registry, so that new ones are included."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

# These answer a button, a script or a machine, not a person who looks.
NO_PAGES = {
    "logout", "autocomplete", "jsi18n", "view_on_site", "schema",
    "review_next", "review_undo", "review_blind", "review_batch_undo", "review_decide",
    "people_change", "people_invite", "webhooks_change", "webhooks_test", "schedules_change",
    "schedules_run", "invitation",
    "review_audit_answer", "insights_insight_same", "insights_insight_distinct",
    "insights_insight_replaced", "insights_insight_tag", "insights_insight_untag",
    "insights_insight_download", "finetuning_deduplicationmodel_export_jsonl",
    "finetuning_deduplicationmodel_export_json",
}  # fmt: skip


def named_patterns() -> Iterator[tuple[str, URLPattern]]:
    """(namespace, pattern) of the admin and of the API's documentation."""

    def walk(found: URLResolver, space: str) -> Iterator[tuple[str, URLPattern]]:
        for one in found.url_patterns:
            if isinstance(one, URLResolver):
                yield from walk(one, one.namespace or space)
            elif one.name and one.name not in NO_PAGES:
                yield space, one

    for space, pattern in walk(get_resolver(), ""):
        if space == "admin" or pattern.name in ("docs", "redoc"):
            yield space, pattern


def addresses(arguments: dict[str, Any]) -> list[str]:
    """`arguments`: what the addresses that are not named after a model take."""
    found = []
    for space, pattern in named_patterns():
        name = f"{space}:{pattern.name}" if space else pattern.name
        takes = list(pattern.pattern.converters) or list(pattern.pattern.regex.groupindex)
        if not takes:
            found.append(reverse(name))
        elif pattern.name == "app_list":
            labels = {model._meta.app_label for model in admin.site._registry}
            found += [reverse(name, args=[label]) for label in sorted(labels)]
        elif pattern.name in arguments:
            found.append(reverse(name, args=[arguments[pattern.name]]))
        else:
            found.append(reverse(name, args=[_row_of(pattern.name)]))
    return found


def _row_of(name: str) -> Any:
    """The key of a row for “app_model_what”; each model must have one, or its page goes unseen."""
    label, _, rest = name.partition("_")
    if label == "django":  # django_celery_beat
        label, rest = "django_celery_beat", name.removeprefix("django_celery_beat_")
    row = apps.get_model(label, rest.partition("_")[0])._default_manager.first()
    assert row is not None, f"no row for the page {name}: make one in the test's world"
    return row.pk
