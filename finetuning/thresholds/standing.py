"""What people set last: a new version starts from there, and the gate chooses nothing lower."""

from django.conf import settings
from django.db.models import F

from finetuning.models import ThresholdChange


def standing_auto_merge() -> float:
    """The lowest confidence that a new version may merge from: AUTO_MERGE_CONFIDENCE, or what a
    person set last if that is more. Less than the setting holds for the version it was set on."""
    set_last = _set_last("auto_merge")
    floor: float = settings.AUTO_MERGE_CONFIDENCE
    return floor if set_last is None else max(floor, set_last)


def standing_cluster_out() -> float:
    """What a person set last, else CLUSTER_OUT_CONFIDENCE."""
    set_last = _set_last("cluster_out")
    default: float = settings.CLUSTER_OUT_CONFIDENCE
    return default if set_last is None else set_last


def _set_last(name: str) -> float | None:
    """Of the changes that are not undone."""
    value: float | None = (
        ThresholdChange.objects.filter(undoes__isnull=True, undone_by__isnull=True)
        .exclude(**{f"{name}_before": F(f"{name}_after")})
        .order_by("-created_at")
        .values_list(f"{name}_after", flat=True)
        .first()
    )
    return value
