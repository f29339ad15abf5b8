"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""

from typing import Literal, NotRequired, TypedDict

from insight_dedup_client.transport import Page, Transport


class Answered(TypedDict):
    id: "str"
    verdict: "str"
    decision: "str"
    model_version: "str"
    answered_at: "str"


class AuditAnswerRequest(TypedDict):
    verdict: "NotRequired[AuditAnswerVerdictEnum]"
    groups: "NotRequired[list[list[int]]]"
    comment: "NotRequired[str]"


class AuditQuestion(TypedDict):
    id: "str"
    kind: "str"
    statements: "list[str]"
    held_until: "str"


class Claimed(TypedDict):
    item: "AuditQuestion | None"


class Withdrawn(TypedDict):
    item: "AuditQuestion"
    refuted_stop: "str | None"


AuditAnswerVerdictEnum = Literal["same", "not_same"]


PaginatedAnsweredList = Page[Answered]


class AuditCalls(Transport):
    def answer_audit(
        self, id: str, body: AuditAnswerRequest | None = None, *, idempotency_key: str | None = None
    ) -> Answered:
        """Say whether the statements are duplicates."""
        answer: Answered = self.request(
            "POST",
            f"/api/v1/audit/{id}/answer",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
        return answer

    def withdraw_audit_answer(self, id: str, *, idempotency_key: str | None = None) -> Withdrawn:
        """Withdraw your own answer with all its effects."""
        answer: Withdrawn = self.request(
            "POST", f"/api/v1/audit/{id}/withdraw", headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def list_audit_answers(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedAnsweredList:
        """List your own answers that you may still withdraw, the latest first."""
        answer: PaginatedAnsweredList = self.request(
            "GET", "/api/v1/audit/answers", params={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def claim_audit(self, *, idempotency_key: str | None = None) -> Claimed:
        """Get the next question, leased to you for ten minutes."""
        answer: Claimed = self.request(
            "POST", "/api/v1/audit/claim", headers={"Idempotency-Key": idempotency_key}
        )
        return answer
