"""Model versions: list, events, and how good they are."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finetuning.api.problems import FineTuningErrors
from finetuning.api.serializers import (
    ModelDetailSerializer,
    ModelEventSerializer,
    ModelSerializer,
    PredictionSerializer,
)
from finetuning.evaluation.held_out import misclassifications, reviewed_accuracy
from finetuning.models import Backend, DeduplicationModel, ModelEvent, ModelPrediction, ModelStatus
from finetuning.permissions import CHANGE_MODEL, VIEW_MODEL, VIEW_PREDICTION
from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListQuery, ListView, etag_of
from insights.api.http.fields import Choice
from insights.models import Scope

VIEW = Access(Scope.READ, VIEW_MODEL)
CHANGE = Access(Scope.ADMIN, CHANGE_MODEL)


def models() -> QuerySet[DeduplicationModel]:
    return DeduplicationModel.objects.select_related("created_by").defer("parameters")


class ModelView(FineTuningErrors, ApiView):
    def model(self, id: UUID) -> DeduplicationModel:
        return self.find(models(), id, "model")


class ModelQuery(ListQuery):
    status = Choice(choices=ModelStatus.choices, required=False)
    backend = Choice(choices=Backend.choices, required=False)


class Models(ListView):
    """List the model versions, the newest first."""

    access = {"GET": VIEW}
    serializer_class = ModelSerializer
    query_serializer = ModelQuery
    page_ordering = ("-version",)
    queryset = models().defer("training_stats")
    filters = {"status": "status", "backend": "backend"}


class ModelDetail(ModelView):
    access = {"GET": VIEW}

    @extend_schema(operation_id="get_model", responses=ModelDetailSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get one version, with the statistics of its training data."""
        return Response(ModelDetailSerializer(self.model(id)).data)


class ModelEvents(ListView):
    """List the events of a model version (training steps, activation ...), the newest first."""

    access = {"GET": VIEW}
    serializer_class = ModelEventSerializer

    def get_queryset(self) -> QuerySet[ModelEvent]:
        model = self.find(DeduplicationModel.objects.only("pk"), self.kwargs["id"], "model")
        return ModelEvent.objects.select_related("actor").filter(model=model)


# --- Measures -------------------------------------------------------------------------------------


class ReviewedSerializer(serializers.Serializer[Any]):
    total_reviewed = serializers.IntegerField()
    correct = serializers.IntegerField()
    accuracy_pct = serializers.FloatField(allow_null=True)


class EvaluationSerializer(serializers.Serializer[Any]):
    model = serializers.UUIDField()
    version = serializers.IntegerField()
    held_out = serializers.DictField(
        help_text="Precision, recall, calibration, thresholds, beside plain similarity and the "
        "version before; {} while it is not measured.",
    )
    reviewed = ReviewedSerializer(help_text="Predictions that a person has decided on since.")


class ModelEvaluation(ModelView):
    access = {"GET": VIEW}

    @extend_schema(operation_id="get_model_evaluation", responses=EvaluationSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get its quality on the held-out decisions and on what was reviewed since."""
        model = self.model(id)
        accuracy = reviewed_accuracy(model)
        tag = etag_of(model.pk, model.metrics, accuracy)
        body = {
            "model": model.pk,
            "version": model.version,
            "held_out": model.metrics,
            "reviewed": accuracy,
        }
        return self.conditional(tag, lambda: EvaluationSerializer(body).data)


class ModelMisclassifications(ListView):
    """List the predictions that people contradicted, the most confident mistakes first."""

    access = {"GET": Access(Scope.READ, VIEW_PREDICTION)}
    serializer_class = PredictionSerializer
    page_ordering = ("-confidence", "id")

    def get_queryset(self) -> QuerySet[ModelPrediction]:
        model = self.find(DeduplicationModel.objects.only("pk"), self.kwargs["id"], "model")
        return misclassifications(model)
