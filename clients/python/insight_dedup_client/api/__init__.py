"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from insight_dedup_client.api.clustering_runs import ClusteringRunsCalls
from insight_dedup_client.api.clusters import ClustersCalls
from insight_dedup_client.api.decisions import DecisionsCalls
from insight_dedup_client.api.duplicates import DuplicatesCalls
from insight_dedup_client.api.guide import GuideCalls
from insight_dedup_client.api.insights import InsightsCalls
from insight_dedup_client.api.models import ModelsCalls
from insight_dedup_client.api.people import PeopleCalls
from insight_dedup_client.api.predictions import PredictionsCalls
from insight_dedup_client.api.processing_runs import ProcessingRunsCalls
from insight_dedup_client.api.sources import SourcesCalls
from insight_dedup_client.api.tasks import TasksCalls
from insight_dedup_client.api.threshold_changes import ThresholdChangesCalls
from insight_dedup_client.api.tokens import TokensCalls
from insight_dedup_client.api.webhooks import WebhooksCalls
from insight_dedup_client.api.whoami import WhoamiCalls


class Client(
    GuideCalls,
    ClusteringRunsCalls,
    ClustersCalls,
    DecisionsCalls,
    DuplicatesCalls,
    InsightsCalls,
    ModelsCalls,
    PeopleCalls,
    PredictionsCalls,
    ProcessingRunsCalls,
    SourcesCalls,
    TasksCalls,
    ThresholdChangesCalls,
    TokensCalls,
    WebhooksCalls,
    WhoamiCalls,
):
    """One method for each operation of the API."""
