"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Any, Literal, NotRequired, TypedDict

from insight_dedup_client.api.common import (
    PaginatedDecisionList,
)
from insight_dedup_client.transport import Page, Transport


class Found(TypedDict):
    embedding_model: "str"
    results: "list[FoundInsight]"


class FoundInsight(TypedDict):
    similarity: "float"
    insight: "Insight"


class Insight(TypedDict):
    id: "str"
    statement: "str"
    status: "NotRequired[InsightStatus]"
    origin: "NotRequired[InsightOriginEnum]"
    merged_into: "str | None"
    created_at: "NotRequired[str]"
    updated_at: "str"


class LocatedStatementRequest(TypedDict):
    statement: "str"
    locator: "NotRequired[str]"


class Occurrence(TypedDict):
    id: "str"
    source: "str"
    source_title: "str"
    run: "str"
    locator: "str"
    statement: "str"
    origin_insight: "str"
    ordinal: "int"
    start: "NotRequired[int | None]"
    end: "NotRequired[int | None]"
    external_id: "NotRequired[str]"
    date: "NotRequired[str]"
    person: "NotRequired[str]"
    company: "NotRequired[str]"
    segment: "NotRequired[str]"
    rating: "NotRequired[str]"
    link: "NotRequired[str]"
    attributes: "NotRequired[Any]"
    version: "NotRequired[int]"
    previous: "NotRequired[Any]"
    created_at: "NotRequired[str]"


class PushRequest(TypedDict):
    source: "str"
    statements: "list[LocatedStatementRequest]"


class Pushed(TypedDict):
    statement: "str"
    locator: "str"
    insight: "str | None"
    result: "str"
    decision: "str | None"


class PushedList(TypedDict):
    results: "list[Pushed]"


InsightOriginEnum = Literal["extracted", "edited"]


InsightStatus = Literal["active", "merged", "retired"]


PaginatedInsightList = Page[Insight]


PaginatedOccurrenceList = Page[Occurrence]


class InsightsCalls(Transport):
    def list_insights(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        merged_into: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        origin: Literal["extracted", "edited"] | None = None,
        page_size: int | None = None,
        q: str | None = None,
        since: str | None = None,
        source: str | None = None,
        status: Literal["active", "merged", "retired"] | None = None,
    ) -> PaginatedInsightList:
        """List the insights, the newest first."""
        return self.request(
            "GET",
            "/api/v1/insights",
            params={
                "before": before,
                "cursor": cursor,
                "merged_into": merged_into,
                "order": order,
                "origin": origin,
                "page_size": page_size,
                "q": q,
                "since": since,
                "source": source,
                "status": status,
            },
        )

    def push_insights(self, body: PushRequest, *, idempotency_key: str | None = None) -> PushedList:
        """Store up to 500 statements of a source and merge the sure duplicates."""
        return self.request(
            "POST", "/api/v1/insights", headers={"Idempotency-Key": idempotency_key}, json=body
        )

    def get_insight(self, id: str) -> Insight:
        """Get one insight: active, or merged into `merged_into`, which is always active."""
        return self.request("GET", f"/api/v1/insights/{id}")

    def list_insights_history(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedDecisionList:
        """List the decisions that it took part in, undone ones too."""
        return self.request(
            "GET",
            f"/api/v1/insights/{id}/history",
            params={"cursor": cursor, "page_size": page_size},
        )

    def list_insights_sources(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedOccurrenceList:
        """List the occurrences of an insight and of the insights merged into it."""
        return self.request(
            "GET",
            f"/api/v1/insights/{id}/sources",
            params={"cursor": cursor, "page_size": page_size},
        )

    def download_insights(self, *, format: Literal["csv", "parquet"] | None = None) -> bytes:
        """Download all insights, the oldest first."""
        return self.request(
            "GET", "/api/v1/insights/download", params={"format": format}, read="content"
        )

    def search_insights(
        self, *, text: str, least_similarity: float | None = None, limit: int | None = None
    ) -> Found:
        """Find the active insights nearest in meaning to a text, best first."""
        return self.request(
            "GET",
            "/api/v1/insights/search",
            params={"least_similarity": least_similarity, "limit": limit, "text": text},
        )
