"""The guide's endpoint of this app, cluster-all, in the guide's camelCase."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access
from insights.api.http.base import ApiView, NoBody
from insights.api.http.idempotency import idempotent
from insights.api.http.links import follow
from insights.api.http.problems import Problem
from insights.api.long_work import accepted, start_clustering, task_url
from insights.jobs.heartbeats import silence
from insights.models import RunStatus, Scope
from insights.permissions import ADD_CLUSTERING


class GuideView(ApiView):
    """Errors carry `success` and `error`, too, as the guide's scripts look for them."""

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        message = exc.members.get("error") if isinstance(exc, Problem) else None
        response.data |= {"success": False, "error": message or response.data["detail"]}
        return response


class ClusterAllSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    runId = serializers.UUIDField()
    status = serializers.CharField(help_text="queued, running, succeeded, failed or cancelled.")
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="Empty until it has succeeded."
    )
    taskUrl = serializers.CharField()
    message = serializers.CharField()


class ClusterAll(GuideView):
    access = {"POST": Access(Scope.INGEST, ADD_CLUSTERING)}
    links = follow("$response.body#/runId")

    @extend_schema(
        operation_id="cluster_all",
        request=None,
        responses={202: ClusterAllSerializer, 200: ClusterAllSerializer},
    )
    @idempotent(atomic=False)
    def post(self, request: Request) -> Response:
        """Cluster all active insights.

        202 if a worker does it: follow `taskUrl`. 200 if no broker could be reached and the request
        has done it.
        """
        self.body(NoBody)
        run, handed_over = start_clustering(request)
        url = task_url(request, run.pk)
        waiting = silence("cluster") if run.status == RunStatus.QUEUED else None
        message = (
            " ".join(filter(None, [f"Clustering waits for a worker. Follow it at: {url}", waiting]))
            if handed_over
            else f"Clustering has ended: {run.status}."
        )
        body = {
            "success": True,
            "runId": str(run.pk),
            "status": run.status,
            "counts": run.counts,
            "taskUrl": url,
            "message": message,
        }
        return accepted(request, run.pk, body, handed_over=handed_over)
