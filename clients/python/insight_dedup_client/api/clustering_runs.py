"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Literal, NotRequired, TypedDict

from insight_dedup_client.api.common import RunStatus
from insight_dedup_client.transport import Page, Transport


class ClusteringRun(TypedDict):
    id: "str"
    status: "NotRequired[RunStatus]"
    counts: "dict[str, int]"
    timings: "dict[str, float]"
    error: "NotRequired[str]"
    progress_step: "NotRequired[str]"
    progress_done: "NotRequired[int]"
    progress_total: "NotRequired[int]"
    cancel_requested_at: "NotRequired[str | None]"
    started_at: "NotRequired[str]"
    heartbeat_at: "NotRequired[str]"
    finished_at: "NotRequired[str | None]"
    started_by: "str | None"
    parameters: "dict[str, float]"
    model_version: "NotRequired[str]"


PaginatedClusteringRunList = Page[ClusteringRun]


class ClusteringRunsCalls(Transport):
    def list_clustering_runs(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        status: Literal["queued", "running", "succeeded", "failed", "cancelled"] | None = None,
    ) -> PaginatedClusteringRunList:
        """List the clustering runs, the newest first."""
        return self.request(
            "GET",
            "/api/v1/clustering-runs",
            params={
                "before": before,
                "cursor": cursor,
                "order": order,
                "page_size": page_size,
                "since": since,
                "status": status,
            },
        )

    def get_clustering_run(self, id: str) -> ClusteringRun:
        """Get one run with its parameters, counts and timings."""
        return self.request("GET", f"/api/v1/clustering-runs/{id}")
