"""Which automatic merges are audited: a random share of each week's, at least so many."""

import math
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils import timezone

from insights.models import AuditItem, DecisionKind, MergeDecision

WEEKS_BACK = 2


def model_merges() -> QuerySet[MergeDecision]:
    """What models merged, undone or not. Exact repeats are merged on nobody's word."""
    return MergeDecision.objects.filter(kind=DecisionKind.AUTOMATIC, model_id__isnull=False)


def week_of(moment: datetime) -> date:
    """Its Monday in UTC."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def due(merges: int) -> int:
    """How many of a week's merges are audited; all, when there are few."""
    return min(merges, max(settings.AUDIT_LEAST_A_WEEK, math.ceil(settings.AUDIT_SHARE * merges)))


def draw(now: datetime | None = None) -> int:
    """Fill up this week's sample and those of the weeks before; how many were drawn.

    The smallest hashes of the ids are taken (bottom-k sampling, Cohen and Kaplan 2007): a uniform
    sample of the week that does not depend on how often, or by how many at once, it is drawn.
    """
    this_week = week_of(now or timezone.now())
    return sum(_draw_week(this_week - timedelta(weeks=back)) for back in range(WEEKS_BACK + 1))


def _draw_week(monday: date) -> int:
    start = datetime.combine(monday, datetime.min.time(), UTC)
    merges = model_merges().filter(decided_at__gte=start, decided_at__lt=start + timedelta(days=7))
    drawn = (
        merges.annotate(
            chance=MD5(
                Concat(Value("audit:"), Cast(F("pk"), CharField()), output_field=CharField())
            )
        )
        .order_by("chance")
        .values_list("pk", flat=True)[: due(merges.count())]
    )
    before = AuditItem.objects.filter(week=monday).count()
    AuditItem.objects.bulk_create(
        [AuditItem(decision_id=pk, week=monday) for pk in drawn], ignore_conflicts=True
    )
    return AuditItem.objects.filter(week=monday).count() - before
