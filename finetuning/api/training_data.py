"""Training data: what there is, and all of it."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finetuning.api.guide_export import ExportTrainingData
from finetuning.api.problems import FineTuningErrors
from finetuning.training_data.dataset import build_dataset
from finetuning.training_data.statistics import statistics
from insights.api.http.access import Access
from insights.api.http.base import ApiView
from insights.models import Scope


class BySplitSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    train = serializers.IntegerField()
    held_out = serializers.IntegerField()


class StatisticsSerializer(serializers.Serializer[Any]):
    approved_merges = serializers.IntegerField()
    rejected_clusters = serializers.IntegerField()
    partial_merges = serializers.IntegerField()
    split_clusters = serializers.IntegerField()
    examples = serializers.IntegerField()
    positive = BySplitSerializer()
    negative = BySplitSerializer()
    balance = serializers.FloatField(allow_null=True, help_text="The share of positives.")
    bridging = serializers.IntegerField(help_text="Left out: the two are in different splits.")
    capped = serializers.IntegerField(help_text="Left out: more than one decision may give.")
    similarity_histogram = serializers.ListField(child=serializers.DictField())
    borderline_share = serializers.FloatField(allow_null=True, help_text="From 0.85 to 0.95.")
    sources = serializers.DictField()
    reviewers = serializers.DictField()
    warnings = serializers.ListField(child=serializers.CharField())


class TrainingData(FineTuningErrors, ApiView):
    access = {"GET": Access(Scope.READ, "finetuning.view_trainingfile")}

    @extend_schema(operation_id="training_data", responses=StatisticsSerializer)
    def get(self, request: Request) -> Response:
        """Counts, balance, where it comes from, and whether it is enough."""
        return Response(StatisticsSerializer(statistics(build_dataset())).data)


class TrainingDataExport(ExportTrainingData):
    @extend_schema(
        operation_id="training_data_export",
        responses={
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
        },
    )
    def get(self, request: Request) -> Any:
        """The guide's export-training-data."""
        return super().get(request)
