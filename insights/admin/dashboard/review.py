"""What the reviewers' work says: what is open, who decided how much, how far they agree."""

from collections import defaultdict
from datetime import timedelta
from itertools import combinations, pairwise
from uuid import UUID

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from insights.admin.dashboard.charts import Bars, Panel
from insights.models import (
    Cluster,
    ClusterStatus,
    EventKind,
    Insight,
    InsightStatus,
    MergeDecision,
    PairLabel,
    ReviewEvent,
)
from insights.models.merge_decision import HUMAN_KINDS
from insights.review.labels import Pair, labels_of

DAYS = 14
REVIEWERS = 5  # with a colour of their own
AGES = [("today", 0), ("1–2 days", 1), ("3–6 days", 3), ("1–3 weeks", 7), ("longer", 28)]
JUDGED = 2000  # the latest decisions among which doubly judged pairs are looked for


def review_panels(request: HttpRequest) -> list[Panel]:
    if not request.user.has_perm("insights.view_cluster"):
        return []
    return [_open(), _decisions(), _agreement(), _labels()]


def _open() -> Panel:
    now = timezone.now()
    edges = [now - timedelta(days=days) for _, days in AGES] + [None]
    counts = Cluster.objects.filter(status=ClusterStatus.OPEN).aggregate(
        total=Count("pk"),
        near=Count("pk", filter=Q(has_near_miss=True)),
        held=Count("pk", filter=Q(held_until__gt=now)),
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
        figures=[(f"in {DAYS} days", f"{total:,}"), ("reviewers", f"{len(ranked)}")],
        chart=Bars("Decisions by day", [f"{day:%m-%d}" for day in days], series),
    )


def _agreement() -> Panel:
    doubly = _judged_twice()
    kappa = cohens_kappa(doubly)
    shown = "–" if kappa is None else f"{kappa:.2f}"
    return Panel(
        title="Agreement between reviewers",
        figures=[("Cohen’s kappa", shown), ("pairs that two people judged", f"{len(doubly):,}")],
        sentences=[]
        if doubly
        else [
            (
                "No two people have judged the same pair yet. “Unsure”, and changing what somebody "
                "else decided, make such pairs."
            )
        ],
    )


def cohens_kappa(judged: list[tuple[bool, bool]]) -> float | None:
    """Agreement beyond chance of two raters (Cohen 1960), from -1 to 1.

    None without pairs, and when both raters gave one label only, so that chance explains it all.
    """
    if not judged:
        return None
    n = len(judged)
    observed = sum(one == other for one, other in judged) / n
    first, second = sum(one for one, _ in judged) / n, sum(other for _, other in judged) / n
    expected = first * second + (1 - first) * (1 - second)
    return None if expected == 1 else (observed - expected) / (1 - expected)


def _judged_twice() -> list[tuple[bool, bool]]:
    """For each pair that two people judged, the first two verdicts; in the latest decisions.

    What somebody undid of their own was a slip and does not count; what another undid does.
    """
    decisions = (
        MergeDecision.objects.filter(kind__in=HUMAN_KINDS)
        .exclude(undone_by__isnull=False, undone_by=F("actor"))
        .prefetch_related("members")
        .order_by("-decided_at")[:JUDGED]
    )
    said: dict[Pair, dict[UUID | int, bool]] = defaultdict(dict)
    for decision in reversed(decisions):
        for pair, is_same in labels_of(decision.kind, decision.members.all()).items():
            said[pair].setdefault(decision.actor_id or 0, is_same)
    return [
        (one, other)
        for verdicts in said.values()
        for one, other in list(combinations(verdicts.values(), 2))[:1]
    ]


def _labels() -> Panel:
    labels = PairLabel.objects.aggregate(
        same=Count("pk", filter=Q(is_same=True)), different=Count("pk", filter=Q(is_same=False))
    )
    insights = Insight.objects.exclude(status=InsightStatus.RETIRED).aggregate(
        total=Count("pk"), merged=Count("pk", filter=Q(status=InsightStatus.MERGED))
    )
    share = insights["merged"] / insights["total"] if insights["total"] else 0
    return Panel(
        title="What people have taught",
        figures=[
            ("pairs: the same", f"{labels['same']:,}"),
            ("pairs: not the same", f"{labels['different']:,}"),
            ("of all insights are merged", f"{share:.0%}"),
        ],
    )
