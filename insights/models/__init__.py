"""One file per aggregate. Tables and columns are named as in the guide."""

from insights.models.api_access import ApiToken, IdempotencyKey, Scope
from insights.models.audit import AuditItem, AuditVerdict, AutoMergeStop
from insights.models.cluster import (
    Cluster,
    ClusteringChange,
    ClusterMember,
    ClusterPair,
    ClusterStatus,
)
from insights.models.decision import (
    ConflictVerdict,
    DecisionKind,
    DecisionMember,
    MemberRole,
    MergeDecision,
    PairLabel,
    Verdict,
)
from insights.models.insight import (
    Insight,
    InsightEmbedding,
    InsightOrigin,
    InsightSource,
    InsightStatus,
)
from insights.models.openai_log import ApiAnswer, ApiCall, ApiCallState, ProviderDialect
from insights.models.recall import RecallPair, RecallSample
from insights.models.repository import InsightSummary, InsightTag
from insights.models.review import EventKind, ReviewerSettings, ReviewEvent
from insights.models.run import BulkRun, ClusteringRun, Heartbeat, ProcessingRun, RunStatus
from insights.models.source import ColumnChoice, LeftOutText, Source
from insights.models.webhook import (
    BodyFormat,
    DeliveryStatus,
    Notice,
    NoticeMark,
    Webhook,
    WebhookDelivery,
    all_notices,
)
