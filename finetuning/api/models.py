"""Models: train, switch and measure them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from finetuning.api.guide import MAX_NAME
from finetuning.api.guide_models import switch
from finetuning.api.problems import FineTuningErrors
from finetuning.api.serializers import (
    ModelDetailSerializer,
    ModelEventSerializer,
    ModelSerializer,
    PredictionSerializer,
)
from finetuning.api.start import start
from finetuning.evaluation.held_out import misclassifications, reviewed_accuracy
from finetuning.models import Backend, DeduplicationModel, ModelEvent, ModelStatus
from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListQuery, ListView, NoBody, etag_of
from insights.api.http.fields import Choice, Words
from insights.api.http.idempotency import idempotent
from insights.api.http.links import follow
from insights.api.long_work import POLL_AFTER, task_url
from insights.models import Scope

VIEW = Access(Scope.READ, "finetuning.view_deduplicationmodel")
CHANGE = Access(Scope.ADMIN, "finetuning.change_deduplicationmodel")


def models() -> Any:
    return DeduplicationModel.objects.select_related("created_by").defer("parameters")


class ModelView(FineTuningErrors, ApiView):
    def model(self, id: UUID) -> DeduplicationModel:
        return self.find(models(), id, "model")


class ModelQuery(ListQuery):
    status = Choice(choices=ModelStatus.choices, required=False)
    backend = Choice(choices=Backend.choices, required=False)


class TrainSerializer(serializers.Serializer[Any]):
    backend = Choice(choices=Backend.choices, default=Backend.LOCAL)
    base_model = Words(required=False, max_length=MAX_NAME)


class TrainingSerializer(serializers.Serializer[Any]):
    model = ModelSerializer()
    task = serializers.CharField(help_text="Where to follow the training.")
    warnings = serializers.ListField(child=serializers.CharField())


class Models(FineTuningErrors, ListView):
    """The newest version first."""

    access = {"GET": VIEW, "POST": Access(Scope.TRAIN, "finetuning.add_deduplicationmodel")}
    links = follow("$response.body#/model/id")
    serializer_class = ModelSerializer
    query_serializer = ModelQuery
    page_ordering = ("-version",)

    def get_queryset(self) -> Any:
        return (
            models()
            .defer("training_stats")
            .filter(**{n: self.params[n] for n in ("status", "backend") if n in self.params})
        )

    @extend_schema(
        operation_id="model_train",
        request=TrainSerializer,
        responses={202: TrainingSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """The guide's fine-tune-model: train a new version on the decisions there are."""
        model = start(request, **{"base_model": None, **self.body(TrainSerializer)})
        url = task_url(request, model.pk)
        body = {"model": model, "task": url, "warnings": model.training_stats["warnings"]}
        return Response(
            TrainingSerializer(body).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": url, "Retry-After": str(POLL_AFTER)},
        )


class ModelDetail(ModelView):
    access = {"GET": VIEW}

    @extend_schema(operation_id="model", responses=ModelDetailSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """One version, with the statistics of what it was trained on."""
        return Response(ModelDetailSerializer(self.model(id)).data)


class ModelEvents(ListView):
    """What happened to it: training steps, its loss curve, activation; the newest first."""

    access = {"GET": VIEW}
    serializer_class = ModelEventSerializer

    def get_queryset(self) -> Any:
        model = self.find(DeduplicationModel.objects.only("pk"), self.kwargs["id"], "model")
        return ModelEvent.objects.select_related("actor").filter(model=model)


class ModelSwitch(ModelView):
    access = {"POST": CHANGE}

    def switched(self, id: UUID, action: str) -> Response:
        self.body(NoBody)
        model, _ = switch(self.model(id).pk, action, self.request.user)
        return Response(ModelSerializer(model).data)


class ModelActivate(ModelSwitch):
    @extend_schema(operation_id="model_activate", request=None, responses=ModelSerializer)
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Let this version decide from now on; the one before steps back."""
        return self.switched(id, "activate")


class ModelDeactivate(ModelSwitch):
    @extend_schema(operation_id="model_deactivate", request=None, responses=ModelSerializer)
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Go on without it. Nothing happens when it is not the active one."""
        return self.switched(id, "deactivate")


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

    @extend_schema(operation_id="model_evaluation", responses=EvaluationSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """How good it is: on the held-out decisions, and on what was reviewed since."""
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
    """What people decided otherwise, the surest mistakes first."""

    access = {"GET": Access(Scope.READ, "finetuning.view_modelprediction")}
    serializer_class = PredictionSerializer
    page_ordering = ("-confidence", "id")

    def get_queryset(self) -> Any:
        model = self.find(DeduplicationModel.objects.only("pk"), self.kwargs["id"], "model")
        return misclassifications(model)
