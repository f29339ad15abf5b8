"""One file a noun. Tables and columns are named as in the user's guide."""

from insights.models.api_answer import ApiAnswer
from insights.models.api_call import ApiCall, ApiCallState
from insights.models.api_token import ApiToken, Scope
from insights.models.audit_item import AuditItem, AuditVerdict
from insights.models.auto_merge_stop import AutoMergeStop
from insights.models.cluster import Cluster, ClusterMember, ClusterPair, ClusterStatus
from insights.models.clustering_change import ClusteringChange
from insights.models.clustering_run import ClusteringRun
from insights.models.conflict_verdict import ConflictVerdict, Verdict
from insights.models.heartbeat import Heartbeat
from insights.models.idempotency_key import IdempotencyKey
from insights.models.insight import Insight, InsightOrigin, InsightStatus
from insights.models.insight_embedding import InsightEmbedding
from insights.models.insight_source import InsightSource
from insights.models.merge_decision import (
    DecisionKind,
    DecisionMember,
    MemberRole,
    MergeDecision,
)
from insights.models.pair_label import PairLabel
from insights.models.processing_run import ProcessingRun
from insights.models.review_event import EventKind, ReviewEvent
from insights.models.reviewer_settings import ReviewerSettings
from insights.models.run import RunStatus
from insights.models.source import Source
from insights.models.webhook import DeliveryStatus, Notice, Webhook, WebhookDelivery

__all__ = [
    "ApiAnswer",
    "ApiCall",
    "ApiCallState",
    "ApiToken",
    "AuditItem",
    "AuditVerdict",
    "AutoMergeStop",
    "Cluster",
    "ClusterMember",
    "ClusterPair",
    "ClusterStatus",
    "ClusteringChange",
    "ClusteringRun",
    "ConflictVerdict",
    "DecisionKind",
    "DecisionMember",
    "DeliveryStatus",
    "EventKind",
    "Heartbeat",
    "IdempotencyKey",
    "Insight",
    "InsightEmbedding",
    "InsightOrigin",
    "InsightSource",
    "InsightStatus",
    "MemberRole",
    "MergeDecision",
    "Notice",
    "PairLabel",
    "ProcessingRun",
    "ReviewEvent",
    "ReviewerSettings",
    "RunStatus",
    "Scope",
    "Source",
    "Verdict",
    "Webhook",
    "WebhookDelivery",
]
