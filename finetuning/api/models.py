"""Models: train, switch, measure, and set from where on they merge."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from finetuning.api.guide import MAX_NAME, switch
from finetuning.api.problems import FineTuningErrors
from finetuning.api.serializers import (
    ModelDetailSerializer,
    ModelEventSerializer,
    ModelSerializer,
    PredictionSerializer,
)
from finetuning.api.start import start
from finetuning.evaluation import misclassifications, reviewed_accuracy
from finetuning.models import Backend, DeduplicationModel, ModelEvent, ModelPrediction, ModelStatus
from finetuning.transitions import record
from insights.api.access import Access
from insights.api.base import ApiView, ListQuery, ListView, Query, etag_of
from insights.api.idempotency import idempotent
from insights.api.long_work import POLL_AFTER, task_url
from insights.api.strict import Choice, Words
from insights.models import Scope

VIEW = Access(Scope.READ, "finetuning.view_deduplicationmodel")
CHANGE = Access(Scope.ADMIN, "finetuning.change_deduplicationmodel")
LEAST_CONFIDENCE = 0.5


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
    serializer_class = ModelSerializer
    query_serializer = ModelQuery
    page_ordering = ("-version",)

    def get_queryset(self) -> Any:
        return models().filter(
            **{n: self.params[n] for n in ("status", "backend") if n in self.params}
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
        model = self.find(models(), self.kwargs["id"], "model")
        return ModelEvent.objects.select_related("actor").filter(model=model)


class ModelActivate(ModelView):
    access = {"POST": CHANGE}

    @extend_schema(operation_id="model_activate", request=None, responses=ModelSerializer)
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Let this version decide from now on; the one before steps back."""
        model, _ = switch(id, "activate", request.user)
        return Response(ModelSerializer(model).data)


class ModelDeactivate(ModelView):
    access = {"POST": CHANGE}

    @extend_schema(operation_id="model_deactivate", request=None, responses=ModelSerializer)
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Go on without it. Nothing happens when it is not the active one."""
        model, _ = switch(id, "deactivate", request.user)
        return Response(ModelSerializer(model).data)


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
        return misclassifications(self.find(models(), self.kwargs["id"], "model"))


# --- Thresholds -----------------------------------------------------------------------------------


class ThresholdSerializer(serializers.Serializer[Any]):
    auto_merge_confidence = serializers.FloatField(
        min_value=LEAST_CONFIDENCE,
        max_value=1,
        help_text="Merge at ingestion without a person from this confidence on.",
    )


class ThresholdsSerializer(ThresholdSerializer):
    model = serializers.UUIDField()
    version = serializers.IntegerField()
    chosen = serializers.DictField(
        allow_null=True, help_text="The lowest one that is surely precise enough, as measured."
    )
    curve = serializers.ListField(
        child=serializers.DictField(), help_text="Precision and recall by threshold, held out."
    )


class Thresholds(ModelView):
    access = {"GET": VIEW, "PATCH": CHANGE}

    @extend_schema(operation_id="thresholds", responses=ThresholdsSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """From where on it merges, and what other thresholds would buy."""
        return self._show(self.model(id))

    @extend_schema(
        operation_id="thresholds_set", request=ThresholdSerializer, responses=ThresholdsSerializer
    )
    def patch(self, request: Request, id: UUID) -> Response:
        """Set it. It holds for the statements that come in from now on."""
        wanted = self.body(ThresholdSerializer)["auto_merge_confidence"]
        model = self.model(id)
        before = model.auto_merge_confidence
        if wanted != before:
            model.auto_merge_confidence = wanted
            model.save(update_fields=["auto_merge_confidence"])
            record(
                model,
                f"Merges without a person from {wanted:g} on, before from {before:g}.",
                actor=request.user,
            )
        return self._show(model)

    def _show(self, model: DeduplicationModel) -> Response:
        body = {
            "model": model.pk,
            "version": model.version,
            "auto_merge_confidence": model.auto_merge_confidence,
            "chosen": model.metrics.get("chosen_threshold"),
            "curve": model.metrics.get("curve", []),
        }
        return Response(ThresholdsSerializer(body).data)


class PreviewQuery(Query):
    auto_merge_confidence = serializers.FloatField(min_value=LEAST_CONFIDENCE, max_value=1)


class PreviewSerializer(ThresholdSerializer):
    held_out = serializers.DictField(
        allow_null=True, help_text="The measured point of the curve at or just below it."
    )
    predictions = serializers.IntegerField(help_text="Recorded ones of this model.")
    would_merge = serializers.IntegerField(
        help_text="Of these, as sure as that; a near-miss difference still holds some back."
    )
    reviewed = serializers.IntegerField(help_text="Of those that would merge.")
    reviewed_same = serializers.IntegerField()
    precision = serializers.FloatField(allow_null=True, help_text="Of the reviewed.")


class ThresholdPreview(ModelView):
    access = {"GET": VIEW}
    query_serializer = PreviewQuery

    @extend_schema(operation_id="thresholds_preview", responses=PreviewSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """What another threshold would have done: on the held-out decisions, and on the pairs
        that this model was asked about. Changes nothing."""
        model = self.model(id)
        threshold = self.params["auto_merge_confidence"]
        sure = Q(prediction=True, confidence__gte=threshold)
        reviewed = sure & Q(actual_label__isnull=False)
        counts = ModelPrediction.objects.filter(model=model).aggregate(
            predictions=Count("pk"),
            would_merge=Count("pk", filter=sure),
            reviewed=Count("pk", filter=reviewed),
            reviewed_same=Count("pk", filter=reviewed & Q(actual_label=True)),
        )
        below = [p for p in model.metrics.get("curve", []) if p["threshold"] <= threshold]
        body = {
            "auto_merge_confidence": threshold,
            "held_out": below[-1] if below else None,
            **counts,
            "precision": counts["reviewed_same"] / counts["reviewed"]
            if counts["reviewed"]
            else None,
        }
        return Response(PreviewSerializer(body).data)
