"""Long work as tasks: one address to follow and to cancel whatever it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access, require_access
from insights.api.http.base import ApiView, NoBody, etag_of
from insights.api.http.idempotency import idempotent
from insights.api.http.problems import Conflict
from insights.api.long_work import POLL_AFTER
from insights.jobs.heartbeats import silence
from insights.models import ClusteringRun, ProcessingRun, RunStatus, Scope
from insights.models.run import AnyRun, Run
from insights.registry import task_kinds
from insights.types import JSONObject


class TaskProgressSerializer(serializers.Serializer[Any]):
    step = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class TaskSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="processing, clustering or fine_tuning.")
    status = serializers.CharField(
        help_text="queued, running, succeeded, failed or cancelled; the last three are final. "
        "Fine-tuning starts as validating_files."
    )
    is_finished = serializers.BooleanField()
    cancel_requested = serializers.BooleanField()
    progress = TaskProgressSerializer(allow_null=True)
    waiting_for = serializers.CharField(
        allow_null=True,
        help_text="What holds it up: no worker reports, or the provider cannot be reached.",
    )
    result = serializers.JSONField(allow_null=True, help_text="When it has succeeded.")
    error = serializers.CharField(allow_null=True, help_text="Why it failed or was cancelled.")
    resource = serializers.CharField(help_text="Path of the run or model that it is about.")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


@dataclass(frozen=True, slots=True)
class TaskKind:
    """One kind of long work.

    `find` returns the row or None, `show` a TaskSerializer's data, `cancel` whether it took effect.
    """

    cancel_scope: str
    view_permission: str
    cancel_permission: str
    find: Callable[[UUID], Any]
    show: Callable[[Any], dict[str, Any]]
    cancel: Callable[[Any, Any], bool]


def run_kind(runs: QuerySet[AnyRun], kind: str, resource: str, queue: str) -> TaskKind:
    """Return a kind of task for runs, which are shown under `/api/v1/{resource}/`."""

    def show(run: Run) -> JSONObject:
        finished = run.finished_at is not None
        return {
            "id": run.pk,
            "kind": kind,
            "status": run.status,
            "is_finished": finished,
            "cancel_requested": run.cancel_requested_at is not None,
            "progress": {
                "step": run.progress_step,
                "done": run.progress_done,
                "total": run.progress_total,
            },
            "waiting_for": silence(queue) if run.status == RunStatus.QUEUED else None,
            "result": {"counts": run.counts, "seconds": run.timings}
            if run.status == RunStatus.SUCCEEDED
            else None,
            "error": run.error or None,
            "resource": f"/api/v1/{resource}/{run.pk}",
            "started_at": run.started_at,
            "finished_at": run.finished_at,
        }

    name = runs.model._meta.model_name
    return TaskKind(
        cancel_scope=Scope.INGEST,
        view_permission=f"insights.view_{name}",
        cancel_permission=f"insights.change_{name}",
        find=lambda pk: runs.filter(pk=pk).first(),
        show=show,
        cancel=lambda run, actor: run.cancel(),
    )


task_kinds += [
    run_kind(ProcessingRun.objects.all(), "processing", "processing-runs", "ingest"),
    run_kind(ClusteringRun.objects.all(), "clustering", "clustering-runs", "cluster"),
]


class TaskView(ApiView):
    """Base of the task views; the required permission depends on the kind of task found."""

    def task(self, pk: UUID, *, to_cancel: bool) -> tuple[TaskKind, Any]:
        for kind in task_kinds:
            row = kind.find(pk)
            if row is None:
                continue
            require_access(
                self.request,
                Access(kind.cancel_scope, kind.cancel_permission)
                if to_cancel
                else Access(Scope.READ, kind.view_permission),
            )
            return kind, row
        raise NotFound(
            f"There is no task {pk}. The answer to the POST that starts a task has its address."
        )


class TaskDetail(TaskView):
    access = {"GET": Access(Scope.READ)}

    @extend_schema(operation_id="get_task", responses=TaskSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get a task's progress; poll as often as Retry-After says.

        Needs the permission to view runs of this kind, or models.
        """
        kind, row = self.task(id, to_cancel=False)
        shown = kind.show(row)
        response = self.conditional(etag_of(shown), lambda: TaskSerializer(shown).data)
        if not shown["is_finished"]:
            response["Retry-After"] = str(POLL_AFTER)
        return response


class TaskCancel(TaskView):
    access = {"POST": Access(Scope.READ)}

    @extend_schema(operation_id="cancel_task", request=None, responses=TaskSerializer)
    @idempotent(atomic=False)
    def post(self, request: Request, id: UUID) -> Response:
        """Cancel a queued task at once, a running one after its current step.

        Nothing is left half written. Needs the scope that starts such a task (ingest or
        train) and the permission to change its subject.
        """
        kind, row = self.task(id, to_cancel=True)
        self.body(NoBody)
        if not kind.cancel(row, request.user):
            shown = kind.show(row)
            raise Conflict(
                f"It has ended already ({shown['status']}): nothing is left to cancel."
                if shown["is_finished"]
                else f"It is {shown['status']} and asked to stop already. Follow it until it ends.",
                code="not_cancellable",
            )
        return Response(TaskSerializer(kind.show(row)).data)
