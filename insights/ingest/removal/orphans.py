"""Insights whose last source is gone."""

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from insights.models import Cluster, ClusterStatus, Insight, InsightSource, InsightStatus
from insights.review.state import lock_insights
from insights.types import JSONObject


def orphans_of(holders: Iterable[UUID], *, without_source: UUID | None = None) -> list[UUID]:
    """Return active insights among `holders` that no source but `without_source` holds."""
    ids = set(holders)
    held = InsightSource.objects.filter(insight__in=ids)
    if without_source is not None:
        held = held.exclude(source=without_source)
    return sorted(
        set(
            Insight.objects.filter(pk__in=ids, status=InsightStatus.ACTIVE)
            .exclude(pk__in=held.values("insight"))
            .values_list("pk", flat=True)
        )
    )


def retire_orphans(holders: Iterable[UUID]) -> list[JSONObject]:
    """Retire insights that nobody's source holds, with those merged into them.

    Decisions and labels stay as receipts; open clusters with such a member are superseded. Returns
    what each insight was, for an undo. In a transaction of the caller's.
    """
    ids = orphans_of(holders)
    if not ids:
        return []
    roots = lock_insights(ids)
    tree = list(
        Insight.objects.filter(merged_into__in=roots).select_for_update(of=("self",)).order_by("pk")
    )
    were = [
        {"id": str(one.pk), "status": one.status, "merged_into": _text(one.merged_into_id)}
        for one in (*roots.values(), *tree)
    ]
    # Those merged into a root first: they may only point at an active one.
    for insights in ([one.pk for one in tree], list(roots)):
        Insight.objects.filter(pk__in=insights).update(
            status=InsightStatus.RETIRED, merged_into=None, updated_at=timezone.now()
        )
    Cluster.objects.filter(status=ClusterStatus.OPEN, members__insight__in=ids).update(
        status=ClusterStatus.SUPERSEDED, updated_at=timezone.now()
    )
    return were


def revive(were: Iterable[JSONObject]) -> None:
    """Undo `retire_orphans`; an insight that came to life again since stays as it is."""
    ordered = sorted(were, key=lambda one: one["merged_into"] is not None)  # roots first
    for one in ordered:
        retired = Insight.objects.filter(pk=one["id"], status=InsightStatus.RETIRED)
        retired.update(
            status=one["status"], merged_into=one["merged_into"], updated_at=timezone.now()
        )


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
