"""Measured precision of automatic merges: the share of the sample that people found right."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from insights.audit.sampling import model_merges
from insights.intervals import exact_interval
from insights.models import AuditItem, AuditVerdict, AutoMergeStop, MergeDecision
from insights.types import JSONObject

WINDOW = timedelta(weeks=13)


@dataclass(frozen=True, slots=True)
class MeasuredPrecision:
    """`precision` with its exact two-sided 95 % interval; None while nothing was audited."""

    model_version: str
    since: datetime
    audited: int
    right: int
    waiting: int
    precision: float | None
    low: float
    high: float

    @property
    def is_too_low(self) -> bool:
        """Return True if the precision is below the target beyond chance."""
        return self.audited > 0 and self.high < settings.AUTO_MERGE_PRECISION

    def as_dict(self) -> JSONObject:
        return {**asdict(self), "since": self.since.isoformat()}


def measured_precision(model_version: str) -> MeasuredPrecision:
    """Measure one version's merges within 13 weeks, since automatic merging was last resumed."""
    since = _since()
    counts = _items(model_version, since).aggregate(
        audited=Count("pk", filter=~Q(verdict="")),
        right=Count("pk", filter=Q(verdict=AuditVerdict.SAME)),
        waiting=Count("pk", filter=Q(verdict="")),
    )
    audited, right = counts["audited"], counts["right"]
    low, high = exact_interval(right, audited)
    return MeasuredPrecision(
        model_version=model_version,
        since=since,
        **counts,
        precision=right / audited if audited else None,
        low=low,
        high=high,
    )


def merging_version() -> str:
    """Return the version that merged last; empty if none ever did."""
    newest = model_merges().order_by("-decided_at").values_list("model_version", flat=True)
    return newest.first() or ""


def merges_since_last_good_audit(model_version: str) -> QuerySet[MergeDecision]:
    """Return the merges after the last one found right that precedes the first one found wrong.

    Only those in force, the latest first; none while nothing was found wrong.
    """
    since = _since()
    items = _items(model_version, since)
    wrong = items.filter(verdict=AuditVerdict.NOT_SAME)
    first_wrong = wrong.aggregate(at=Min("decision__decided_at"))["at"]
    if first_wrong is None:
        return model_merges().none()
    good = items.filter(verdict=AuditVerdict.SAME, decision__decided_at__lt=first_wrong)
    last_good = good.aggregate(at=Max("decision__decided_at"))["at"] or since
    return (
        model_merges()
        .filter(model_version=model_version, decided_at__gt=last_good, undone_at__isnull=True)
        .order_by("-decided_at", "pk")
    )


def _since() -> datetime:
    resumed = AutoMergeStop.objects.aggregate(at=Max("resumed_at"))["at"]
    earliest = timezone.now() - WINDOW
    return max(resumed, earliest) if resumed else earliest


def _items(model_version: str, since: datetime) -> QuerySet[AuditItem]:
    return AuditItem.objects.filter(
        decision__in=model_merges().filter(model_version=model_version, decided_at__gt=since)
    )
