"""The guide's addresses about training and models. camelCase, as the guide has it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from finetuning import lifecycle
from finetuning.api.problems import FineTuningErrors
from finetuning.api.start import start
from finetuning.dataset import build_dataset
from finetuning.export import export_json, export_openai_jsonl
from finetuning.models import Backend, DeduplicationModel
from finetuning.selectors import model_status
from insights.api.access import Access
from insights.api.base import Query
from insights.api.guide import GuideView
from insights.api.idempotency import idempotent
from insights.api.long_work import POLL_AFTER, task_url
from insights.api.strict import Choice, Words
from insights.models import Scope

MAX_NAME = 128
STATS = ("approved_merges", "rejected_clusters", "partial_merges")
FORMATS = {"openai_jsonl": ("application/x-ndjson", "jsonl"), "json": ("application/json", "json")}


class FineTuningGuideView(FineTuningErrors, GuideView):
    pass


# --- export-training-data -------------------------------------------------------------------------


class ExportQuery(Query):
    format = Choice(choices=list(FORMATS), default="openai_jsonl")
    stats = serializers.BooleanField(
        default=False, help_text="With statistics; JSON Lines has no place for them."
    )


class ExportTrainingData(FineTuningGuideView):
    access = {"GET": Access(Scope.READ, "finetuning.view_trainingfile")}
    query_serializer = ExportQuery
    problems = (409,)

    @extend_schema(
        operation_id="export_training_data",
        responses={
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """People's decisions as training data, streamed. `openai_jsonl` has the train part, one
        chat example a line; `json` has every pair with its split and, on request, statistics."""
        return stream_training_data(self.params["format"], stats=self.params["stats"])


def stream_training_data(form: str, *, stats: bool) -> StreamingHttpResponse:
    """Raises NoTrainingData before the first byte."""
    dataset = build_dataset()
    pieces = export_json(dataset, stats=stats) if form == "json" else export_openai_jsonl(dataset)
    media_type, suffix = FORMATS[form]
    return StreamingHttpResponse(
        _in_blocks(pieces),
        content_type=f"{media_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="training-data.{suffix}"'},
    )


def _in_blocks(pieces: Iterator[str], size: int = 64 * 1024) -> Iterator[bytes]:
    """A line at a time would be a system call a line."""
    block = bytearray()
    for piece in pieces:
        block += piece.encode()
        if len(block) >= size:
            yield bytes(block)
            block.clear()
    yield bytes(block)


# --- fine-tune-model ------------------------------------------------------------------------------


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
    fineTuneJobId = serializers.CharField()
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
        "GET": Access(Scope.READ, "finetuning.view_deduplicationmodel"),
        "POST": Access(Scope.TRAIN, "finetuning.add_deduplicationmodel"),
    }
    query_serializer = JobQuery
    problems = (404, 502)

    @extend_schema(operation_id="fine_tune_job", responses=JobSerializer)
    def get(self, request: Request) -> Response:
        """How a job stands. When it has failed, `error` says why."""
        job = self.params["jobId"]
        model = (
            DeduplicationModel.objects.defer("parameters", "metrics", "training_stats")
            .filter(fine_tune_job_id=job)
            .first()
        )
        if model is None:
            raise NotFound(
                f"There is no fine-tuning job “{job}”. GET model-status lists the models with "
                "their job ids."
            )
        body = {
            "success": True,
            "fineTuneJobId": model.fine_tune_job_id,
            "status": model.status,
            "error": model.error or None,
            "modelId": str(model.pk),
            "modelVersion": model.version,
            "backend": model.backend,
            "baseModel": model.base_model,
            "fineTunedModel": model.fine_tuned_model_id or None,
            "trainingFileId": model.training_file_id,
            "createdAt": model.created_at,
            "finishedAt": model.finished_at,
        }
        headers = {} if model.is_finished else {"Retry-After": str(POLL_AFTER)}
        return Response(body, headers=headers)

    @extend_schema(
        operation_id="fine_tune_model", request=StartSerializer, responses={202: StartedSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Train a new version on the decisions there are. Follow it by `fineTuneJobId` here, or
        as a task at the address in Location."""
        data = self.body(StartSerializer)
        model = start(request, base_model=data.get("baseModel"), backend=data.get("backend"))
        body = {
            "success": True,
            "fineTuneJobId": model.fine_tune_job_id,
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


def _started(request: Request, model: DeduplicationModel, asked_for: str | None) -> str:
    if model.backend == Backend.OPENAI:
        place = f"https://platform.openai.com/finetune/{model.fine_tune_job_id}"
    else:
        place = f"{request.build_absolute_uri(request.path)}?jobId={model.fine_tune_job_id}"
    message = f"Fine-tuning job created. Monitor progress at: {place}"
    if asked_for and asked_for != model.base_model:
        return (
            f"No hosted backend is set up here, so {model.base_model} is trained in place of "
            f"{asked_for}. {message}"
        )
    return message


# --- model-status ---------------------------------------------------------------------------------


class GuideModelSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The modelId to activate.")
    version = serializers.IntegerField()
    backend = serializers.CharField()
    baseModel = serializers.CharField(source="base_model")
    fineTuneJobId = serializers.CharField(source="fine_tune_job_id")
    fineTunedModel = serializers.CharField(source="fine_tuned_model_id")
    status = serializers.CharField()
    isActive = serializers.BooleanField(source="is_active")
    autoMergeConfidence = serializers.FloatField(source="auto_merge_confidence")
    heldOut = serializers.SerializerMethodField(help_text="Measures on held-out decisions.")
    error = serializers.CharField()
    createdAt = serializers.DateTimeField(source="created_at")
    finishedAt = serializers.DateTimeField(source="finished_at", allow_null=True)
    activatedAt = serializers.DateTimeField(source="activated_at", allow_null=True)

    def get_heldOut(self, model: DeduplicationModel) -> dict[str, Any] | None:
        held_out: dict[str, Any] | None = model.metrics.get("held_out")
        return held_out


class GuideAccuracySerializer(serializers.Serializer[Any]):
    totalReviewed = serializers.IntegerField(source="total_reviewed")
    correct = serializers.IntegerField()
    accuracyPct = serializers.FloatField(source="accuracy_pct", allow_null=True)


class GuideTrainingDataSerializer(TrainingDataStatsSerializer):
    positive_pairs = serializers.IntegerField()
    negative_pairs = serializers.IntegerField()


class AllModelsSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    activeModel = GuideModelSerializer(allow_null=True)
    models = GuideModelSerializer(many=True)
    accuracy = GuideAccuracySerializer(allow_null=True, help_text="Of the active model.")
    trainingDataStats = GuideTrainingDataSerializer()


class SwitchSerializer(serializers.Serializer[Any]):
    modelId = serializers.UUIDField()
    action = Choice(choices=["activate", "deactivate"])


class SwitchedSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    message = serializers.CharField()
    model = GuideModelSerializer()


class ModelStatusView(FineTuningGuideView):
    access = {
        "GET": Access(Scope.READ, "finetuning.view_deduplicationmodel"),
        "POST": Access(Scope.ADMIN, "finetuning.change_deduplicationmodel"),
    }

    @extend_schema(operation_id="model_status", responses=AllModelsSerializer)
    def get(self, request: Request) -> Response:
        """All versions, the active one, its accuracy on reviewed predictions, the decisions."""
        report = model_status()
        stats = {name: getattr(report.decisions, name) for name in STATS}
        stats |= {"positive_pairs": report.positive_pairs, "negative_pairs": report.negative_pairs}
        body = {
            "success": True,
            "activeModel": report.active,
            "models": report.models,
            "accuracy": report.accuracy,
            "trainingDataStats": stats,
        }
        return Response(AllModelsSerializer(body).data)

    @extend_schema(
        operation_id="switch_model", request=SwitchSerializer, responses=SwitchedSerializer
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Let a version decide from now on, or go on without it. Asking twice is harmless."""
        data = self.body(SwitchSerializer)
        model, message = switch(data["modelId"], data["action"], request.user)
        return Response(
            SwitchedSerializer({"success": True, "message": message, "model": model}).data
        )


def switch(model_id: UUID, action: str, actor: Any) -> tuple[DeduplicationModel, str]:
    """Raises NotFound or NotPossible."""
    model = DeduplicationModel.objects.filter(pk=model_id).first()
    if model is None:
        raise NotFound(f"There is no model {model_id}. GET model-status lists them.")
    if action == "activate":
        return lifecycle.activate(model, actor), f"{model} is active."
    try:
        with transaction.atomic():
            before = lifecycle.deactivate(actor)
            if before is not None and before.pk != model.pk:
                raise _AnotherIsActive
    except _AnotherIsActive:
        pass
    model.refresh_from_db()
    return model, f"{model} is not active."


class _AnotherIsActive(Exception):
    """Rolls the deactivation of the wrong version back."""
