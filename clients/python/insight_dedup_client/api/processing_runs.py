"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Literal

from insight_dedup_client.api.common import ProcessingRun
from insight_dedup_client.transport import Page, Transport

PaginatedProcessingRunList = Page[ProcessingRun]


class ProcessingRunsCalls(Transport):
    def list_processing_runs(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        source: str | None = None,
        status: Literal["queued", "running", "succeeded", "failed", "cancelled"] | None = None,
    ) -> PaginatedProcessingRunList:
        """List the processing runs, the newest first."""
        return self.request(
            "GET",
            "/api/v1/processing-runs",
            params={
                "before": before,
                "cursor": cursor,
                "order": order,
                "page_size": page_size,
                "since": since,
                "source": source,
                "status": status,
            },
        )

    def get_processing_run(self, id: str) -> ProcessingRun:
        """Get one pass over one source, with its counts and timings."""
        return self.request("GET", f"/api/v1/processing-runs/{id}")
