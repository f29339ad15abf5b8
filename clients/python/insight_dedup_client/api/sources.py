"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Any, Literal, NotRequired, TypedDict

from insight_dedup_client.api.common import (
    ProcessingRun,
)
from insight_dedup_client.transport import File, Page, Transport


class Example(TypedDict):
    locator: "str"
    text: "str"


class PasteRequest(TypedDict):
    """A pasted text as JSON."""

    keep_good_rows: "NotRequired[bool]"
    columns: "NotRequired[dict[str, Any]]"
    dry_run: "NotRequired[bool]"
    name: "str"
    text: "str"


class Removal(TypedDict):
    occurrences: "int"
    insights_that_go: "int"
    insights_that_stay: "int"
    merges_that_shrink: "int"


class Source(TypedDict):
    id: "str"
    name: "str"
    title: "str"
    format: "str"
    encoding: "NotRequired[str]"
    keep_good_rows: "NotRequired[bool]"
    size: "int"
    content_hash: "str"
    notes: "NotRequired[Any]"
    needs_columns: "NotRequired[bool]"
    removed_at: "NotRequired[str | None]"
    created_at: "NotRequired[str]"
    created_by: "str | None"


class SourcePreview(TypedDict):
    """A preview of what would come in, from the first texts of the file."""

    rows: "int"
    looked_at: "int"
    blank_rows: "int"
    statements: "int"
    no_statement: "int"
    known: "int"
    changed: "int"
    examples: "list[Example]"
    without: "list[Example]"
    notes: "list[str]"


class SourceTask(TypedDict):
    source: "Source"
    is_new: "bool"
    run: "ProcessingRun"
    task: "str"
    rows_left_out: "int"


class UploadRequest(TypedDict):
    """A file as multipart/form-data."""

    keep_good_rows: "NotRequired[bool]"
    columns: "NotRequired[dict[str, Any]]"
    dry_run: "NotRequired[bool]"
    file: "File"
    encoding: "NotRequired[str]"


PaginatedSourceList = Page[Source]


SourceTaskOrPreview = SourceTask | SourcePreview


class SourcesCalls(Transport):
    def list_sources(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        format: Literal[
            "atom",
            "csv",
            "docm",
            "docx",
            "eml",
            "enex",
            "epub",
            "htm",
            "html",
            "json",
            "jsonl",
            "markdown",
            "mbox",
            "md",
            "msg",
            "ndjson",
            "ods",
            "odt",
            "pdf",
            "pptx",
            "rss",
            "rtf",
            "sbv",
            "srt",
            "text",
            "tsv",
            "txt",
            "vtt",
            "xhtml",
            "xls",
            "xlsb",
            "xlsm",
            "xlsx",
            "xml",
            "zip",
        ]
        | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        title: str | None = None,
    ) -> PaginatedSourceList:
        """List the sources, the newest first."""
        return self.request(
            "GET",
            "/api/v1/sources",
            params={
                "before": before,
                "cursor": cursor,
                "format": format,
                "order": order,
                "page_size": page_size,
                "since": since,
                "title": title,
            },
        )

    def upload_source(
        self, body: UploadRequest, *, idempotency_key: str | None = None
    ) -> SourceTaskOrPreview | SourceTask:
        """Upload a file and process it."""
        return self.request(
            "POST", "/api/v1/sources", headers={"Idempotency-Key": idempotency_key}, form=body
        )

    def get_source(self, id: str) -> Source:
        """Get one source, without its content."""
        return self.request("GET", f"/api/v1/sources/{id}")

    def process_source(self, id: str, *, idempotency_key: str | None = None) -> SourceTask:
        """Process a source again after a run that failed or was cancelled."""
        return self.request(
            "POST", f"/api/v1/sources/{id}/process", headers={"Idempotency-Key": idempotency_key}
        )

    def remove_source(self, id: str, *, idempotency_key: str | None = None) -> Removal:
        """Remove what only this source holds."""
        return self.request(
            "POST", f"/api/v1/sources/{id}/remove", headers={"Idempotency-Key": idempotency_key}
        )

    def restore_source(self, id: str, *, idempotency_key: str | None = None) -> Source:
        """Undo a removal within its 30 days."""
        return self.request(
            "POST", f"/api/v1/sources/{id}/restore", headers={"Idempotency-Key": idempotency_key}
        )

    def paste_source(
        self, body: PasteRequest, *, idempotency_key: str | None = None
    ) -> SourceTaskOrPreview | SourceTask:
        """Paste a text and process it like a file of that name."""
        return self.request(
            "POST", "/api/v1/sources/text", headers={"Idempotency-Key": idempotency_key}, json=body
        )
