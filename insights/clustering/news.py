"""Is there anything for a clustering run to find that the last one could not see?"""

from django.db.models import Q

from insights.models import ClusteringRun, Insight, MergeDecision, RunStatus


def something_new() -> bool:
    """An insight was made or changed, or a decision taken or undone, since the last run began."""
    last = ClusteringRun.objects.filter(status=RunStatus.SUCCEEDED).first()  # the newest first
    if last is None:
        return Insight.objects.exists()
    since = last.started_at
    return (
        Insight.objects.filter(Q(created_at__gt=since) | Q(updated_at__gt=since)).exists()
        or MergeDecision.objects.filter(Q(decided_at__gt=since) | Q(undone_at__gt=since)).exists()
    )
