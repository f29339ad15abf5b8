"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Any, Literal, NotRequired, TypedDict

from insight_dedup_client.api.common import Backend
from insight_dedup_client.transport import Transport


class AllModels(TypedDict):
    success: "bool"
    activeModel: "GuideModel | None"
    models: "list[GuideModel]"
    accuracy: "GuideAccuracy | None"
    trainingDataStats: "GuideTrainingData"


class ClusterAll(TypedDict):
    success: "bool"
    runId: "str"
    status: "str"
    counts: "dict[str, int]"
    taskUrl: "str"
    message: "str"


class GuideAccuracy(TypedDict):
    totalReviewed: "int"
    correct: "int"
    accuracyPct: "float | None"


class GuideModel(TypedDict):
    id: "str"
    version: "int"
    backend: "str"
    baseModel: "str"
    fineTuneJobId: "str"
    fineTunedModel: "str"
    status: "str"
    isActive: "bool"
    autoMergeConfidence: "float"
    heldOut: "dict[str, Any] | None"
    error: "str"
    createdAt: "str"
    finishedAt: "str | None"
    activatedAt: "str | None"


class GuideTrainingData(TypedDict):
    approved_merges: "int"
    rejected_clusters: "int"
    partial_merges: "int"
    positive_pairs: "int"
    negative_pairs: "int"


class Job(TypedDict):
    success: "bool"
    fineTuneJobId: "str"
    status: "str"
    error: "str | None"
    waitingFor: "str | None"
    modelId: "str"
    modelVersion: "int"
    backend: "str"
    baseModel: "str"
    fineTunedModel: "str | None"
    trainingFileId: "str | None"
    createdAt: "str"
    finishedAt: "str | None"


class StartRequest(TypedDict):
    baseModel: "NotRequired[str]"
    backend: "NotRequired[Backend]"


class Started(TypedDict):
    success: "bool"
    fineTuneJobId: "str"
    trainingFileId: "str"
    modelVersion: "int"
    trainingDataStats: "TrainingDataStats"
    message: "str"


class SwitchRequest(TypedDict):
    modelId: "str"
    action: "ActionEnum"
    force: "NotRequired[bool]"


class Switched(TypedDict):
    success: "bool"
    message: "str"
    model: "GuideModel"


class TrainingDataStats(TypedDict):
    approved_merges: "int"
    rejected_clusters: "int"
    partial_merges: "int"


ActionEnum = Literal["activate", "deactivate"]


class GuideCalls(Transport):
    def cluster_all(self, *, idempotency_key: str | None = None) -> ClusterAll:
        """Cluster all active insights."""
        return self.request(
            "POST", "/api/admin/insights/cluster-all", headers={"Idempotency-Key": idempotency_key}
        )

    def export_training_data(
        self, *, format: Literal["openai_jsonl", "json"] | None = None, stats: bool | None = None
    ) -> str:
        """Export people's decisions as training data."""
        return self.request(
            "GET",
            "/api/admin/insights/export-training-data",
            params={"format": format, "stats": stats},
            read="text",
        )

    def get_fine_tune_job(self, *, jobId: str) -> Job:
        """Get the status of a job."""
        return self.request("GET", "/api/admin/insights/fine-tune-model", params={"jobId": jobId})

    def fine_tune_model(
        self, body: StartRequest | None = None, *, idempotency_key: str | None = None
    ) -> Started:
        """Train a new version on the current decisions."""
        return self.request(
            "POST",
            "/api/admin/insights/fine-tune-model",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )

    def get_model_status(self) -> AllModels:
        """List all versions, the active one with its reviewed accuracy, and the decisions."""
        return self.request("GET", "/api/admin/insights/model-status")

    def switch_model(self, body: SwitchRequest, *, idempotency_key: str | None = None) -> Switched:
        """Activate or deactivate a version; asking twice is harmless."""
        return self.request(
            "POST",
            "/api/admin/insights/model-status",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
