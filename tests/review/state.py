"""All that a decision may change, as plain data to compare."""

from typing import Any

from insights.models import Cluster, Insight, InsightSource, PairLabel


def snapshot() -> dict[str, Any]:
    """Without the retired statements of decisions that were undone, and without versions."""
    return {
        "insights": sorted(
            Insight.objects.exclude(status="retired").values_list("pk", "status", "merged_into")
        ),
        "sources": sorted(InsightSource.objects.values_list("pk", "insight", "origin_insight")),
        "labels": sorted(PairLabel.objects.values_list("insight1", "insight2", "is_same")),
        "clusters": sorted(
            Cluster.objects.exclude(status="superseded").values_list("pk", "status", "decided_at")
        ),
    }
