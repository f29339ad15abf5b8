"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import TypedDict

from insight_dedup_client.transport import Transport


class WhoAmI(TypedDict):
    username: "str"
    token: "str | None"
    scopes: "list[str]"
    expires_at: "str | None"


class WhoamiCalls(Transport):
    def whoami(self) -> WhoAmI:
        """Get the user and the token's rights, as the first call of a new script."""
        return self.request("GET", "/api/v1/whoami")
