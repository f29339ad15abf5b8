"""The audit's sample: a random share of a week's automatic merges."""

import math
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils import timezone

from insights.models import AuditItem, DecisionKind, MergeDecision

WEEKS_BACK = 2


def model_merges() -> QuerySet[MergeDecision]:
    """Return the models' merges, undone or not; exact repeats are not among them."""
    return MergeDecision.objects.filter(kind=DecisionKind.AUTOMATIC, model_id__isnull=False)


def week_of(moment: datetime) -> date:
    """Return the Monday of the week, in UTC."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def due(merges: int) -> int:
    """Return how many of a week's merges are audited; all if there are few."""
    return min(merges, max(settings.AUDIT_LEAST_A_WEEK, math.ceil(settings.AUDIT_SHARE * merges)))


def draw(now: datetime | None = None) -> int:
    """Fill up the samples of this and earlier weeks, and return how many were drawn.

    Takes the smallest hashes of the ids (bottom-k sampling, Cohen and Kaplan 2007): a uniform
    sample of the week, however often and by however many processes it is drawn.
    """
    this_week = week_of(now or timezone.now())
    return sum(_draw_week(this_week - timedelta(weeks=back)) for back in range(WEEKS_BACK + 1))


def _draw_week(monday: date) -> int:
    start = datetime.combine(monday, datetime.min.time(), UTC)
    merges = model_merges().filter(decided_at__gte=start, decided_at__lt=start + timedelta(days=7))
    unproven = merges.exclude(evidence__is_proven=True)
    drawn = [
        *_smallest(merges, due(merges.count())),
        *_smallest(unproven, math.ceil(settings.AUDIT_SHARE_UNPROVEN * unproven.count())),
    ]
    before = AuditItem.objects.filter(week=monday).count()
    AuditItem.objects.bulk_create(
        [AuditItem(decision_id=pk, week=monday) for pk in dict.fromkeys(drawn)],
        ignore_conflicts=True,
    )
    return AuditItem.objects.filter(week=monday).count() - before


def _smallest(decisions: QuerySet[MergeDecision], number: int) -> QuerySet[MergeDecision, UUID]:
    chance = MD5(Concat(Value("audit:"), Cast(F("pk"), CharField()), output_field=CharField()))
    return (
        decisions.annotate(chance=chance).order_by("chance").values_list("pk", flat=True)[:number]
    )
