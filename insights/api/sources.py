"""Sources: upload a file, paste a text, list, process."""

import json
from typing import Any
from uuid import UUID

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListView, NoBody, TimedListQuery, etag_of
from insights.api.http.fields import Choice, Words
from insights.api.http.idempotency import idempotent
from insights.api.http.links import RUN_ID, follow
from insights.api.http.parsing import BoundedMultiPartParser
from insights.api.http.problems import Unprocessable
from insights.api.long_work import accepted, start_processing, task_url
from insights.api.serializers import ProcessingRunSerializer, SourceSerializer
from insights.ingest.pipeline import AlreadyProcessing
from insights.ingest.preview import preview
from insights.ingest.readers import Columns, supported_suffixes
from insights.ingest.readers.content import ROLES
from insights.ingest.removal.source import CannotRestore, remove, restore
from insights.ingest.sources import is_processed, read, register, remember_columns
from insights.jobs.slots import heavy_work
from insights.models import ProcessingRun, RunStatus, Scope, Source
from insights.permissions import ADD_SOURCE, VIEW_PROCESSING, VIEW_SOURCE
from insights.types import JSONObject

FORMATS = [suffix[1:] for suffix in supported_suffixes()]


class SourceQuery(TimedListQuery):
    format = Choice(choices=FORMATS, required=False)
    title = Words(required=False, max_length=255, help_text="A part of it.")


NAMES = {"type": "array", "items": {"type": "string"}}


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "text": NAMES,
            "insight": NAMES,
            **{role: {"type": "string"} for role in ROLES},
        },
        "additionalProperties": False,
    }
)
class ColumnsField(serializers.JSONField):
    """Names of columns by what they hold."""


class _ReadingSerializer(serializers.Serializer[Any]):
    keep_good_rows = serializers.BooleanField(
        default=False, help_text="Skip rows that cannot be read, instead of refusing the file."
    )
    columns = ColumnsField(
        required=False,
        help_text='Which columns of a table hold what: {"text": ["Answer"], "id": "Response ID"}. '
        f"Roles: text and insight (lists), {', '.join(ROLES)}. Kept for the next file with the "
        "same header.",
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="Store nothing; say what would come in."
    )

    def validate_columns(self, value: object) -> Columns:
        """Parse the columns, from JSON or from JSON in a form field."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                value = None
        if not isinstance(value, dict) or not set(value) <= {"text", "insight", *ROLES}:
            raise serializers.ValidationError(f"An object of text, insight, {', '.join(ROLES)}.")
        lists = {key: value.get(key, []) for key in ("text", "insight")}
        roles = {key: value[key] for key in ROLES if key in value}
        names = [name for one in lists.values() if isinstance(one, list) for name in one]
        if not all(isinstance(one, list) for one in lists.values()) or not all(
            isinstance(name, str) for name in [*names, *roles.values()]
        ):
            raise serializers.ValidationError("text and insight are lists of column names.")
        return Columns(
            text=tuple(lists["text"]),
            insight=tuple(lists["insight"]),
            roles=roles,
            source="chosen",
        )


class UploadSerializer(_ReadingSerializer):
    """A file as multipart/form-data."""

    file = serializers.FileField(allow_empty_file=True, max_length=255)
    encoding = Words(
        required=False,
        max_length=32,
        help_text="Encoding of a file that is not UTF-8, for example latin-1.",
    )


class PasteSerializer(_ReadingSerializer):
    """A pasted text as JSON."""

    name = Words(max_length=255, help_text=f"Its ending says how to read it: {', '.join(FORMATS)}.")
    text = Words()


class ExampleSerializer(serializers.Serializer[Any]):
    locator = serializers.CharField()
    text = serializers.CharField()


class SourcePreviewSerializer(serializers.Serializer[Any]):
    """A preview of what would come in, from the first texts of the file."""

    rows = serializers.IntegerField()
    looked_at = serializers.IntegerField()
    blank_rows = serializers.IntegerField()
    statements = serializers.IntegerField()
    no_statement = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Already in an older export.")
    changed = serializers.IntegerField(help_text="In an older export with another text.")
    examples = ExampleSerializer(many=True)
    without = ExampleSerializer(many=True, help_text="Texts that give no statement.")
    notes = serializers.ListField(child=serializers.CharField())


class SourceTaskSerializer(serializers.Serializer[Any]):
    source = SourceSerializer()  # type: ignore[assignment]
    is_new = serializers.BooleanField(help_text="False if the same bytes were already stored.")
    run = ProcessingRunSerializer()
    task = serializers.URLField(help_text="Where to follow the run; its id is the task's.")
    rows_left_out = serializers.IntegerField()


SOURCE_ADDED = {
    202: SourceTaskSerializer,
    200: PolymorphicProxySerializer(
        "SourceTaskOrPreview", [SourceTaskSerializer, SourcePreviewSerializer], None
    ),
}


class Sources(ListView):
    """List the sources, the newest first."""

    access = {
        "GET": Access(Scope.READ, VIEW_SOURCE),
        "POST": Access(Scope.INGEST, ADD_SOURCE),
    }
    links = follow(RUN_ID)
    parser_classes = [BoundedMultiPartParser]
    serializer_class = SourceSerializer
    query_serializer = SourceQuery
    queryset = Source.objects.select_related("created_by")
    filters = {"format": "format", "title": "title__icontains"}

    @extend_schema(
        operation_id="upload_source",
        request={"multipart/form-data": UploadSerializer},
        responses=SOURCE_ADDED,
    )
    @idempotent(atomic=False)
    def post(self, request: Request) -> Response:
        """Upload a file and process it.

        It is read whole first: one broken row refuses it (422 with the rows), unless
        `keep_good_rows`. A table without a column that looks like text needs `columns`. The same
        bytes again create nothing: 200 with the run that processed them.
        """
        sent = self.body(UploadSerializer)
        return _add(request, sent["file"].name, sent["file"].read(), sent)


class SourceText(ApiView):
    access = {"POST": Access(Scope.INGEST, ADD_SOURCE)}
    links = follow(RUN_ID)
    takes_sources = True

    @extend_schema(operation_id="paste_source", request=PasteSerializer, responses=SOURCE_ADDED)
    @idempotent(atomic=False)
    def post(self, request: Request) -> Response:
        """Paste a text and process it like a file of that name."""
        sent = self.body(PasteSerializer)
        return _add(request, sent["name"], sent["text"].encode(), sent)


def _add(request: Request, name: str, data: bytes, sent: JSONObject) -> Response:
    keep = sent["keep_good_rows"]
    columns = sent.get("columns")
    with heavy_work(len(data)):
        content = read(
            name, data, keep_good_rows=keep, encoding=sent.get("encoding"), columns=columns
        )
        if sent["dry_run"]:
            return Response(SourcePreviewSerializer(preview(name, content)).data)
    if columns and content.table:
        remember_columns(content.table.header, content.table.columns)
    source, is_new = register(name, data, content, keep_good_rows=keep, created_by=request.user)
    if first_tried_at := getattr(request, "first_tried_at", None):
        is_new = is_new or source.created_at >= first_tried_at  # the first try died after it
    return process_source(request, source, is_new=is_new, rows_left_out=content.row_error_count)


class SourceDetail(ApiView):
    access = {"GET": Access(Scope.READ, VIEW_SOURCE)}

    @extend_schema(operation_id="get_source", responses=SourceSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get one source, without its content. It never changes."""
        source = self.find(Source.objects.select_related("created_by"), id, "source")
        return self.conditional(
            etag_of(source.pk, source.created_at), lambda: SourceSerializer(source).data
        )


class SourceProcess(ApiView):
    access = {"POST": Access(Scope.INGEST, ADD_SOURCE)}
    links = follow(RUN_ID)

    @extend_schema(
        operation_id="process_source",
        request=None,
        responses={202: SourceTaskSerializer, 200: SourceTaskSerializer},
    )
    @idempotent(atomic=False)
    def post(self, request: Request, id: UUID) -> Response:
        """Process a source again after a run that failed or was cancelled.

        The new run continues where the old one stopped. A source that was processed to the end
        stays as it is.
        """
        self.body(NoBody)
        return process_source(request, self.find(Source.objects.all(), id, "source"))


class RemovalSerializer(serializers.Serializer[Any]):
    occurrences = serializers.IntegerField()
    insights_that_go = serializers.IntegerField()
    insights_that_stay = serializers.IntegerField()
    merges_that_shrink = serializers.IntegerField()


class SourceRemove(ApiView):
    access = {"POST": Access(Scope.INGEST, ADD_SOURCE)}

    @extend_schema(operation_id="remove_source", request=None, responses=RemovalSerializer)
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Remove what only this source holds. It can be undone for 30 days."""
        self.body(NoBody)
        source = self.find(Source.objects.all(), id, "source")
        if source.removed_at is not None:
            raise Unprocessable("This source is already removed.", code="already_removed")
        return Response(RemovalSerializer(remove(source)).data)


class SourceRestore(ApiView):
    access = {"POST": Access(Scope.INGEST, ADD_SOURCE)}

    @extend_schema(operation_id="restore_source", request=None, responses=SourceSerializer)
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Undo a removal within its 30 days."""
        self.body(NoBody)
        source = self.find(Source.objects.select_related("created_by"), id, "source")
        try:
            restore(source)
        except CannotRestore as error:
            raise Unprocessable(str(error), code="not_removed") from error
        source.refresh_from_db()
        return Response(SourceSerializer(source).data)


def process_source(
    request: Request, source: Source, *, is_new: bool = False, rows_left_out: int = 0
) -> Response:
    handed_over = False
    if is_processed(source):
        run = source.runs.filter(status=RunStatus.SUCCEEDED).latest("started_at")
    else:
        try:
            run, handed_over = start_processing(request, source)
        except AlreadyProcessing as error:
            raise Unprocessable(str(error), code="already_running") from error
    body = {
        "source": source,
        "is_new": is_new,
        "run": run,
        "task": task_url(request, run.pk),
        "rows_left_out": rows_left_out,
    }
    return accepted(request, run.pk, SourceTaskSerializer(body).data, handed_over=handed_over)


class ProcessingRunQuery(TimedListQuery):
    status = Choice(choices=RunStatus.choices, required=False)
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]


class ProcessingRuns(ListView):
    """List the processing runs, the newest first."""

    access = {"GET": Access(Scope.READ, VIEW_PROCESSING)}
    serializer_class = ProcessingRunSerializer
    query_serializer = ProcessingRunQuery
    page_ordering = ("-started_at", "id")
    queryset = ProcessingRun.objects.select_related("started_by")
    filters = {"status": "status", "source": "source"}


class ProcessingRunDetail(ApiView):
    access = {"GET": Access(Scope.READ, VIEW_PROCESSING)}

    @extend_schema(operation_id="get_processing_run", responses=ProcessingRunSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get one pass over one source, with its counts and timings."""
        runs = ProcessingRun.objects.select_related("started_by")
        return Response(ProcessingRunSerializer(self.find(runs, id, "processing run")).data)
