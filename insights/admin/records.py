"""Tables behind insights, clusters, decisions and labels, to inspect the evidence."""

from insights.admin.kit.system import system_table
from insights.models import (
    ApiAnswer,
    ApiCall,
    ClusterMember,
    ClusterPair,
    ConflictVerdict,
    DecisionMember,
    Heartbeat,
    IdempotencyKey,
    InsightEmbedding,
    InsightSource,
    PairLabel,
    ReviewerSettings,
    ReviewEvent,
    Webhook,
    WebhookDelivery,
)

LATEST = ("-pk",)

system_table(
    PairLabel,
    40,
    "insight1 is_same insight2 decision",
    filters="is_same",
    search="insight1 insight2",
)
system_table(
    ReviewEvent,
    45,
    "created_at actor kind cluster decision comment",
    filters="kind created_at",
    search="comment",
    sortable="created_at",
)
system_table(
    ConflictVerdict,
    46,
    "insight1 insight2 verdict decision",
    filters="verdict",
    search="insight1 insight2",
)
system_table(
    InsightSource,
    110,
    "statement source locator insight created_at",
    search="insight",
    ordering=("source_id", "ordinal"),
)
system_table(
    ClusterMember,
    120,
    "insight cluster position similarity",
    search="insight",
    ordering=LATEST,
)
system_table(
    ClusterPair,
    121,
    "insight1 insight2 similarity probability reason cluster",
    filters="reason",
    search="insight1 insight2",
    ordering=LATEST,
)
system_table(DecisionMember, 122, "insight role group decision", filters="role", search="insight")
system_table(InsightEmbedding, 240, "insight embedding_model", search="insight", hidden="embedding")
system_table(ReviewerSettings, 190, "user is_blind", filters="is_blind", ordering=("pk",))

system_table(Webhook, 110, "url notices is_active created_at", hidden="secret")
system_table(
    WebhookDelivery,
    111,
    "created_at notice webhook status attempts response_status delivered_at",
    filters="status notice",
    deferred=("webhook__secret",),
)
system_table(Heartbeat, 120, "queue completed_at task completed")
system_table(
    IdempotencyKey,
    210,
    "key user status created_at",
    filters="created_at",
    search="key",
    hidden="body headers",
    ordering=("-created_at", "pk"),
)
system_table(
    ApiCall,
    220,
    "created_at purpose model state prompt_tokens completion_tokens cost_usd latency_ms",
    filters="state created_at",
    search="model request_id",
    sortable="created_at",
)
system_table(
    ApiAnswer,
    230,
    "key purpose model created_at",
    filters="created_at",
    search="key",
    sortable="created_at",
    hidden="answer",
)
