"""The guide's export-training-data, streamed."""

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from finetuning.api.guide import FineTuningGuideView
from finetuning.permissions import VIEW_TRAINING_FILE
from finetuning.training_data.dataset import build_dataset
from finetuning.training_data.export import export_json, export_openai_jsonl
from insights.api.http.access import Access
from insights.api.http.base import Query
from insights.api.http.fields import Choice
from insights.jobs.slots import heavy_work, spooled
from insights.models import Scope

FORMATS = {"openai_jsonl": ("application/x-ndjson", "jsonl"), "json": ("application/json", "json")}


class ExportQuery(Query):
    format = Choice(choices=list(FORMATS), default="openai_jsonl")
    stats = serializers.BooleanField(
        default=False, help_text="With statistics; JSON Lines has no place for them."
    )


class ExportTrainingData(FineTuningGuideView):
    access = {"GET": Access(Scope.READ, VIEW_TRAINING_FILE)}
    query_serializer = ExportQuery
    problems = (409,)

    @extend_schema(
        operation_id="export_training_data",
        responses={
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Export people's decisions as training data.

        `openai_jsonl` has the training part, one chat example a line; `json` has every pair with
        its split and, on request, statistics.
        """
        return stream_training_data(self.params["format"], stats=self.params["stats"])


@heavy_work()
def stream_training_data(form: str, *, stats: bool) -> HttpResponseBase:
    """Answer with the export, from a temporary file. Raises NoTrainingData."""
    dataset = build_dataset()
    pieces = export_json(dataset, stats=stats) if form == "json" else export_openai_jsonl(dataset)
    media_type, suffix = FORMATS[form]
    return spooled(
        StreamingHttpResponse(
            pieces,
            content_type=f"{media_type}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="training-data.{suffix}"'},
        )
    )
