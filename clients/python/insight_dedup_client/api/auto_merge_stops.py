"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""

from typing import Any, Literal, NotRequired, TypedDict

from insight_dedup_client.api.common import (
    PaginatedDecisionList,
)
from insight_dedup_client.transport import Page, Transport


class MeasuredNow(TypedDict):
    audited: "int"
    right: "int"
    waiting: "int"
    precision: "float | None"
    low: "float"
    high: "float"
    is_too_low: "bool"


class ResumeRequest(TypedDict):
    comment: "NotRequired[str]"


class Stop(TypedDict):
    id: "str"
    stopped_at: "NotRequired[str]"
    model_version: "NotRequired[str]"
    reason: "str"
    numbers: "dict[str, Any]"
    resumed_at: "NotRequired[str | None]"
    resumed_by: "str | None"
    comment: "NotRequired[str]"


class TakenBack(TypedDict):
    id: "str"
    undone: "int"
    left: "int"
    task: "str"


class StopDetail(Stop):
    measured: "MeasuredNow | None"
    doubtful: "int"
    advice: "list[str]"


PaginatedStopList = Page[Stop]


class AutoMergeStopsCalls(Transport):
    def list_auto_merge_stops(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        in_force: bool | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
    ) -> PaginatedStopList:
        """List the stops of automatic merging and who resumed it; at most one is in force."""
        answer: PaginatedStopList = self.request(
            "GET",
            "/api/v1/auto-merge-stops",
            params={
                "before": before,
                "cursor": cursor,
                "in_force": in_force,
                "order": order,
                "page_size": page_size,
                "since": since,
            },
        )
        return answer

    def get_auto_merge_stop(self, id: str) -> StopDetail:
        """Get one stop: why, what the audit measures now, and what to do about it."""
        answer: StopDetail = self.request("GET", f"/api/v1/auto-merge-stops/{id}")
        return answer

    def list_auto_merge_stops_merges(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedDecisionList:
        """List the merges since the last good audit that are still in force, the latest first."""
        answer: PaginatedDecisionList = self.request(
            "GET",
            f"/api/v1/auto-merge-stops/{id}/merges",
            params={"cursor": cursor, "page_size": page_size},
        )
        return answer

    def resume_auto_merging(
        self, id: str, body: ResumeRequest | None = None, *, idempotency_key: str | None = None
    ) -> StopDetail:
        """Resume automatic merging; the audit measures afresh."""
        answer: StopDetail = self.request(
            "POST",
            f"/api/v1/auto-merge-stops/{id}/resume",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
        return answer

    def undo_merges_since_audit(self, id: str, *, idempotency_key: str | None = None) -> TakenBack:
        """Undo all merges since the last good audit as one batch, the latest first."""
        answer: TakenBack = self.request(
            "POST",
            f"/api/v1/auto-merge-stops/{id}/undo-merges",
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer
