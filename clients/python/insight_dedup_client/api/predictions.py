"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Literal, TypedDict

from insight_dedup_client.api.common import PaginatedPredictionList
from insight_dedup_client.transport import Transport


class MergePrediction(TypedDict):
    should_merge: "bool"
    prediction: "bool"
    probability: "float | None"
    confidence: "float | None"
    similarity: "float"
    model_id: "str | None"
    model_version: "str"
    method: "str"
    differences: "list[str]"
    explanation: "list[str]"


class MergePredictions(TypedDict):
    results: "list[MergePrediction]"


class PairOfInsightsRequest(TypedDict):
    insight1: "str"
    insight2: "str"


class PairOfStatementsRequest(TypedDict):
    statement1: "str"
    statement2: "str"


class PairsRequest(TypedDict):
    pairs: "list[PairRequest]"


PairRequest = PairOfInsightsRequest | PairOfStatementsRequest


class PredictionsCalls(Transport):
    def list_predictions(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        insight: str | None = None,
        is_correct: bool | None = None,
        model: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        origin: Literal["ingestion", "clustering", "request"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
    ) -> PaginatedPredictionList:
        """List the predictions, the newest first."""
        return self.request(
            "GET",
            "/api/v1/predictions",
            params={
                "before": before,
                "cursor": cursor,
                "insight": insight,
                "is_correct": is_correct,
                "model": model,
                "order": order,
                "origin": origin,
                "page_size": page_size,
                "since": since,
            },
        )

    def predict(
        self, body: PairsRequest, *, idempotency_key: str | None = None
    ) -> MergePredictions:
        """Ask the active model about up to 500 pairs of insights or of texts, with its reasons."""
        return self.request(
            "POST", "/api/v1/predictions", headers={"Idempotency-Key": idempotency_key}, json=body
        )
