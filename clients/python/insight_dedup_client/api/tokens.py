"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Literal, NotRequired, TypedDict

from insight_dedup_client.transport import Page, Transport


class MakeTokenRequest(TypedDict):
    name: "str"
    scopes: "list[ScopesEnum]"
    days: "NotRequired[int]"


class Token(TypedDict):
    id: "str"
    name: "NotRequired[str]"
    prefix: "str"
    scopes: "list[str]"
    created_at: "NotRequired[str]"
    expires_at: "NotRequired[str | None]"
    last_used_at: "str | None"
    revoked_at: "NotRequired[str | None]"


class NewToken(Token):
    key: "str"


PaginatedTokenList = Page[Token]


ScopesEnum = Literal["read", "review", "ingest", "train", "admin"]


class TokensCalls(Transport):
    def list_tokens(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedTokenList:
        """List the account's tokens, the newest first."""
        return self.request(
            "GET", "/api/v1/tokens", params={"cursor": cursor, "page_size": page_size}
        )

    def make_token(self, body: MakeTokenRequest) -> NewToken:
        """Make a token for the calling account; only this answer has its key."""
        return self.request("POST", "/api/v1/tokens", json=body)

    def revoke_token(self, id: str) -> Token:
        """Revoke a token of the account, or with the permission to change tokens any."""
        return self.request("POST", f"/api/v1/tokens/{id}/revoke")
