"""Quality of the automatic merges, measured with the gold labels."""

from datetime import datetime

from dedup_project.demo.gold import Gold
from insights.models import DecisionKind, Insight, InsightOrigin, MemberRole, MergeDecision
from insights.types import JSONObject


def auto_merge_scores(gold: Gold, since: datetime) -> JSONObject:
    """Count the automatic merges since a moment, with their precision and recall.

    Precision is the share of merges whose two statements are one gold insight. Recall is the share
    of later statements repeating an earlier one in other words that were merged into the right
    insight; exact repeats do not count, because they need no model.
    """
    merges = MergeDecision.objects.filter(
        kind=DecisionKind.AUTOMATIC,
        model_id__isnull=False,
        decided_at__gte=since,
        undone_at__isnull=True,
    ).prefetch_related("members__insight")
    right: set[str] = set()
    near_misses = 0
    for merge in merges:
        digests = {member.role: member.insight.content_hash for member in merge.members.all()}
        one, other = (gold.cluster_of[digest] for digest in digests.values())
        if one == other:
            right.add(digests[MemberRole.MERGED])
        elif gold.family_of.get(one, "") == gold.family_of.get(other):
            near_misses += 1
    known: set[str] = set()
    due: set[str] = set()
    rows = Insight.objects.filter(origin=InsightOrigin.EXTRACTED).order_by("created_at", "pk")
    for digest, created_at in rows.values_list("content_hash", "created_at"):
        cluster = gold.cluster_of[digest]
        if created_at >= since and cluster in known:
            due.add(digest)
        known.add(cluster)
    return {
        "count": len(merges),
        "precision": round(len(right) / len(merges), 4) if merges else None,
        "recall": round(len(right & due) / len(due), 4) if due else None,
        "near_misses_merged": near_misses,
    }
