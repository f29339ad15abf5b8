"""The guide's fine-tune-model, and the base of the guide's endpoints, in its camelCase."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from finetuning.api.problems import FineTuningErrors
from finetuning.api.start import start
from finetuning.api.tasks import waiting_for
from finetuning.models import Backend, DeduplicationModel
from finetuning.models.deduplication_model import TERMINAL
from finetuning.permissions import ADD_MODEL, VIEW_MODEL
from insights.api.guide import GuideView
from insights.api.http.access import Access
from insights.api.http.base import Query
from insights.api.http.fields import Choice, Words
from insights.api.http.idempotency import idempotent
from insights.api.http.links import Link
from insights.api.long_work import POLL_AFTER, task_url
from insights.ids import as_uuid
from insights.models import Scope

MAX_NAME = 128
STATS = ("approved_merges", "rejected_clusters", "partial_merges")


class FineTuningGuideView(FineTuningErrors, GuideView):
    pass


class TrainingDataStatsSerializer(serializers.Serializer[Any]):
    approved_merges = serializers.IntegerField()
    rejected_clusters = serializers.IntegerField()
    partial_merges = serializers.IntegerField()


class StartSerializer(serializers.Serializer[Any]):
    baseModel = Words(
        required=False,
        max_length=MAX_NAME,
        help_text="Where no hosted backend is set up, the local trainer takes its place.",
    )
    backend = Choice(
        choices=Backend.choices, required=False, help_text="Default: chosen by baseModel."
    )


class StartedSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    fineTuneJobId = serializers.CharField(
        help_text="Until the provider gives one, the version's own id; jobId takes both."
    )
    trainingFileId = serializers.CharField()
    modelVersion = serializers.IntegerField()
    trainingDataStats = TrainingDataStatsSerializer()
    message = serializers.CharField()


class JobQuery(Query):
    jobId = Words(max_length=MAX_NAME)


class JobSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    fineTuneJobId = serializers.CharField()
    status = serializers.CharField(
        help_text="validating_files, queued, running, succeeded, failed or cancelled."
    )
    error = serializers.CharField(allow_null=True)
    waitingFor = serializers.CharField(
        allow_null=True,
        help_text="What holds it up: no worker reports, or the provider cannot be reached.",
    )
    modelId = serializers.UUIDField()
    modelVersion = serializers.IntegerField()
    backend = serializers.CharField()
    baseModel = serializers.CharField()
    fineTunedModel = serializers.CharField(allow_null=True)
    trainingFileId = serializers.CharField(allow_null=True)
    createdAt = serializers.DateTimeField()
    finishedAt = serializers.DateTimeField(allow_null=True)


class FineTuneModel(FineTuningGuideView):
    access = {
        "GET": Access(Scope.READ, VIEW_MODEL),
        "POST": Access(Scope.TRAIN, ADD_MODEL),
    }
    links = [Link("POST", "get_fine_tune_job", "$response.body#/fineTuneJobId", "jobId")]
    query_serializer = JobQuery
    problems = (404, 502)

    @extend_schema(operation_id="get_fine_tune_job", responses=JobSerializer)
    def get(self, request: Request) -> Response:
        """Get the status of a job. When it has failed, `error` says why."""
        job = self.params["jobId"]
        model = (
            DeduplicationModel.objects.defer("parameters", "training_stats")
            .filter(Q(fine_tune_job_id=job) | Q(pk=as_uuid(job)))
            .first()
        )
        if model is None:
            raise NotFound(
                f"There is no fine-tuning job “{job}”. GET model-status lists the models with "
                "their job ids."
            )
        body = {
            "success": True,
            "fineTuneJobId": _job_id(model),
            "status": model.job_status,
            "error": model.error or None,
            "waitingFor": waiting_for(model),
            "modelId": str(model.pk),
            "modelVersion": model.version,
            "backend": model.backend,
            "baseModel": model.base_model,
            "fineTunedModel": model.fine_tuned_model_id or None,
            "trainingFileId": model.training_file_id,
            "createdAt": model.created_at,
            "finishedAt": None if model.lacks_evaluation else model.finished_at,
        }
        headers = {} if model.job_status in TERMINAL else {"Retry-After": str(POLL_AFTER)}
        return Response(body, headers=headers)

    @extend_schema(
        operation_id="fine_tune_model", request=StartSerializer, responses={202: StartedSerializer}
    )
    @idempotent(atomic=False)
    def post(self, request: Request) -> Response:
        """Train a new version on the current decisions.

        Follow it by `fineTuneJobId` here, or as a task at the address in Location.
        """
        data = self.body(StartSerializer)
        model = start(request, base_model=data.get("baseModel"), backend=data.get("backend"))
        body = {
            "success": True,
            "fineTuneJobId": _job_id(model),
            "trainingFileId": model.training_file_id or "",
            "modelVersion": model.version,
            "trainingDataStats": {name: model.training_stats[name] for name in STATS},
            "message": _started(request, model, data.get("baseModel")),
        }
        return Response(
            body,
            status=status.HTTP_202_ACCEPTED,
            headers={
                "Location": task_url(request, model.pk),
                "Retry-After": str(POLL_AFTER),
            },
        )


def _job_id(model: DeduplicationModel) -> str:
    return model.fine_tune_job_id or str(model.pk)


def _started(request: Request, model: DeduplicationModel, asked_for: str | None) -> str:
    own = f"{request.build_absolute_uri(request.path)}?jobId={_job_id(model)}"
    if not model.fine_tune_job_id:
        trouble = waiting_for(model) or "A worker continues it."
        return f"{model} is stored, and not with its provider yet. {trouble} See: {own}"
    is_hosted = model.backend == Backend.OPENAI and not settings.OPENAI_BASE_URL
    place = f"https://platform.openai.com/finetune/{model.fine_tune_job_id}" if is_hosted else own
    message = f"Fine-tuning job created. Monitor progress at: {place}"
    if asked_for and asked_for != model.base_model:
        return (
            f"No hosted backend is set up here, so {model.base_model} is trained in place of "
            f"{asked_for}. {message}"
        )
    return message
