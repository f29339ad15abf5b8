"""Remove a source: the preview, the removal, and its undo for 30 days."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from insights.ingest.removal.orphans import orphans_of, retire_orphans, revive
from insights.jobs.locks import retried
from insights.models import Insight, InsightSource, InsightStatus, Source
from insights.review.state import lock_insights, root_of

UNDO_DAYS = 30
_PLAIN = [
    field.attname
    for field in InsightSource._meta.concrete_fields
    if field.attname not in {"insight_status", "insight_id"}
]


@dataclass(frozen=True, slots=True)
class RemovalPreview:
    """The effects of removing a source."""

    occurrences: int
    insights_that_go: int
    insights_that_stay: int
    merges_that_shrink: int


class CannotRestore(Exception):
    """The undo has expired, or nothing was removed."""


def preview_removal(source: Source) -> RemovalPreview:
    holders = set(
        InsightSource.objects.filter(source=source).order_by().values_list("insight", flat=True)
    )
    go = orphans_of(holders, without_source=source.pk)
    own = InsightSource.objects.filter(source=source)
    shrinking = Insight.objects.filter(
        pk__in=holders - set(go), merged_insights__own_sources__in=own
    ).distinct()
    return RemovalPreview(own.count(), len(go), len(holders) - len(go), shrinking.count())


@retried
@transaction.atomic
def remove(source: Source) -> RemovalPreview:
    """Take the source's occurrences out, and retire the insights that only it held."""
    seen = preview_removal(source)
    rows = list(InsightSource.objects.filter(source=source).order_by("ordinal"))
    holders = sorted({row.insight_id for row in rows})
    lock_insights(holders)
    stored = [{name: _plain(getattr(row, name)) for name in _PLAIN} for row in rows]
    InsightSource.objects.filter(source=source).delete()
    source.removed = {"occurrences": stored, "insights": retire_orphans(holders)}
    source.removed_at = timezone.now()
    source.save(update_fields=["removed", "removed_at"])
    return seen


@retried
@transaction.atomic
def restore(source: Source) -> int:
    """Undo a removal; return how many occurrences came back. Raises `CannotRestore`."""
    source = Source.objects.select_for_update(of=("self",)).get(pk=source.pk)
    if source.removed_at is None or not source.removed:
        raise CannotRestore("This source is not removed, or its undo has expired.")
    revive(source.removed["insights"])
    rows = source.removed["occurrences"]
    origins = Insight.objects.in_bulk({row["origin_insight_id"] for row in rows})
    roots = {str(pk): root_of(insight) for pk, insight in origins.items()}
    active = set(
        Insight.objects.filter(pk__in=roots.values(), status=InsightStatus.ACTIVE).values_list(
            "pk", flat=True
        )
    )
    back = [row for row in rows if roots.get(row["origin_insight_id"]) in active]
    InsightSource.objects.bulk_create(
        InsightSource(
            **{
                **row,
                "created_at": parse_datetime(row["created_at"]),
                "insight_id": roots[row["origin_insight_id"]],
            }
        )
        for row in back
    )
    source.removed, source.removed_at = None, None
    source.save(update_fields=["removed", "removed_at"])
    return len(back)


def purge_removed() -> int:
    """Delete for good the sources that were removed more than 30 days ago."""
    before = timezone.now() - timedelta(days=UNDO_DAYS)
    deleted, _ = Source.objects.filter(removed_at__lt=before).delete()
    return deleted


def _plain(value: object) -> object:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if isinstance(value, int | str | dict | list | None) else str(value)
