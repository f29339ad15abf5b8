"""Review panels of the front page: open work, decisions by person, labels."""

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from insights.admin.kit.charts import Bars, Panel, day_label
from insights.models import (
    Cluster,
    ClusterStatus,
    EventKind,
    Insight,
    InsightStatus,
    PairLabel,
    ReviewEvent,
)
from insights.models.lease import in_force
from insights.permissions import VIEW_CLUSTER

DAYS = 14
REVIEWERS = 5  # with a colour of their own
AGES = [("today", 0), ("1–2 days", 1), ("3–6 days", 3), ("1–3 weeks", 7), ("longer", 28)]


def review_panels(request: HttpRequest) -> list[Panel]:
    if not request.user.has_perm(VIEW_CLUSTER):
        return []
    return [_open(), _decisions(), _labels()]


def _open() -> Panel:
    now = timezone.now()
    edges = [now - timedelta(days=days) for _, days in AGES] + [None]
    counts = Cluster.objects.filter(status=ClusterStatus.OPEN).aggregate(
        total=Count("pk"),
        near=Count("pk", filter=Q(has_near_miss=True)),
        held=Count("pk", filter=in_force()),
        **{
            f"age{number}": Count(
                "pk",
                filter=(Q(created_at__lte=newest) if number else Q())
                & (Q(created_at__gt=oldest) if oldest else Q()),
            )
            for number, (newest, oldest) in enumerate(pairwise(edges))
        },
    )
    return Panel(
        title="Open clusters and their age",
        figures=[
            ("open", f"{counts['total']:,}"),
            ("near misses", f"{counts['near']:,}"),
            ("being reviewed", f"{counts['held']:,}"),
        ],
        chart=Bars(
            "Open clusters by age",
            [name for name, _ in AGES],
            [("clusters", [counts[f"age{number}"] for number in range(len(AGES))])],
        ),
        links=[
            ("Review", reverse("admin:review")),
            ("Contradictions", reverse("admin:review_contradictions")),
        ],
    )


def _decisions() -> Panel:
    today = timezone.now().date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    found = (
        ReviewEvent.objects.filter(
            kind=EventKind.DECIDED, created_at__date__gte=days[0], decision__isnull=False
        )
        .annotate(day=TruncDate("created_at"))
        .values_list("actor__username", "day")
        .annotate(n=Count("pk"))
        .order_by()
    )
    by_reviewer: dict[str, dict[object, int]] = defaultdict(lambda: defaultdict(int))
    for name, day, number in found:
        by_reviewer[name][day] += number
    ranked = sorted(by_reviewer, key=lambda name: (-sum(by_reviewer[name].values()), name))
    series = [(name, [by_reviewer[name][day] for day in days]) for name in ranked[:REVIEWERS]]
    if rest := ranked[REVIEWERS:]:
        series.append(("others", [sum(by_reviewer[name][day] for name in rest) for day in days]))
    total = sum(sum(values) for _, values in series)
    return Panel(
        title="Decisions by day and reviewer",
        figures=[
            (f"in {DAYS} days", f"{total:,}"),
            ("reviewer" if len(ranked) == 1 else "reviewers", f"{len(ranked)}"),
        ],
        chart=Bars("Decisions by day", list(map(day_label, days)), series),
    )


def _labels() -> Panel:
    labels = PairLabel.objects.aggregate(
        same=Count("pk", filter=Q(is_same=True)), different=Count("pk", filter=Q(is_same=False))
    )
    insights = Insight.objects.exclude(status=InsightStatus.RETIRED).aggregate(
        total=Count("pk"), merged=Count("pk", filter=Q(status=InsightStatus.MERGED))
    )
    share = insights["merged"] / insights["total"] if insights["total"] else 0
    return Panel(
        title="Training examples",
        figures=[
            ("duplicates", f"{labels['same']:,}"),
            ("distinct", f"{labels['different']:,}"),
            ("of all insights are merged", f"{share:.0%}"),
        ],
    )
