"""Serializers of models, their measures and their predictions."""

from typing import Any

from rest_framework import serializers

from finetuning.models import DeduplicationModel, ModelEvent, ModelPrediction
from insights.api.serializers import username
from insights.types import JSONObject


class ModelSerializer(serializers.ModelSerializer[DeduplicationModel]):
    created_by = username("created_by")
    training_file = serializers.CharField(source="training_file_id", allow_null=True)
    held_out = serializers.SerializerMethodField(help_text="Measures on held-out decisions.")

    class Meta:
        model = DeduplicationModel
        fields = (
            "id", "version", "backend", "base_model", "fine_tune_job_id", "fine_tuned_model_id",
            "training_file", "status", "is_active", "auto_merge_confidence", "held_out", "error",
            "created_at", "finished_at", "activated_at", "created_by",
        )  # fmt: skip

    def get_held_out(self, model: DeduplicationModel) -> JSONObject | None:
        held_out: dict[str, Any] | None = model.metrics.get("held_out")
        return held_out


class ModelDetailSerializer(ModelSerializer):
    training_stats = serializers.DictField()

    class Meta(ModelSerializer.Meta):
        fields = (*ModelSerializer.Meta.fields, "training_stats")  # type: ignore[assignment]


class ModelEventSerializer(serializers.ModelSerializer[ModelEvent]):
    actor = username("actor")
    data = serializers.DictField()  # type: ignore[assignment]

    class Meta:
        model = ModelEvent
        fields = ("id", "created_at", "level", "message", "data", "actor")


class PredictionSerializer(serializers.ModelSerializer[ModelPrediction]):
    statement1 = serializers.CharField(source="insight1.statement")
    statement2 = serializers.CharField(source="insight2.statement")
    is_correct = serializers.BooleanField(allow_null=True, read_only=True)

    class Meta:
        model = ModelPrediction
        fields = (
            "id", "model", "insight1", "insight2", "statement1", "statement2", "prediction",
            "probability", "confidence", "similarity_score", "actual_label", "is_correct", "origin",
            "created_at",
        )  # fmt: skip
