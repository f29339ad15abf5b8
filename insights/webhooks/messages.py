"""Notices in words, for people: what each is about, and the sentence that tells of one."""

from insights.models import Notice
from insights.types import JSONMapping

ABOUT = {
    Notice.INSIGHT_REPEATED: "A known insight is said again",
    Notice.INSIGHT_SPIKE: "An insight is said much more often than before",
    Notice.CONTRADICTION_FOUND: "Two insights contradict each other",
    Notice.WEEKLY_DIGEST: "The week in numbers, on Mondays",
    Notice.AUTO_MERGE_STOPPED: "Automatic merging was stopped",
    Notice.VERSION_ACTIVATED: "A model version was activated",
    Notice.JOB_FINISHED: "A run ended: reading, clustering, training",
    Notice.CLUSTER_DECIDED: "Somebody decided a cluster",
}
RUNS = {
    "processingrun": "Reading a source",
    "clusteringrun": "Clustering",
    "retrainingrun": "Retraining",
}


def sentence(notice: str, data: JSONMapping) -> str:
    """Return the notice in one sentence; it holds no markup, and statements are quoted."""
    match notice:
        case Notice.TEST:
            return "A test from Insight Dedup: this address is told about events."
        case Notice.JOB_FINISHED:
            name = RUNS.get(str(data.get("kind")), "A training job")
            return f"{name} has ended: {data.get('status')}."
        case Notice.VERSION_ACTIVATED:
            return f"Version {data.get('version')} is active now."
        case Notice.AUTO_MERGE_STOPPED:
            return f"Automatic merging was stopped: {data.get('reason')}"
        case Notice.CLUSTER_DECIDED:
            return f"A cluster was decided: {data.get('kind')}."
    return ABOUT[Notice(notice)]
