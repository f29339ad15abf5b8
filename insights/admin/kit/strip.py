"""The strip on top of every page: how far the work is, and the button of the next step."""

from dataclasses import dataclass
from typing import Literal

from django.db import connection
from django.http import HttpRequest
from django.urls import reverse

from insights.jobs.waiting import remaining
from insights.permissions import ADD_CLUSTERING, ADD_SOURCE, DECIDE_CLUSTER, VIEW_CLUSTER
from insights.registry import progress_steps
from insights.text.plural import counted

COUNTED = 10_000  # open clusters are counted up to this number
_QUERY = """
SELECT EXISTS (SELECT FROM sources) AS has_sources,
       (SELECT count(*) FROM processing_runs WHERE status IN ('queued', 'running')) AS reading,
       run.progress_done, run.progress_total, run.started_at,
       EXISTS (SELECT FROM clustering_runs WHERE status IN ('queued', 'running')) AS clustering,
       EXISTS (SELECT FROM clustering_changes) AS changed,
       (SELECT count(*) FROM (SELECT FROM clusters WHERE status = 'open' LIMIT %s) open) AS open
FROM (SELECT 1) one
LEFT JOIN LATERAL (
    SELECT progress_done, progress_total, started_at FROM processing_runs
    WHERE status = 'running' ORDER BY started_at LIMIT 1
) run ON true
"""


State = Literal["done", "now", "next", "later"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the strip. `state`: done, now (it runs) or next. `post`: its button posts."""

    name: str
    detail: str
    state: State
    url: str = ""
    button: str = ""
    post: bool = False


def steps_for(request: HttpRequest) -> list[Step]:
    """Return the steps that this user may see: one query here, and one per other app."""
    if not request.user.has_perm(VIEW_CLUSTER):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [COUNTED])
        row = cursor.fetchone()
    has_sources, reading, done, total, started, clustering, changed, open_clusters = row
    user = request.user
    steps = [
        Step(
            "Add",
            "" if has_sources else "No source yet",
            "done" if has_sources else "next",
            reverse("admin:insights_source_add") if user.has_perm(ADD_SOURCE) else "",
            "Add sources",
        ),
        Step(
            "Read",
            (remaining(done, total, started) or f"{counted(reading, 'source')} queued")
            if reading
            else "",
            "now" if reading else "done" if has_sources else "later",
            reverse("admin:insights_source_changelist") if reading else "",
        ),
        Step(
            "Cluster",
            *_clustering(clustering, reading, has_sources, changed),
            reverse("admin:insights_clusteringrun_start")
            if changed and not clustering and user.has_perm(ADD_CLUSTERING)
            else "",
            "Cluster now",
            post=True,
        ),
        Step(
            "Review",
            f"{open_clusters:,} left" if open_clusters else "All done" if has_sources else "",
            "next" if open_clusters else "done" if has_sources else "later",
            reverse("admin:review_next") if open_clusters and user.has_perm(DECIDE_CLUSTER) else "",
            "Review now",
            post=True,
        ),
    ]
    for more in progress_steps:
        steps += more(request)
    return steps


def _clustering(running: bool, reading: int, has_sources: bool, changed: bool) -> tuple[str, State]:
    """Return what the step of clustering says, and its state."""
    if running:
        return "Running", "now"
    if reading:
        return "Starts when all is read", "later"
    if changed:
        return "New insights wait", "next"
    return "", "done" if has_sources else "later"
