"""Fine-tuning as a task."""

from uuid import UUID

from finetuning.errors import NotPossible
from finetuning.lifecycle import polling
from finetuning.models import DeduplicationModel, HostedJob, ModelStatus
from finetuning.permissions import CHANGE_MODEL, VIEW_MODEL
from insights.api.tasks import TaskKind
from insights.jobs.heartbeats import silence
from insights.models import Scope
from insights.permissions import Actor
from insights.registry import task_kinds
from insights.types import JSONObject

WAITING = (ModelStatus.VALIDATING_FILES, ModelStatus.QUEUED)


def _find(pk: UUID) -> DeduplicationModel | None:
    return DeduplicationModel.objects.defer("parameters", "training_stats").filter(pk=pk).first()


def waiting_for(model: DeduplicationModel) -> str | None:
    """Return what holds it up: trouble with its provider, or that no worker reports."""
    if model.is_finished:
        return None
    trouble = HostedJob.objects.filter(model=model).values_list("trouble", flat=True).first()
    if trouble:
        _, _, said = trouble.partition(": ")  # after the error's name
        return said
    return silence("train") if model.status in WAITING else None


def _show(model: DeduplicationModel) -> JSONObject:
    finished = model.is_finished and not model.lacks_evaluation
    return {
        "id": model.pk,
        "kind": "fine_tuning",
        "status": model.job_status,
        "is_finished": finished,
        "cancel_requested": model.status == ModelStatus.CANCELLED,
        "progress": None,
        "waiting_for": waiting_for(model),
        "result": {"version": model.version, "held_out": model.metrics.get("held_out")}
        if model.job_status == ModelStatus.SUCCEEDED
        else None,
        "error": model.error or None,
        "resource": f"/api/v1/models/{model.pk}",
        "started_at": model.created_at,
        "finished_at": model.finished_at if finished else None,
    }


def _cancel(model: DeduplicationModel, actor: Actor) -> bool:
    try:
        polling.cancel(model, actor=actor)
    except NotPossible:
        return False
    return True


task_kinds.append(
    TaskKind(
        cancel_scope=Scope.TRAIN,
        view_permission=VIEW_MODEL,
        cancel_permission=CHANGE_MODEL,
        find=_find,
        show=_show,
        cancel=_cancel,
    )
)
