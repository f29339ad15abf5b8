"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Any, Literal, NotRequired, TypedDict

from insight_dedup_client.api.common import (
    AutoMergeProof,
    Backend,
    PaginatedPredictionList,
    ThresholdChange,
)
from insight_dedup_client.transport import Page, Transport


class ClusterChange(TypedDict):
    fate: "str"
    cluster: "str | None"
    pieces: "list[list[str]]"


class Clusters(TypedDict):
    open: "int"
    looked_at: "int"
    anyway: "int"
    count: "int"
    changes: "list[ClusterChange]"


class Evaluation(TypedDict):
    model: "str"
    version: "int"
    held_out: "dict[str, Any]"
    reviewed: "Reviewed"


class Flip(TypedDict):
    newer: "str"
    older: "str"
    newer_statement: "str"
    older_statement: "str"
    similarity: "float"
    before: "float | None"
    after: "float | None"
    person: "bool | None"
    decision: "str | None"
    cluster: "str | None"


class Measured(TypedDict):
    threshold: "float"
    precision: "Share"
    coverage: "Share"
    recall: "Share"
    is_guarded: "bool"


class Merges(TypedDict):
    insights: "int"
    pairs: "int"
    held_back: "int"
    gained_count: "int"
    lost_count: "int"
    gained: "list[Flip]"
    lost: "list[Flip]"


class Model(TypedDict):
    id: "str"
    version: "int"
    backend: "Backend"
    base_model: "str"
    fine_tune_job_id: "NotRequired[str]"
    fine_tuned_model_id: "NotRequired[str]"
    training_file: "str | None"
    status: "NotRequired[ModelStatus]"
    is_active: "NotRequired[bool]"
    auto_merge_confidence: "NotRequired[float]"
    held_out: "dict[str, Any] | None"
    error: "NotRequired[str]"
    created_at: "NotRequired[str]"
    finished_at: "NotRequired[str | None]"
    activated_at: "NotRequired[str | None]"
    created_by: "str | None"


class ModelEvent(TypedDict):
    id: "int"
    created_at: "NotRequired[str]"
    level: "NotRequired[str]"
    message: "str"
    data: "dict[str, Any]"
    actor: "str | None"


class Preview(TypedDict):
    today: "Side | None"
    proposed: "Side"
    seen: "str"
    sentences: "list[str]"
    merges: "Merges"
    clusters: "Clusters"
    limits: "list[str]"


class Reviewed(TypedDict):
    total_reviewed: "int"
    correct: "int"
    accuracy_pct: "float | None"


class SetRequest(TypedDict):
    auto_merge_confidence: "NotRequired[float]"
    cluster_out_confidence: "NotRequired[float]"
    auto_merge_proof: "NotRequired[AutoMergeProof]"
    activate: "NotRequired[bool]"
    below_floor: "NotRequired[bool]"
    seen: "NotRequired[str]"
    comment: "NotRequired[str]"


class Share(TypedDict):
    value: "float | None"
    count: "int"
    of: "int"
    low: "float"
    high: "float"


class Side(TypedDict):
    auto_merge_confidence: "float"
    cluster_out_confidence: "float"
    auto_merge_proof: "AutoMergeProof"
    model: "str"
    version: "int"
    held_out: "Measured | None"


class Thresholds(TypedDict):
    auto_merge_confidence: "float"
    cluster_out_confidence: "float"
    auto_merge_proof: "AutoMergeProof"
    model: "str"
    version: "int"
    is_active: "bool"
    seen: "str"
    chosen: "dict[str, Any] | None"
    curve: "list[dict[str, Any]]"
    trust: "list[Trust]"
    change: "ThresholdChange | None"


class Trust(TypedDict):
    left_over: "str"
    threshold: "float"
    state: "str"
    judged: "int"
    precision_seen: "float | None"
    precision_proven: "float"
    needed_to_merge: "int"
    needed_to_prove: "int"


class ModelDetail(Model):
    training_stats: "dict[str, Any]"


ModelStatus = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]


PaginatedModelEventList = Page[ModelEvent]


PaginatedModelList = Page[Model]


class ModelsCalls(Transport):
    def list_models(
        self,
        *,
        backend: Literal["local", "openai", "zero_shot"] | None = None,
        cursor: str | None = None,
        page_size: int | None = None,
        status: Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]
        | None = None,
    ) -> PaginatedModelList:
        """List the model versions, the newest first."""
        return self.request(
            "GET",
            "/api/v1/models",
            params={"backend": backend, "cursor": cursor, "page_size": page_size, "status": status},
        )

    def get_model(self, id: str) -> ModelDetail:
        """Get one version, with the statistics of its training data."""
        return self.request("GET", f"/api/v1/models/{id}")

    def get_model_evaluation(self, id: str) -> Evaluation:
        """Get its quality on the held-out decisions and on what was reviewed since."""
        return self.request("GET", f"/api/v1/models/{id}/evaluation")

    def list_models_events(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedModelEventList:
        """List the events of a model version (training steps, activation ...), the newest first."""
        return self.request(
            "GET", f"/api/v1/models/{id}/events", params={"cursor": cursor, "page_size": page_size}
        )

    def list_models_misclassifications(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedPredictionList:
        """List the predictions that people contradicted, the most confident mistakes first."""
        return self.request(
            "GET",
            f"/api/v1/models/{id}/misclassifications",
            params={"cursor": cursor, "page_size": page_size},
        )

    def get_thresholds(self, id: str) -> Thresholds:
        """Get its thresholds for merging and clustering, and the effect of others."""
        return self.request("GET", f"/api/v1/models/{id}/thresholds")

    def set_thresholds(
        self, id: str, body: SetRequest | None = None, *, idempotency_key: str | None = None
    ) -> Thresholds:
        """Set the thresholds for new statements and future clustering runs."""
        return self.request(
            "PATCH",
            f"/api/v1/models/{id}/thresholds",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )

    def preview_thresholds(
        self,
        id: str,
        *,
        auto_merge_confidence: float | None = None,
        auto_merge_proof: Literal["earned", "proven", "threshold"] | None = None,
        cluster_out_confidence: float | None = None,
    ) -> Preview:
        """Preview the effect of this version with these thresholds; change nothing."""
        return self.request(
            "GET",
            f"/api/v1/models/{id}/thresholds/preview",
            params={
                "auto_merge_confidence": auto_merge_confidence,
                "auto_merge_proof": auto_merge_proof,
                "cluster_out_confidence": cluster_out_confidence,
            },
        )
