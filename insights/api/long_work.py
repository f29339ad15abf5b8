"""Work longer than a request: given to a worker (202), or done in the request (200)."""

from uuid import UUID

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from insights.api.http.problems import Conflict
from insights.clustering.run import AlreadyRunning, queue_clustering, run_clustering
from insights.ingest.pipeline import process
from insights.ingest.sources import queue_processing
from insights.jobs.enqueue import enqueue_run
from insights.models import ClusteringRun, ProcessingRun, RunStatus, Source

POLL_AFTER = 1  # seconds


def start_clustering(request: Request) -> tuple[ClusteringRun, bool]:
    """Return the run, and whether a worker has it; without a broker it is done already."""
    if left := _left_by_first_try(request):
        return left, True
    run = None
    try:
        run = queue_clustering(started_by=request.user)
        if enqueue_run(run):
            run.refresh_from_db()
            return run, True
        return run_clustering(queued=run), False
    except AlreadyRunning:
        if run is not None:
            return run, True  # it starts when the automatic run that it replaces has stopped
        running = ClusteringRun.objects.filter(status=RunStatus.RUNNING).first()
        task = {"task": task_url(request, running.pk)} if running else {}
        raise Conflict(
            "Clustering is already running. Wait for its task to end, or cancel it.",
            code="already_running",
            **task,  # type: ignore[arg-type]
        ) from None


def start_processing(request: Request, source: Source) -> tuple[ProcessingRun, bool]:
    run = queue_processing(source, started_by=request.user)
    if enqueue_run(run):
        run.refresh_from_db()
        return run, True
    return process(source, queued=run), False


def _left_by_first_try(request: Request) -> ClusteringRun | None:
    """Return the run of a request that was sent before and whose process died after it."""
    first_tried_at = getattr(request, "first_tried_at", None)
    if first_tried_at is None:
        return None
    return ClusteringRun.objects.filter(
        started_by_id=request.user.pk, started_at__gte=first_tried_at
    ).last()


def task_url(request: Request, pk: UUID) -> str:
    return reverse("api:task", kwargs={"id": pk}, request=request)


def accepted(request: Request, pk: UUID, body: object, *, handed_over: bool) -> Response:
    if not handed_over:
        return Response(body)
    headers = {"Location": task_url(request, pk), "Retry-After": str(POLL_AFTER)}
    return Response(body, status=status.HTTP_202_ACCEPTED, headers=headers)
