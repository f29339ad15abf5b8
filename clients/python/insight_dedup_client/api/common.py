"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Any, Literal, NotRequired, TypedDict

from insight_dedup_client.transport import Page


class Decision(TypedDict):
    id: "str"
    kind: "DecisionKind"
    cluster: "NotRequired[str | None]"
    canonical: "NotRequired[str | None]"
    actor: "str | None"
    model_id: "NotRequired[str | None]"
    model_version: "NotRequired[str]"
    evidence: "dict[str, Any]"
    comment: "NotRequired[str]"
    decided_at: "NotRequired[str]"
    undone_at: "NotRequired[str | None]"
    undone_by: "str | None"
    undo_comment: "NotRequired[str]"
    members: "list[DecisionMember]"


class DecisionMember(TypedDict):
    insight: "str"
    statement: "str"
    role: "DecisionMemberRoleEnum"
    group: "NotRequired[int | None]"
    written: "NotRequired[bool]"


class FieldError(TypedDict):
    field: "str"
    code: "str"
    detail: "str"


class Prediction(TypedDict):
    id: "str"
    model: "str"
    insight1: "str"
    insight2: "str"
    statement1: "str"
    statement2: "str"
    prediction: "bool"
    probability: "float"
    confidence: "float"
    similarity_score: "float"
    actual_label: "NotRequired[bool | None]"
    is_correct: "bool | None"
    origin: "PredictionOriginEnum"
    created_at: "NotRequired[str]"


class Problem(TypedDict):
    """RFC 9457. Act on `status` and `code`, show `detail` to people."""

    type: "str"
    title: "str"
    status: "int"
    code: "str"
    detail: "str"
    field: "NotRequired[str]"
    errors: "NotRequired[list[FieldError]]"
    row_errors: "NotRequired[list[RowError]]"
    row_error_count: "NotRequired[int]"
    task: "NotRequired[str]"
    error: "NotRequired[str]"
    success: "NotRequired[bool]"
    request_id: "str"


class ProcessingRun(TypedDict):
    id: "str"
    status: "NotRequired[RunStatus]"
    counts: "dict[str, int]"
    timings: "dict[str, float]"
    error: "NotRequired[str]"
    progress_step: "NotRequired[str]"
    progress_done: "NotRequired[int]"
    progress_total: "NotRequired[int]"
    cancel_requested_at: "NotRequired[str | None]"
    started_at: "NotRequired[str]"
    heartbeat_at: "NotRequired[str]"
    finished_at: "NotRequired[str | None]"
    started_by: "str | None"
    source: "str"


class RowError(TypedDict):
    line: "int"
    message: "str"


class ThresholdChange(TypedDict):
    id: "str"
    created_at: "NotRequired[str]"
    actor: "str | None"
    model: "str"
    auto_merge_before: "float"
    auto_merge_after: "float"
    cluster_out_before: "float"
    cluster_out_after: "float"
    proof_before: "NotRequired[AutoMergeProof]"
    proof_after: "NotRequired[AutoMergeProof]"
    active_before: "NotRequired[str | None]"
    active_after: "NotRequired[str | None]"
    comment: "NotRequired[str]"
    undoes: "NotRequired[str | None]"
    is_undone: "bool"


AutoMergeProof = Literal["earned", "proven", "threshold"]


Backend = Literal["local", "openai", "zero_shot"]


DecisionKind = Literal[
    "approved", "partial", "rejected", "split", "automatic", "unmerged", "confirmed"
]


DecisionMemberRoleEnum = Literal["canonical", "merged", "kept", "unmerged"]


PaginatedDecisionList = Page[Decision]


PaginatedPredictionList = Page[Prediction]


PredictionOriginEnum = Literal["ingestion", "clustering", "request"]


RunStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]
