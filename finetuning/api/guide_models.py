"""The guide's model-status: all versions, and which one is active."""

from typing import Any
from uuid import UUID

from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from finetuning.api.guide import FineTuningGuideView, TrainingDataStatsSerializer
from finetuning.evaluation.held_out import reviewed_accuracy
from finetuning.lifecycle import activation
from finetuning.models import DeduplicationModel
from finetuning.permissions import CHANGE_MODEL, VIEW_MODEL
from finetuning.training_data.statistics import decision_counts
from insights.api.http.access import Access
from insights.api.http.fields import Choice
from insights.api.http.idempotency import idempotent
from insights.models import PairLabel, Scope
from insights.permissions import Actor
from insights.types import JSONObject


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

    def get_heldOut(self, model: DeduplicationModel) -> JSONObject | None:
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
    force = serializers.BooleanField(
        default=False, help_text="Activate a version even if it measures worse than similarity."
    )


class SwitchedSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    message = serializers.CharField()
    model = GuideModelSerializer()


class ModelStatusView(FineTuningGuideView):
    access = {
        "GET": Access(Scope.READ, VIEW_MODEL),
        "POST": Access(Scope.ADMIN, CHANGE_MODEL),
    }

    @extend_schema(operation_id="get_model_status", responses=AllModelsSerializer)
    def get(self, request: Request) -> Response:
        """List all versions, the active one with its reviewed accuracy, and the decisions."""
        models = list(DeduplicationModel.objects.defer("parameters"))
        active = next((model for model in models if model.is_active), None)
        labels = dict(PairLabel.objects.values_list("is_same").annotate(Count("pk")))
        body = {
            "success": True,
            "activeModel": active,
            "models": models,
            "accuracy": reviewed_accuracy(active) if active else None,
            "trainingDataStats": {
                **decision_counts(),
                "positive_pairs": labels.get(True, 0),
                "negative_pairs": labels.get(False, 0),
            },
        }
        return Response(AllModelsSerializer(body).data)

    @extend_schema(
        operation_id="switch_model", request=SwitchSerializer, responses=SwitchedSerializer
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Activate or deactivate a version; asking twice is harmless.

        409 `not_fit` says why a version should not decide; send `force` to activate it anyway.
        """
        data = self.body(SwitchSerializer)
        model, message = switch(data["modelId"], data["action"], request.user, force=data["force"])
        return Response(
            SwitchedSerializer({"success": True, "message": message, "model": model}).data
        )


def switch(
    model_id: UUID, action: str, actor: Actor, *, force: bool = False
) -> tuple[DeduplicationModel, str]:
    """Raise NotFound, NotFit or NotPossible."""
    model = DeduplicationModel.objects.filter(pk=model_id).first()
    if model is None:
        raise NotFound(f"There is no model {model_id}. GET model-status lists them.")
    if action == "activate":
        return activation.activate_checked(model, actor, force=force), f"{model} is active."
    activation.deactivate(actor, only=model)
    model.refresh_from_db()
    return model, f"{model} is not active."
