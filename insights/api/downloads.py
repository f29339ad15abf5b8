"""Insights and decisions as one file: CSV, or Parquet for data frames."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Count
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from insights.api.http.access import Access
from insights.api.http.base import ApiView, Query
from insights.api.http.fields import Choice
from insights.api.http.problems import Unprocessable
from insights.jobs.slots import heavy_work, spooled
from insights.models import Insight, MergeDecision, Scope
from insights.permissions import VIEW_DECISION, VIEW_INSIGHT
from insights.text.spreadsheets import csv_lines

TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
BATCH = 5000  # rows
ANSWERS = {(200, media): OpenApiTypes.BINARY for media in TYPES.values()}

Rows = Iterator[Sequence[Any]]


class DownloadQuery(Query):
    format = Choice(choices=tuple(TYPES), default="csv")


class Download(ApiView):
    """`queryset` as a file. `columns`: the name of each column and the field behind it."""

    query_serializer = DownloadQuery
    columns: ClassVar[dict[str, str]]
    name: ClassVar[str]

    @heavy_work()
    def download(self) -> HttpResponseBase:
        form = self.params["format"]
        found = self.get_queryset().values_list(*self.columns.values()).iterator(BATCH)
        names = list(self.columns)
        blocks = csv_lines(names, found) if form == "csv" else _parquet(names, found)
        return spooled(
            StreamingHttpResponse(
                blocks,
                content_type=TYPES[form],
                headers={"Content-Disposition": f'attachment; filename="{self.name}.{form}"'},
            )
        )


class InsightsDownload(Download):
    access = {"GET": Access(Scope.READ, VIEW_INSIGHT)}
    name = "insights"
    queryset = Insight.objects.annotate(occurrences=Count("sources")).order_by("created_at", "pk")
    columns = {
        "id": "pk", "statement": "statement", "status": "status", "origin": "origin",
        "merged_into": "merged_into_id", "occurrences": "occurrences", "created_at": "created_at",
        "updated_at": "updated_at",
    }  # fmt: skip

    @extend_schema(operation_id="download_insights", responses=ANSWERS)
    def get(self, request: Request) -> HttpResponseBase:
        """Download all insights, the oldest first."""
        return self.download()


class DecisionsDownload(Download):
    access = {"GET": Access(Scope.READ, VIEW_DECISION)}
    name = "decisions"
    queryset = MergeDecision.objects.annotate(size=Count("members")).order_by("decided_at", "pk")
    columns = {
        "id": "pk", "kind": "kind", "cluster": "cluster_id", "canonical": "canonical_id",
        "canonical_statement": "canonical__statement", "members": "size",
        "actor": "actor__username", "model_version": "model_version", "comment": "comment",
        "decided_at": "decided_at",
        "undone_at": "undone_at", "undone_by": "undone_by__username",
    }  # fmt: skip

    @extend_schema(operation_id="download_decisions", responses=ANSWERS)
    def get(self, request: Request) -> HttpResponseBase:
        """Download all decisions, the oldest first, with those that were undone."""
        return self.download()


def _parquet(names: list[str], rows: Rows) -> Iterator[bytes]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise Unprocessable(
            "This server cannot write Parquet: pip install 'insight-dedup[parquet]'. Use csv.",
            field="format",
        ) from None

    kinds = {"occurrences": pa.int64(), "members": pa.int64()}
    times = pa.timestamp("us", tz="UTC")
    schema = pa.schema(
        [(n, kinds.get(n) or (times if n.endswith("_at") else pa.string())) for n in names]
    )

    def blocks() -> Iterator[bytes]:
        buffer = BytesIO()  # Arrow counts the bytes itself, so it can be emptied
        with pq.ParquetWriter(buffer, schema, compression="zstd") as writer:
            while some := list(islice(rows, BATCH)):
                cells = [dict(zip(names, map(_plain, row), strict=True)) for row in some]
                writer.write_table(pa.Table.from_pylist(cells, schema=schema))
                yield _emptied(buffer)
        yield _emptied(buffer)

    return blocks()


def _emptied(buffer: BytesIO) -> bytes:
    block = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return block


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
