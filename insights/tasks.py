"""Celery tasks: load by id, call one service, return a small dict. Each may run twice."""

from typing import Any, TypeVar
from uuid import UUID

from celery import shared_task
from django.contrib.auth import get_user_model

from insights.clustering.run import AlreadyRunning, run_clustering
from insights.ingest.pipeline import AlreadyProcessing, process
from insights.models import ClusteringRun, ProcessingRun, Source
from insights.models.run import Run

AnyRun = TypeVar("AnyRun", bound=Run)


@shared_task
def process_source(
    source_id: str, user_id: int | None = None, run_id: str | None = None
) -> dict[str, Any]:
    source = Source.objects.filter(pk=UUID(source_id)).first()
    if source is None:
        return {"skipped": "the source was deleted"}
    try:
        run = process(source, started_by=_user(user_id), queued=_queued(ProcessingRun, run_id))
    except AlreadyProcessing as error:
        return {"skipped": str(error)}
    return {"run": str(run.pk), "status": run.status}


@shared_task
def cluster_all(user_id: int | None = None, run_id: str | None = None) -> dict[str, Any]:
    try:
        run = run_clustering(started_by=_user(user_id), queued=_queued(ClusteringRun, run_id))
    except AlreadyRunning as error:
        return {"skipped": str(error)}
    return {"run": str(run.pk), "status": run.status}


def _queued(kind: type[AnyRun], run_id: str | None) -> AnyRun | None:
    return kind._default_manager.get(pk=UUID(run_id)) if run_id else None


def _user(user_id: int | None) -> Any:
    return get_user_model().objects.filter(pk=user_id).first() if user_id else None
