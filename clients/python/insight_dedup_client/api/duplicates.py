"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Any, TypedDict

from insight_dedup_client.transport import Transport


class DuplicateCheck(TypedDict):
    should_merge: "bool"
    existing_insight_id: "str | None"
    existing_statement: "str | None"
    confidence: "float | None"
    similarity: "float | None"
    model_id: "str | None"
    model_version: "str"
    reason: "str"
    evidence: "dict[str, Any]"


class DuplicateChecks(TypedDict):
    results: "list[DuplicateCheck]"


class StatementRequest(TypedDict):
    statement: "str"


class StatementsRequest(TypedDict):
    statements: "list[str]"


class DuplicatesCalls(Transport):
    def check_duplicate(self, body: StatementRequest) -> DuplicateCheck:
        """Check whether a statement would be merged into a stored insight now, and why."""
        return self.request("POST", "/api/v1/duplicates/check", json=body)

    def check_duplicates(self, body: StatementsRequest) -> DuplicateChecks:
        """Check up to 100 statements, each on its own; they are not compared with one another."""
        return self.request("POST", "/api/v1/duplicates/check-batch", json=body)
