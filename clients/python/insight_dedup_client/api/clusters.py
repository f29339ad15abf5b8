"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Literal, NotRequired, TypedDict

from insight_dedup_client.api.common import Decision
from insight_dedup_client.transport import Page, Transport


class ApproveRequest(TypedDict):
    comment: "NotRequired[str]"
    expected_version: "NotRequired[int]"
    members: "NotRequired[list[str]]"
    canonical: "NotRequired[str]"
    canonical_text: "NotRequired[str]"


class BulkDecisionRequest(TypedDict):
    comment: "NotRequired[str]"
    expected_version: "NotRequired[int]"
    cluster: "str"
    verdict: "VerdictEnum"


class BulkRequest(TypedDict):
    decisions: "list[BulkDecisionRequest]"


class BulkResult(TypedDict):
    cluster: "str"
    decision: "str | None"
    code: "str"
    detail: "str"


class BulkResults(TypedDict):
    results: "list[BulkResult]"


class Cluster(TypedDict):
    id: "str"
    status: "NotRequired[ClusterStatus]"
    version: "NotRequired[int]"
    size: "int"
    source_count: "NotRequired[int]"
    people_count: "NotRequired[int]"
    proposed_canonical: "str"
    proposed_statement: "str"
    mean_similarity: "float"
    weakest_similarity: "float"
    probability: "NotRequired[float | None]"
    has_near_miss: "NotRequired[bool]"
    run: "NotRequired[str | None]"
    created_at: "NotRequired[str]"
    updated_at: "str"
    decided_at: "NotRequired[str | None]"


class ClusterMember(TypedDict):
    insight: "str"
    statement: "str"
    insight_status: "str"
    position: "int"
    similarity: "float"


class ClusterPair(TypedDict):
    insight1: "str"
    insight2: "str"
    similarity: "float"
    probability: "NotRequired[float | None]"
    reason: "ReasonEnum"
    differences: "list[str]"


class DecideRequest(TypedDict):
    comment: "NotRequired[str]"
    expected_version: "NotRequired[int]"


class SplitRequest(TypedDict):
    comment: "NotRequired[str]"
    expected_version: "NotRequired[int]"
    groups: "list[list[str]]"


class ClusterDetail(Cluster):
    members: "list[ClusterMember]"
    pairs: "list[ClusterPair]"


ClusterStatus = Literal["open", "approved", "partial", "rejected", "split", "superseded"]


PaginatedClusterList = Page[Cluster]


ReasonEnum = Literal["similarity", "model", "must_link", "indirect"]


VerdictEnum = Literal["approve", "reject"]


class ClustersCalls(Transport):
    def list_clusters(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        has_near_miss: bool | None = None,
        insight: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        status: Literal["open", "approved", "partial", "rejected", "split", "superseded"]
        | None = None,
    ) -> PaginatedClusterList:
        """List the clusters, the newest first."""
        return self.request(
            "GET",
            "/api/v1/clusters",
            params={
                "before": before,
                "cursor": cursor,
                "has_near_miss": has_near_miss,
                "insight": insight,
                "order": order,
                "page_size": page_size,
                "since": since,
                "status": status,
            },
        )

    def get_cluster(self, id: str) -> ClusterDetail:
        """Get one cluster with its members and the evidence for each pair."""
        return self.request("GET", f"/api/v1/clusters/{id}")

    def approve_cluster(
        self,
        id: str,
        body: ApproveRequest | None = None,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Decision:
        """Merge all members, or a part of them, into one canonical insight."""
        return self.request(
            "POST",
            f"/api/v1/clusters/{id}/approve",
            headers={"Idempotency-Key": idempotency_key, "If-Match": if_match},
            json=body,
        )

    def reject_cluster(
        self,
        id: str,
        body: DecideRequest | None = None,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Decision:
        """Keep all members apart: none of these pairs is proposed again."""
        return self.request(
            "POST",
            f"/api/v1/clusters/{id}/reject",
            headers={"Idempotency-Key": idempotency_key, "If-Match": if_match},
            json=body,
        )

    def split_cluster(
        self,
        id: str,
        body: SplitRequest,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Decision:
        """Merge each group of two or more, and keep the groups apart."""
        return self.request(
            "POST",
            f"/api/v1/clusters/{id}/split",
            headers={"Idempotency-Key": idempotency_key, "If-Match": if_match},
            json=body,
        )

    def decide_clusters(
        self, body: BulkRequest, *, idempotency_key: str | None = None
    ) -> BulkResults:
        """Approve or reject up to 200 clusters; each stands for itself."""
        return self.request(
            "POST",
            "/api/v1/clusters/decide",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )

    def list_clusters_queue(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedClusterList:
        """List the clusters waiting for a decision, the most similar first."""
        return self.request(
            "GET", "/api/v1/clusters/queue", params={"cursor": cursor, "page_size": page_size}
        )
