"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Literal, NotRequired, TypedDict

from insight_dedup_client.transport import Page, Transport


class Webhook(TypedDict):
    id: "str"
    url: "str"
    notices: "list[str]"
    body_format: "str"
    is_active: "NotRequired[bool]"
    created_at: "NotRequired[str]"


class WebhookAddRequest(TypedDict):
    notices: "NotRequired[list[NoticesEnum]]"
    body_format: "NotRequired[BodyFormatEnum]"
    is_active: "NotRequired[bool]"
    url: "str"


class WebhookChangeRequest(TypedDict):
    notices: "NotRequired[list[NoticesEnum]]"
    body_format: "NotRequired[BodyFormatEnum]"
    is_active: "NotRequired[bool]"


class WebhookTest(TypedDict):
    arrived: "bool"
    response_status: "int | None"
    error: "str"


class WebhookSecret(Webhook):
    """Shown once: the receiver checks signatures with it."""

    secret: "NotRequired[str]"


BodyFormatEnum = Literal["json", "slack"]


NoticesEnum = Literal[
    "job.finished",
    "version.activated",
    "auto_merge.stopped",
    "cluster.decided",
    "insight.repeated",
    "insight.spike",
    "contradiction.found",
    "digest.weekly",
]


PaginatedWebhookList = Page[Webhook]


class WebhooksCalls(Transport):
    def list_webhooks(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedWebhookList:
        """List the webhooks, the newest first."""
        return self.request(
            "GET", "/api/v1/webhooks", params={"cursor": cursor, "page_size": page_size}
        )

    def add_webhook(self, body: WebhookAddRequest) -> WebhookSecret:
        """Add a webhook; only this answer has its secret."""
        return self.request("POST", "/api/v1/webhooks", json=body)

    def get_webhook(self, id: str) -> Webhook:
        """Get one webhook."""
        return self.request("GET", f"/api/v1/webhooks/{id}")

    def change_webhook(
        self,
        id: str,
        body: WebhookChangeRequest | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Choose its events and what is sent, or switch it off and on."""
        return self.request(
            "PATCH",
            f"/api/v1/webhooks/{id}",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )

    def remove_webhook(self, id: str) -> None:
        """Remove it together with the log of its deliveries."""
        return self.request("POST", f"/api/v1/webhooks/{id}/remove")

    def rotate_webhook_secret(self, id: str) -> WebhookSecret:
        """Replace the secret; only this answer has the new one, which signs from now on."""
        return self.request("POST", f"/api/v1/webhooks/{id}/rotate-secret")

    def test_webhook(self, id: str) -> WebhookTest:
        """Send a test now, and say what the receiver answered."""
        return self.request("POST", f"/api/v1/webhooks/{id}/test")
