"""Notices in words: a title for each kind, and a sentence for each notice."""

from insights.models import Insight, Notice
from insights.text.plural import counted
from insights.types import JSONMapping, JSONObject

ABOUT = {
    Notice.INSIGHT_REPEATED: "A known insight is mentioned again",
    Notice.INSIGHT_SPIKE: "An insight is mentioned much more often than before",
    Notice.CONTRADICTION_FOUND: "Two insights contradict each other",
    Notice.WEEKLY_DIGEST: "The week in numbers, on Mondays",
    Notice.AUTO_MERGE_STOPPED: "Automatic merging was stopped",
    Notice.VERSION_ACTIVATED: "A model version was activated",
    Notice.JOB_FINISHED: "A run ended: reading, clustering, training",
    Notice.CLUSTER_DECIDED: "Somebody decided a cluster",
}
LONGEST = 200  # characters of a statement
RUNS = {
    "processingrun": "Reading a source",
    "clusteringrun": "Clustering",
    "retrainingrun": "Retraining",
}


def sentence(notice: str, data: JSONMapping) -> str:
    """Return the notice in one sentence; it holds no markup, and statements are quoted."""
    match notice:
        case Notice.TEST:
            return "A test from Insight Dedup: this address receives notices."
        case Notice.JOB_FINISHED:
            name = RUNS.get(str(data.get("kind")), "A training job")
            return f"{name} has ended: {data.get('status')}."
        case Notice.VERSION_ACTIVATED:
            return f"Version {data.get('version')} is active now."
        case Notice.AUTO_MERGE_STOPPED:
            return f"Automatic merging was stopped: {data.get('reason')}"
        case Notice.CLUSTER_DECIDED:
            return f"A cluster was decided: {data.get('kind')}."
        case Notice.WEEKLY_DIGEST:
            said = (
                f"This week: {counted(data['new_insights'], 'new insight')}, "
                f"{counted(data['decisions'], 'decision')}, "
                f"{data['merged_by_the_model']:,} merged by the model; "
                f"{counted(data['clusters_open'], 'cluster')} left to review."
            )
            return f"{said} Most mentioned: {_named(data)}." if data["most_said"] else said
    return f"{ABOUT[Notice(notice)]} ({data['count']:,}): {_named(data)}."


def with_statements(data: JSONMapping) -> JSONObject:
    """Return the data with the statement of each named insight as it is now.

    They are not stored with the notice, so that erasing a person leaves no copy.
    """
    lists = {name: data[name] for name in ("insights", "most_said") if data.get(name)}
    ids = {one["id"] for rows in lists.values() for one in rows}
    statement = {
        str(pk): text
        for pk, text in Insight.objects.filter(pk__in=ids).values_list("pk", "statement")
    }
    return {
        **data,
        **{
            name: [
                {**one, "statement": statement[one["id"]]} for one in rows if one["id"] in statement
            ]
            for name, rows in lists.items()
        },
    }


def _named(data: JSONMapping) -> str:
    rows = data.get("most_said") or data.get("insights") or []
    quoted = [f"“{one['statement'][:LONGEST]}”" for one in rows]
    more = data.get("count", 0) - len(rows)
    return ", ".join(quoted) + (f" and {more:,} more" if more > 0 else "")
