"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Literal, NotRequired, TypedDict

from insight_dedup_client.api.common import Decision, PaginatedDecisionList
from insight_dedup_client.transport import Transport


class UndoRequest(TypedDict):
    comment: "NotRequired[str]"
    not_same: "NotRequired[bool]"


class DecisionsCalls(Transport):
    def list_decisions(
        self,
        *,
        actor: str | None = None,
        before: str | None = None,
        cluster: str | None = None,
        cursor: str | None = None,
        kind: Literal[
            "approved", "partial", "rejected", "split", "automatic", "unmerged", "confirmed"
        ]
        | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        undone: bool | None = None,
    ) -> PaginatedDecisionList:
        """List the decisions, the newest first."""
        return self.request(
            "GET",
            "/api/v1/decisions",
            params={
                "actor": actor,
                "before": before,
                "cluster": cluster,
                "cursor": cursor,
                "kind": kind,
                "order": order,
                "page_size": page_size,
                "since": since,
                "undone": undone,
            },
        )

    def get_decision(self, id: str) -> Decision:
        """Get one receipt: who, when, on what evidence, and every member's part in it."""
        return self.request("GET", f"/api/v1/decisions/{id}")

    def undo_decision(
        self, id: str, body: UndoRequest | None = None, *, idempotency_key: str | None = None
    ) -> Decision:
        """Undo a decision, even after later ones; its cluster is open again."""
        return self.request(
            "POST",
            f"/api/v1/decisions/{id}/undo",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )

    def download_decisions(self, *, format: Literal["csv", "parquet"] | None = None) -> bytes:
        """Download all decisions, the oldest first, with those that were undone."""
        return self.request(
            "GET", "/api/v1/decisions/download", params={"format": format}, read="content"
        )
