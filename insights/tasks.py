"""Celery tasks: load by id, call one service, return a small dict. Each may run twice."""

from uuid import UUID

from celery import shared_task

from insights.audit.answers import settle_by_decisions
from insights.audit.sampling import draw
from insights.clustering.run import (
    AlreadyRunning,
    anything_to_do,
    queue_automatic,
    run_clustering,
)
from insights.clustering.shards import prune_joins, take_shards
from insights.embedding import map as maps
from insights.embedding.service import embed_missing
from insights.ingest.pipeline import AlreadyProcessing, process
from insights.ingest.removal.source import purge_removed
from insights.jobs.enqueue import enqueue_run
from insights.jobs.locks import advisory_lock
from insights.jobs.recovery import lost_runs
from insights.models import BulkRun, ClusteringRun, ProcessingRun, RunStatus
from insights.models.run import UNFINISHED
from insights.review import bulk
from insights.types import JSONObject
from insights.webhooks import watch as watching
from insights.webhooks.notify import deliver_due, mail, prune_deliveries

# A long source is processed in slices of this length, far below the tasks' time limit, so others
# get a turn and a worker that is asked to stop need not be killed.
CHUNK_SECONDS = 600.0


@shared_task
def process_source(run_id: str) -> JSONObject:
    queued = ProcessingRun.objects.select_related("source").filter(pk=UUID(run_id)).first()
    if queued is None:
        return {"skipped": "the source was deleted"}
    try:
        run = process(queued.source, queued=queued, seconds=CHUNK_SECONDS)
    except AlreadyProcessing as error:
        return {"skipped": str(error)}
    if run.status == RunStatus.QUEUED:
        enqueue_run(run)
    elif not ProcessingRun.objects.filter(status__in=UNFINISHED).exists() and anything_to_do():
        enqueue_run(queue_automatic())
    return {"run": str(run.pk), "status": run.status}


@shared_task
def cluster_all(run_id: str | None = None) -> JSONObject:
    """Work on a queued run; without one, cluster everything automatically."""
    return _cluster(ClusteringRun.objects.get(pk=UUID(run_id)) if run_id else None)


@shared_task
def compare_shards(run_id: str, folder: str) -> JSONObject:
    """Help a clustering run with its join, as long as there are shards to take."""
    run = ClusteringRun.objects.filter(pk=UUID(run_id), status=RunStatus.RUNNING).first()
    return {"compared": take_shards(run, folder)} if run else {"skipped": "the run has ended"}


@shared_task
def cluster_new() -> JSONObject:
    """Run incremental clustering if anything has changed since the last run."""
    if not anything_to_do():
        return {"skipped": "nothing has changed since the last run"}
    return _cluster(queue_automatic())


def _cluster(queued: ClusteringRun | None) -> JSONObject:
    """Cluster, then hand over the run that was queued meanwhile and found the lock taken."""
    try:
        run = run_clustering(queued=queued, is_automatic=queued is None)
    except AlreadyRunning as error:
        return {"skipped": str(error)}
    waiting = ClusteringRun.objects.filter(status=RunStatus.QUEUED).first()
    if waiting is not None:
        enqueue_run(waiting)
    return {"run": str(run.pk), "status": run.status}


@shared_task
def embed_missing_vectors() -> JSONObject:
    """Embed insights that a failed call or an interrupted change of the model left out."""
    with advisory_lock("embed missing") as free:
        return {"embedded": embed_missing()} if free else {"skipped": "another process is at it"}


@shared_task
def draw_map() -> JSONObject:
    """Compute the positions of the map of insights."""
    with advisory_lock("draw map") as free:
        return {"placed": maps.draw_map()} if free else {"skipped": "another process is at it"}


@shared_task
def prune() -> JSONObject:
    return {
        "webhook_deliveries": prune_deliveries(),
        "removed_sources": purge_removed(),
        "joins": prune_joins(),
    }


@shared_task
def sweep_lost() -> JSONObject:
    """Queue again the work that no worker has."""
    return {"handed_over": sum(enqueue_run(run) for run in lost_runs())}


@shared_task
def decide_in_bulk(run_id: str) -> JSONObject:
    """Approve or undo a batch that a person asked for."""
    run = bulk.work(BulkRun.objects.get(pk=UUID(run_id)), seconds=CHUNK_SECONDS)
    if run.status == RunStatus.QUEUED:
        enqueue_run(run)
    return {"run": run_id, "status": run.status, **run.counts}


@shared_task
def heartbeat() -> JSONObject:
    """Do nothing: completing proves that the queue moves (dedup_project.schedules)."""
    return {}


@shared_task
def draw_audit() -> JSONObject:
    settled = settle_by_decisions()
    return {"drawn": draw(), "settled": settled}


@shared_task
def watch() -> JSONObject:
    """Send the notices that people and webhooks subscribed to."""
    return {**watching.watch()}


@shared_task
def weekly_digest() -> JSONObject:
    watching.digest()
    return {}


@shared_task
def mail_notice(notice: str, data: JSONObject) -> JSONObject:
    return {"sent": mail(notice, data)}


@shared_task
def deliver_webhooks() -> JSONObject:
    return {**deliver_due()}
