"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from insight_dedup_client.api.common import ThresholdChange
from insight_dedup_client.transport import Page, Transport

PaginatedThresholdChangeList = Page[ThresholdChange]


class ThresholdChangesCalls(Transport):
    def list_threshold_changes(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedThresholdChangeList:
        """List the changes of thresholds and of the active version, the newest first."""
        return self.request(
            "GET", "/api/v1/threshold-changes", params={"cursor": cursor, "page_size": page_size}
        )

    def undo_threshold_change(
        self, id: str, *, idempotency_key: str | None = None
    ) -> ThresholdChange:
        """Restore the thresholds and the version that the change had replaced."""
        return self.request(
            "POST",
            f"/api/v1/threshold-changes/{id}/undo",
            headers={"Idempotency-Key": idempotency_key},
        )
