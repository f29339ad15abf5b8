"""An insight's page: its mentions, similar insights, and its history."""

from django.db.models import Q
from django.http import HttpRequest

from insights.admin.repository.trend import timeline
from insights.embedding.nearest import nearest_to
from insights.models import (
    Cluster,
    ConflictVerdict,
    DecisionMember,
    Insight,
    InsightSource,
    InsightStatus,
    InsightTag,
    PairLabel,
)
from insights.models.decision import Verdict
from insights.registry import insight_panels

LISTED = 20
SIMILAR = 10
LEAST_SIMILARITY = 0.5


def history_of(request: HttpRequest, insight: Insight) -> dict[str, object]:
    """Return the page's parts, each bounded: one row more than is shown tells of more."""
    most = LISTED + 1
    return {
        "found": InsightSource.objects.filter(insight=insight)
        .select_related("source", "origin_insight")
        .order_by("said_on", "created_at", "pk")[:most],
        "came_from": InsightSource.objects.filter(origin_insight=insight)
        .exclude(insight=insight)
        .select_related("source")
        .order_by("said_on", "created_at", "pk")[:most],
        "merged": Insight.objects.filter(merged_into=insight).order_by("created_at", "pk")[:most],
        "decisions": DecisionMember.objects.filter(insight=insight)
        .select_related("decision__actor", "decision__canonical")
        .order_by("-decision__decided_at")[:most],
        "clusters": Cluster.objects.filter(members__insight=insight).order_by("-created_at")[:most],
        "labels": _labels(insight, most),
        "replacements": _replacements(insight),
        "tags": InsightTag.objects.filter(Q(insight=insight) | Q(insight__merged_into=insight))
        .order_by("name")
        .values_list("name", flat=True)
        .distinct(),
        "timeline": timeline(insight),
        "panels": [panel(request, insight) for panel in insight_panels],
        "similar": nearest_to(insight, limit=SIMILAR, least_similarity=LEAST_SIMILARITY)
        if insight.status == InsightStatus.ACTIVE
        else [],
        "listed": LISTED,
    }


def _replacements(insight: Insight) -> list[tuple[bool, Insight, ConflictVerdict]]:
    """Return whether the insight is the outdated one, the other side, and the verdict."""
    verdicts = (
        ConflictVerdict.objects.filter(
            Q(insight1=insight) | Q(insight2=insight),
            verdict=Verdict.ONE_HOLDS,
            decision__undone_at__isnull=True,
        )
        .select_related("insight1", "insight2", "decision__actor")
        .order_by("-decision__decided_at")[:LISTED]
    )
    return [
        (
            one.holds_id != insight.pk,
            one.insight1 if one.insight2_id == insight.pk else one.insight2,
            one,
        )
        for one in verdicts
    ]


def _labels(insight: Insight, most: int) -> list[tuple[Insight, PairLabel]]:
    """Return the other side of each label, with the label, by two index scans instead of one OR."""
    found: list[tuple[Insight, PairLabel]] = []
    for mine, other in (("insight1", "insight2"), ("insight2", "insight1")):
        labels = (
            PairLabel.objects.filter(**{mine: insight})
            .select_related(other, "decision__actor")
            .order_by("pk")[:most]
        )
        found += [(getattr(label, other), label) for label in labels]
    return found[:most]
