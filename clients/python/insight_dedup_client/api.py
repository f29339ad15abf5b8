"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""

from typing import Any, Literal, NotRequired, TypedDict

from insight_dedup_client.transport import File, Transport


class AllModels(TypedDict):
    success: "bool"
    activeModel: "GuideModel | None"
    models: "list[GuideModel]"
    accuracy: "GuideAccuracy | None"
    trainingDataStats: "GuideTrainingData"


class Answered(TypedDict):
    id: "str"
    verdict: "str"
    decision: "str"
    model_version: "str"
    answered_at: "str"


class ApproveRequest(TypedDict):
    comment: "NotRequired[str]"
    expected_version: "NotRequired[int]"
    members: "NotRequired[list[str]]"
    canonical: "NotRequired[str]"
    canonical_text: "NotRequired[str]"


class AuditAnswerRequest(TypedDict):
    verdict: "NotRequired[AuditAnswerVerdictEnum]"
    groups: "NotRequired[list[list[int]]]"
    comment: "NotRequired[str]"


class AuditQuestion(TypedDict):
    id: "str"
    kind: "str"
    statements: "list[str]"
    held_until: "str"


class BulkDecisionRequest(TypedDict):
    comment: "NotRequired[str]"
    expected_version: "NotRequired[int]"
    cluster: "str"
    verdict: "BulkDecisionVerdictEnum"


class BulkRequest(TypedDict):
    decisions: "list[BulkDecisionRequest]"


class BulkResult(TypedDict):
    cluster: "str"
    decision: "str | None"
    code: "str"
    detail: "str"


class BulkResults(TypedDict):
    results: "list[BulkResult]"


class Claimed(TypedDict):
    item: "AuditQuestion | None"


class Cluster(TypedDict):
    id: "str"
    status: "NotRequired[ClusterStatus]"
    version: "NotRequired[int]"
    size: "int"
    source_count: "NotRequired[int]"
    people_count: "NotRequired[int]"
    proposed_canonical: "str"
    proposed_statement: "str"
    mean_similarity: "float"
    weakest_similarity: "float"
    probability: "NotRequired[float | None]"
    has_near_miss: "NotRequired[bool]"
    run: "NotRequired[str | None]"
    created_at: "NotRequired[str]"
    updated_at: "str"
    decided_at: "NotRequired[str | None]"


class ClusterAll(TypedDict):
    success: "bool"
    runId: "str"
    status: "str"
    counts: "dict[str, int]"
    taskUrl: "str"
    message: "str"


class ClusterChange(TypedDict):
    fate: "str"
    cluster: "str | None"
    pieces: "list[list[str]]"


class ClusterDetail(TypedDict):
    id: "str"
    status: "NotRequired[ClusterStatus]"
    version: "NotRequired[int]"
    size: "int"
    source_count: "NotRequired[int]"
    people_count: "NotRequired[int]"
    proposed_canonical: "str"
    proposed_statement: "str"
    mean_similarity: "float"
    weakest_similarity: "float"
    probability: "NotRequired[float | None]"
    has_near_miss: "NotRequired[bool]"
    run: "NotRequired[str | None]"
    created_at: "NotRequired[str]"
    updated_at: "str"
    decided_at: "NotRequired[str | None]"
    members: "list[ClusterMember]"
    pairs: "list[ClusterPair]"


class ClusterMember(TypedDict):
    insight: "str"
    statement: "str"
    insight_status: "str"
    position: "int"
    similarity: "float"


class ClusterPair(TypedDict):
    insight1: "str"
    insight2: "str"
    similarity: "float"
    probability: "NotRequired[float | None]"
    reason: "ReasonEnum"
    differences: "list[str]"


class ClusteringRun(TypedDict):
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
    parameters: "dict[str, float]"
    model_version: "NotRequired[str]"


class Clusters(TypedDict):
    open: "int"
    looked_at: "int"
    anyway: "int"
    count: "int"
    changes: "list[ClusterChange]"


class DecideRequest(TypedDict):
    comment: "NotRequired[str]"
    expected_version: "NotRequired[int]"


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


class Evaluation(TypedDict):
    model: "str"
    version: "int"
    held_out: "dict[str, Any]"
    reviewed: "Reviewed"


class Example(TypedDict):
    locator: "str"
    text: "str"


class FieldError(TypedDict):
    field: "str"
    code: "str"
    detail: "str"


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


class Found(TypedDict):
    embedding_model: "str"
    results: "list[FoundInsight]"


class FoundInsight(TypedDict):
    similarity: "float"
    insight: "Insight"


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


class Insight(TypedDict):
    id: "str"
    statement: "str"
    status: "NotRequired[InsightStatus]"
    origin: "NotRequired[InsightOriginEnum]"
    merged_into: "str | None"
    created_at: "NotRequired[str]"
    updated_at: "str"


class Invited(TypedDict):
    id: "int"
    username: "str"
    email: "NotRequired[str]"
    role: "str"
    is_active: "NotRequired[bool]"
    is_staff: "NotRequired[bool]"
    invited: "bool"
    date_joined: "NotRequired[str]"
    last_login: "NotRequired[str | None]"
    invitation: "str"


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


class LocatedStatementRequest(TypedDict):
    statement: "str"
    locator: "NotRequired[str]"


class MakeTokenRequest(TypedDict):
    name: "str"
    scopes: "list[ScopesEnum]"
    days: "NotRequired[int]"


class Measured(TypedDict):
    threshold: "float"
    precision: "Share"
    coverage: "Share"
    recall: "Share"
    is_guarded: "bool"


class MeasuredNow(TypedDict):
    audited: "int"
    right: "int"
    waiting: "int"
    precision: "float | None"
    low: "float"
    high: "float"
    is_too_low: "bool"


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


class ModelDetail(TypedDict):
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
    training_stats: "dict[str, Any]"


class ModelEvent(TypedDict):
    id: "int"
    created_at: "NotRequired[str]"
    level: "NotRequired[str]"
    message: "str"
    data: "dict[str, Any]"
    actor: "str | None"


class NewToken(TypedDict):
    id: "str"
    name: "NotRequired[str]"
    prefix: "str"
    scopes: "list[str]"
    created_at: "NotRequired[str]"
    expires_at: "NotRequired[str | None]"
    last_used_at: "str | None"
    revoked_at: "NotRequired[str | None]"
    key: "str"


class Occurrence(TypedDict):
    id: "str"
    source: "str"
    source_title: "str"
    run: "str"
    locator: "str"
    statement: "str"
    origin_insight: "str"
    ordinal: "int"
    start: "NotRequired[int | None]"
    end: "NotRequired[int | None]"
    external_id: "NotRequired[str]"
    date: "NotRequired[str]"
    person: "NotRequired[str]"
    company: "NotRequired[str]"
    segment: "NotRequired[str]"
    rating: "NotRequired[str]"
    link: "NotRequired[str]"
    attributes: "NotRequired[Any]"
    version: "NotRequired[int]"
    previous: "NotRequired[Any]"
    created_at: "NotRequired[str]"


class PaginatedAnsweredList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Answered]"


class PaginatedClusterList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Cluster]"


class PaginatedClusteringRunList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[ClusteringRun]"


class PaginatedDecisionList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Decision]"


class PaginatedInsightList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Insight]"


class PaginatedModelEventList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[ModelEvent]"


class PaginatedModelList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Model]"


class PaginatedOccurrenceList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Occurrence]"


class PaginatedPersonList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Person]"


class PaginatedPredictionList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Prediction]"


class PaginatedProcessingRunList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[ProcessingRun]"


class PaginatedSourceList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Source]"


class PaginatedStopList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Stop]"


class PaginatedThresholdChangeList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[ThresholdChange]"


class PaginatedTokenList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Token]"


class PaginatedWebhookList(TypedDict):
    next: "str | None"
    previous: "str | None"
    results: "list[Webhook]"


class PairOfInsightsRequest(TypedDict):
    insight1: "str"
    insight2: "str"


class PairOfStatementsRequest(TypedDict):
    statement1: "str"
    statement2: "str"


class PairsRequest(TypedDict):
    pairs: "list[PairRequest]"


class PasteRequest(TypedDict):
    """A pasted text as JSON."""

    keep_good_rows: "NotRequired[bool]"
    columns: "NotRequired[dict[str, Any]]"
    dry_run: "NotRequired[bool]"
    name: "str"
    text: "str"


class Person(TypedDict):
    id: "int"
    username: "str"
    email: "NotRequired[str]"
    role: "str"
    is_active: "NotRequired[bool]"
    is_staff: "NotRequired[bool]"
    invited: "bool"
    date_joined: "NotRequired[str]"
    last_login: "NotRequired[str | None]"


class PersonAddRequest(TypedDict):
    username: "str"
    email: "NotRequired[str]"
    role: "NotRequired[PersonRole]"


class PersonChangeRequest(TypedDict):
    role: "NotRequired[PersonRole]"
    is_active: "NotRequired[bool]"


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


class Preview(TypedDict):
    today: "Side | None"
    proposed: "Side"
    seen: "str"
    sentences: "list[str]"
    merges: "Merges"
    clusters: "Clusters"
    limits: "list[str]"


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


class PushRequest(TypedDict):
    source: "str"
    statements: "list[LocatedStatementRequest]"


class Pushed(TypedDict):
    statement: "str"
    locator: "str"
    insight: "str | None"
    result: "str"
    decision: "str | None"


class PushedList(TypedDict):
    results: "list[Pushed]"


class Removal(TypedDict):
    occurrences: "int"
    insights_that_go: "int"
    insights_that_stay: "int"
    merges_that_shrink: "int"


class ResumeRequest(TypedDict):
    comment: "NotRequired[str]"


class Reviewed(TypedDict):
    total_reviewed: "int"
    correct: "int"
    accuracy_pct: "float | None"


class RowError(TypedDict):
    line: "int"
    message: "str"


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


class Source(TypedDict):
    id: "str"
    name: "str"
    title: "str"
    format: "str"
    encoding: "NotRequired[str]"
    keep_good_rows: "NotRequired[bool]"
    size: "int"
    content_hash: "str"
    notes: "NotRequired[Any]"
    needs_columns: "NotRequired[bool]"
    removed_at: "NotRequired[str | None]"
    created_at: "NotRequired[str]"
    created_by: "str | None"


class SourcePreview(TypedDict):
    """A preview of what would come in, from the first texts of the file."""

    rows: "int"
    looked_at: "int"
    blank_rows: "int"
    statements: "int"
    no_statement: "int"
    known: "int"
    changed: "int"
    examples: "list[Example]"
    without: "list[Example]"
    notes: "list[str]"


class SourceTask(TypedDict):
    source: "Source"
    is_new: "bool"
    run: "ProcessingRun"
    task: "str"
    rows_left_out: "int"


class SplitRequest(TypedDict):
    comment: "NotRequired[str]"
    expected_version: "NotRequired[int]"
    groups: "list[list[str]]"


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


class StatementRequest(TypedDict):
    statement: "str"


class StatementsRequest(TypedDict):
    statements: "list[str]"


class Stop(TypedDict):
    id: "str"
    stopped_at: "NotRequired[str]"
    model_version: "NotRequired[str]"
    reason: "str"
    numbers: "dict[str, Any]"
    resumed_at: "NotRequired[str | None]"
    resumed_by: "str | None"
    comment: "NotRequired[str]"
    undo_asked_at: "NotRequired[str | None]"
    undo_asked_by: "str | None"
    undo_finished_at: "NotRequired[str | None]"


class StopDetail(TypedDict):
    id: "str"
    stopped_at: "NotRequired[str]"
    model_version: "NotRequired[str]"
    reason: "str"
    numbers: "dict[str, Any]"
    resumed_at: "NotRequired[str | None]"
    resumed_by: "str | None"
    comment: "NotRequired[str]"
    undo_asked_at: "NotRequired[str | None]"
    undo_asked_by: "str | None"
    undo_finished_at: "NotRequired[str | None]"
    measured: "MeasuredNow | None"
    doubtful: "int"
    advice: "list[str]"


class SwitchRequest(TypedDict):
    modelId: "str"
    action: "ActionEnum"
    force: "NotRequired[bool]"


class Switched(TypedDict):
    success: "bool"
    message: "str"
    model: "GuideModel"


class TakenBack(TypedDict):
    undone: "int"
    left: "int"
    task: "str"


class Task(TypedDict):
    id: "str"
    kind: "str"
    status: "str"
    is_finished: "bool"
    cancel_requested: "bool"
    progress: "TaskProgress | None"
    waiting_for: "str | None"
    result: "Any"
    error: "str | None"
    resource: "str"
    started_at: "str"
    finished_at: "str | None"


class TaskProgress(TypedDict):
    step: "str"
    done: "int"
    total: "int"


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


class Token(TypedDict):
    id: "str"
    name: "NotRequired[str]"
    prefix: "str"
    scopes: "list[str]"
    created_at: "NotRequired[str]"
    expires_at: "NotRequired[str | None]"
    last_used_at: "str | None"
    revoked_at: "NotRequired[str | None]"


class TrainingDataStats(TypedDict):
    approved_merges: "int"
    rejected_clusters: "int"
    partial_merges: "int"


class Trust(TypedDict):
    left_over: "str"
    threshold: "float"
    state: "str"
    judged: "int"
    precision_seen: "float | None"
    precision_proven: "float"
    needed_to_merge: "int"
    needed_to_prove: "int"


class UndoRequest(TypedDict):
    comment: "NotRequired[str]"
    not_same: "NotRequired[bool]"


class UploadRequest(TypedDict):
    """A file as multipart/form-data."""

    keep_good_rows: "NotRequired[bool]"
    columns: "NotRequired[dict[str, Any]]"
    dry_run: "NotRequired[bool]"
    file: "File"
    encoding: "NotRequired[str]"


class Webhook(TypedDict):
    id: "str"
    url: "str"
    notices: "list[str]"
    body_format: "str"
    is_active: "NotRequired[bool]"
    created_at: "NotRequired[str]"


class WebhookAddRequest(TypedDict):
    notices: "NotRequired[list[NoticesEnum]]"
    body_format: "NotRequired[BodyFormatEnum]"
    is_active: "NotRequired[bool]"
    url: "str"


class WebhookChangeRequest(TypedDict):
    notices: "NotRequired[list[NoticesEnum]]"
    body_format: "NotRequired[BodyFormatEnum]"
    is_active: "NotRequired[bool]"


class WebhookSecret(TypedDict):
    """Shown once: the receiver checks signatures with it."""

    id: "str"
    url: "str"
    notices: "list[str]"
    body_format: "str"
    is_active: "NotRequired[bool]"
    created_at: "NotRequired[str]"
    secret: "NotRequired[str]"


class WebhookTest(TypedDict):
    arrived: "bool"
    response_status: "int | None"
    error: "str"


class WhoAmI(TypedDict):
    username: "str"
    token: "str | None"
    scopes: "list[str]"
    expires_at: "str | None"


class Withdrawn(TypedDict):
    item: "AuditQuestion"
    refuted_stop: "str | None"


ActionEnum = Literal["activate", "deactivate"]


AuditAnswerVerdictEnum = Literal["same", "not_same"]


AutoMergeProof = Literal["earned", "proven", "threshold"]


Backend = Literal["local", "openai", "zero_shot"]


BodyFormatEnum = Literal["json", "slack"]


BulkDecisionVerdictEnum = Literal["approve", "reject"]


ClusterStatus = Literal["open", "approved", "partial", "rejected", "split", "superseded"]


DecisionKind = Literal[
    "approved", "partial", "rejected", "split", "automatic", "unmerged", "confirmed"
]


DecisionMemberRoleEnum = Literal["canonical", "merged", "kept", "unmerged"]


InsightOriginEnum = Literal["extracted", "edited"]


InsightStatus = Literal["active", "merged", "retired"]


ModelStatus = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]


NoticesEnum = Literal[
    "job.finished",
    "version.activated",
    "auto_merge.stopped",
    "cluster.decided",
    "insight.repeated",
    "insight.spike",
    "contradiction.found",
    "digest.weekly",
]


PairRequest = PairOfInsightsRequest | PairOfStatementsRequest


PersonRole = Literal["Viewer", "Reviewer", "Lead", "Administrator"]


PredictionOriginEnum = Literal["ingestion", "clustering", "request"]


ReasonEnum = Literal["similarity", "model", "must_link", "indirect"]


RunStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]


ScopesEnum = Literal["read", "review", "ingest", "train", "admin"]


SourceTaskOrPreview = SourceTask | SourcePreview


class Client(Transport):
    """One method for each operation of the API."""

    def cluster_all(self, *, idempotency_key: str | None = None) -> ClusterAll:
        """Cluster all active insights."""
        answer: ClusterAll = self.request(
            "POST", "/api/admin/insights/cluster-all", headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def export_training_data(
        self, *, format: Literal["openai_jsonl", "json"] | None = None, stats: bool | None = None
    ) -> str:
        """Export people's decisions as training data."""
        answer: str = self.request(
            "GET",
            "/api/admin/insights/export-training-data",
            params={"format": format, "stats": stats},
            text=True,
        )
        return answer

    def get_fine_tune_job(self, *, jobId: str) -> Job:
        """Get the status of a job."""
        answer: Job = self.request(
            "GET", "/api/admin/insights/fine-tune-model", params={"jobId": jobId}
        )
        return answer

    def fine_tune_model(
        self, body: StartRequest | None = None, *, idempotency_key: str | None = None
    ) -> Started:
        """Train a new version on the current decisions."""
        answer: Started = self.request(
            "POST",
            "/api/admin/insights/fine-tune-model",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
        return answer

    def get_model_status(self) -> AllModels:
        """List all versions, the active one with its reviewed accuracy, and the decisions."""
        answer: AllModels = self.request("GET", "/api/admin/insights/model-status")
        return answer

    def switch_model(self, body: SwitchRequest, *, idempotency_key: str | None = None) -> Switched:
        """Activate or deactivate a version; asking twice is harmless."""
        answer: Switched = self.request(
            "POST",
            "/api/admin/insights/model-status",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
        return answer

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

    def list_auto_merge_stops(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        in_force: bool | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
    ) -> PaginatedStopList:
        """List the stops of automatic merging and who resumed it; at most one is in force."""
        answer: PaginatedStopList = self.request(
            "GET",
            "/api/v1/auto-merge-stops",
            params={
                "before": before,
                "cursor": cursor,
                "in_force": in_force,
                "order": order,
                "page_size": page_size,
                "since": since,
            },
        )
        return answer

    def get_auto_merge_stop(self, id: str) -> StopDetail:
        """Get one stop: why, what the audit measures now, and what to do about it."""
        answer: StopDetail = self.request("GET", f"/api/v1/auto-merge-stops/{id}")
        return answer

    def list_auto_merge_stops_merges(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedDecisionList:
        """List the merges since the last good audit that are still in force, the latest first."""
        answer: PaginatedDecisionList = self.request(
            "GET",
            f"/api/v1/auto-merge-stops/{id}/merges",
            params={"cursor": cursor, "page_size": page_size},
        )
        return answer

    def resume_auto_merging(
        self, id: str, body: ResumeRequest | None = None, *, idempotency_key: str | None = None
    ) -> StopDetail:
        """Resume automatic merging; the audit measures afresh."""
        answer: StopDetail = self.request(
            "POST",
            f"/api/v1/auto-merge-stops/{id}/resume",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
        return answer

    def undo_merges_since_audit(self, id: str, *, idempotency_key: str | None = None) -> TakenBack:
        """Undo all merges since the last good audit as one batch, the latest first."""
        answer: TakenBack = self.request(
            "POST",
            f"/api/v1/auto-merge-stops/{id}/undo-merges",
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer

    def list_clustering_runs(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        status: Literal["queued", "running", "succeeded", "failed", "cancelled"] | None = None,
    ) -> PaginatedClusteringRunList:
        """List the clustering runs, the newest first."""
        answer: PaginatedClusteringRunList = self.request(
            "GET",
            "/api/v1/clustering-runs",
            params={
                "before": before,
                "cursor": cursor,
                "order": order,
                "page_size": page_size,
                "since": since,
                "status": status,
            },
        )
        return answer

    def get_clustering_run(self, id: str) -> ClusteringRun:
        """Get one run with its parameters, counts and timings."""
        answer: ClusteringRun = self.request("GET", f"/api/v1/clustering-runs/{id}")
        return answer

    def list_clusters(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        has_near_miss: bool | None = None,
        insight: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        status: Literal["open", "approved", "partial", "rejected", "split", "superseded"]
        | None = None,
    ) -> PaginatedClusterList:
        """List the clusters, the newest first."""
        answer: PaginatedClusterList = self.request(
            "GET",
            "/api/v1/clusters",
            params={
                "before": before,
                "cursor": cursor,
                "has_near_miss": has_near_miss,
                "insight": insight,
                "order": order,
                "page_size": page_size,
                "since": since,
                "status": status,
            },
        )
        return answer

    def get_cluster(self, id: str) -> ClusterDetail:
        """Get one cluster with its members and the evidence for each pair."""
        answer: ClusterDetail = self.request("GET", f"/api/v1/clusters/{id}")
        return answer

    def approve_cluster(
        self,
        id: str,
        body: ApproveRequest | None = None,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Decision:
        """Merge all members, or a part of them, into one canonical insight."""
        answer: Decision = self.request(
            "POST",
            f"/api/v1/clusters/{id}/approve",
            headers={"Idempotency-Key": idempotency_key, "If-Match": if_match},
            json=body,
        )
        return answer

    def reject_cluster(
        self,
        id: str,
        body: DecideRequest | None = None,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Decision:
        """Keep all members apart: none of these pairs is proposed again."""
        answer: Decision = self.request(
            "POST",
            f"/api/v1/clusters/{id}/reject",
            headers={"Idempotency-Key": idempotency_key, "If-Match": if_match},
            json=body,
        )
        return answer

    def split_cluster(
        self,
        id: str,
        body: SplitRequest,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Decision:
        """Merge each group of two or more, and keep the groups apart."""
        answer: Decision = self.request(
            "POST",
            f"/api/v1/clusters/{id}/split",
            headers={"Idempotency-Key": idempotency_key, "If-Match": if_match},
            json=body,
        )
        return answer

    def decide_clusters(
        self, body: BulkRequest, *, idempotency_key: str | None = None
    ) -> BulkResults:
        """Approve or reject up to 200 clusters; each stands for itself."""
        answer: BulkResults = self.request(
            "POST",
            "/api/v1/clusters/decide",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
        return answer

    def list_clusters_queue(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedClusterList:
        """List the clusters waiting for a decision, the most similar first."""
        answer: PaginatedClusterList = self.request(
            "GET", "/api/v1/clusters/queue", params={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def list_decisions(
        self,
        *,
        actor: str | None = None,
        before: str | None = None,
        cluster: str | None = None,
        cursor: str | None = None,
        kind: Literal[
            "approved", "partial", "rejected", "split", "automatic", "unmerged", "confirmed"
        ]
        | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        undone: bool | None = None,
    ) -> PaginatedDecisionList:
        """List the decisions, the newest first."""
        answer: PaginatedDecisionList = self.request(
            "GET",
            "/api/v1/decisions",
            params={
                "actor": actor,
                "before": before,
                "cluster": cluster,
                "cursor": cursor,
                "kind": kind,
                "order": order,
                "page_size": page_size,
                "since": since,
                "undone": undone,
            },
        )
        return answer

    def get_decision(self, id: str) -> Decision:
        """Get one receipt: who, when, on what evidence, and every member's part in it."""
        answer: Decision = self.request("GET", f"/api/v1/decisions/{id}")
        return answer

    def undo_decision(
        self, id: str, body: UndoRequest | None = None, *, idempotency_key: str | None = None
    ) -> Decision:
        """Undo a decision, even after later ones; its cluster is open again."""
        answer: Decision = self.request(
            "POST",
            f"/api/v1/decisions/{id}/undo",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
        return answer

    def download_decisions(self, *, format: Literal["csv", "parquet"] | None = None) -> File:
        """Download all decisions, the oldest first, with those that were undone."""
        answer: File = self.request("GET", "/api/v1/decisions/download", params={"format": format})
        return answer

    def check_duplicate(self, body: StatementRequest) -> DuplicateCheck:
        """Check whether a statement would be merged into a stored insight now, and why."""
        answer: DuplicateCheck = self.request("POST", "/api/v1/duplicates/check", json=body)
        return answer

    def check_duplicates(self, body: StatementsRequest) -> DuplicateChecks:
        """Check up to 100 statements, each on its own; they are not compared with one another."""
        answer: DuplicateChecks = self.request("POST", "/api/v1/duplicates/check-batch", json=body)
        return answer

    def list_insights(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        merged_into: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        origin: Literal["extracted", "edited"] | None = None,
        page_size: int | None = None,
        q: str | None = None,
        since: str | None = None,
        source: str | None = None,
        status: Literal["active", "merged", "retired"] | None = None,
    ) -> PaginatedInsightList:
        """List the insights, the newest first."""
        answer: PaginatedInsightList = self.request(
            "GET",
            "/api/v1/insights",
            params={
                "before": before,
                "cursor": cursor,
                "merged_into": merged_into,
                "order": order,
                "origin": origin,
                "page_size": page_size,
                "q": q,
                "since": since,
                "source": source,
                "status": status,
            },
        )
        return answer

    def push_insights(self, body: PushRequest, *, idempotency_key: str | None = None) -> PushedList:
        """Store up to 500 statements of a source and merge the sure duplicates."""
        answer: PushedList = self.request(
            "POST", "/api/v1/insights", headers={"Idempotency-Key": idempotency_key}, json=body
        )
        return answer

    def get_insight(self, id: str) -> Insight:
        """Get one insight: active, or merged into `merged_into`, which is always active."""
        answer: Insight = self.request("GET", f"/api/v1/insights/{id}")
        return answer

    def list_insights_history(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedDecisionList:
        """List the decisions that it took part in, undone ones too."""
        answer: PaginatedDecisionList = self.request(
            "GET",
            f"/api/v1/insights/{id}/history",
            params={"cursor": cursor, "page_size": page_size},
        )
        return answer

    def list_insights_sources(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedOccurrenceList:
        """List the occurrences of an insight and of the insights merged into it."""
        answer: PaginatedOccurrenceList = self.request(
            "GET",
            f"/api/v1/insights/{id}/sources",
            params={"cursor": cursor, "page_size": page_size},
        )
        return answer

    def download_insights(self, *, format: Literal["csv", "parquet"] | None = None) -> File:
        """Download all insights, the oldest first."""
        answer: File = self.request("GET", "/api/v1/insights/download", params={"format": format})
        return answer

    def search_insights(
        self, *, text: str, least_similarity: float | None = None, limit: int | None = None
    ) -> Found:
        """Find the active insights nearest in meaning to a text, best first."""
        answer: Found = self.request(
            "GET",
            "/api/v1/insights/search",
            params={"least_similarity": least_similarity, "limit": limit, "text": text},
        )
        return answer

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
        answer: PaginatedModelList = self.request(
            "GET",
            "/api/v1/models",
            params={"backend": backend, "cursor": cursor, "page_size": page_size, "status": status},
        )
        return answer

    def get_model(self, id: str) -> ModelDetail:
        """Get one version, with the statistics of its training data."""
        answer: ModelDetail = self.request("GET", f"/api/v1/models/{id}")
        return answer

    def get_model_evaluation(self, id: str) -> Evaluation:
        """Get its quality on the held-out decisions and on what was reviewed since."""
        answer: Evaluation = self.request("GET", f"/api/v1/models/{id}/evaluation")
        return answer

    def list_models_events(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedModelEventList:
        """List the events of a model version (training steps, activation ...), the newest first."""
        answer: PaginatedModelEventList = self.request(
            "GET", f"/api/v1/models/{id}/events", params={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def list_models_misclassifications(
        self, id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedPredictionList:
        """List the predictions that people contradicted, the most confident mistakes first."""
        answer: PaginatedPredictionList = self.request(
            "GET",
            f"/api/v1/models/{id}/misclassifications",
            params={"cursor": cursor, "page_size": page_size},
        )
        return answer

    def get_thresholds(self, id: str) -> Thresholds:
        """Get its thresholds for merging and clustering, and the effect of others."""
        answer: Thresholds = self.request("GET", f"/api/v1/models/{id}/thresholds")
        return answer

    def set_thresholds(
        self, id: str, body: SetRequest | None = None, *, idempotency_key: str | None = None
    ) -> Thresholds:
        """Set the thresholds for new statements and future clustering runs."""
        answer: Thresholds = self.request(
            "PATCH",
            f"/api/v1/models/{id}/thresholds",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
        return answer

    def preview_thresholds(
        self,
        id: str,
        *,
        auto_merge_confidence: float | None = None,
        auto_merge_proof: Literal["earned", "proven", "threshold"] | None = None,
        cluster_out_confidence: float | None = None,
    ) -> Preview:
        """Preview the effect of this version with these thresholds; change nothing."""
        answer: Preview = self.request(
            "GET",
            f"/api/v1/models/{id}/thresholds/preview",
            params={
                "auto_merge_confidence": auto_merge_confidence,
                "auto_merge_proof": auto_merge_proof,
                "cluster_out_confidence": cluster_out_confidence,
            },
        )
        return answer

    def list_people(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedPersonList:
        """List the accounts, the newest first."""
        answer: PaginatedPersonList = self.request(
            "GET", "/api/v1/people", params={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def add_person(self, body: PersonAddRequest) -> Invited:
        """Add a person with a role; the answer has the link that sets the password."""
        answer: Invited = self.request("POST", "/api/v1/people", json=body)
        return answer

    def change_person(
        self,
        id: str,
        body: PersonChangeRequest | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Person:
        """Set the role, or switch the account off and on."""
        answer: Person = self.request(
            "PATCH", f"/api/v1/people/{id}", headers={"Idempotency-Key": idempotency_key}, json=body
        )
        return answer

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
        answer: PaginatedPredictionList = self.request(
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
        return answer

    def predict(
        self, body: PairsRequest, *, idempotency_key: str | None = None
    ) -> MergePredictions:
        """Ask the active model about up to 500 pairs of insights or of texts, with its reasons."""
        answer: MergePredictions = self.request(
            "POST", "/api/v1/predictions", headers={"Idempotency-Key": idempotency_key}, json=body
        )
        return answer

    def list_processing_runs(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        source: str | None = None,
        status: Literal["queued", "running", "succeeded", "failed", "cancelled"] | None = None,
    ) -> PaginatedProcessingRunList:
        """List the processing runs, the newest first."""
        answer: PaginatedProcessingRunList = self.request(
            "GET",
            "/api/v1/processing-runs",
            params={
                "before": before,
                "cursor": cursor,
                "order": order,
                "page_size": page_size,
                "since": since,
                "source": source,
                "status": status,
            },
        )
        return answer

    def get_processing_run(self, id: str) -> ProcessingRun:
        """Get one pass over one source, with its counts and timings."""
        answer: ProcessingRun = self.request("GET", f"/api/v1/processing-runs/{id}")
        return answer

    def list_sources(
        self,
        *,
        before: str | None = None,
        cursor: str | None = None,
        format: Literal[
            "atom",
            "csv",
            "docm",
            "docx",
            "eml",
            "enex",
            "epub",
            "htm",
            "html",
            "json",
            "jsonl",
            "markdown",
            "mbox",
            "md",
            "msg",
            "ndjson",
            "ods",
            "odt",
            "pdf",
            "pptx",
            "rss",
            "rtf",
            "sbv",
            "srt",
            "text",
            "tsv",
            "txt",
            "vtt",
            "xhtml",
            "xls",
            "xlsb",
            "xlsm",
            "xlsx",
            "xml",
            "zip",
        ]
        | None = None,
        order: Literal["newest", "oldest"] | None = None,
        page_size: int | None = None,
        since: str | None = None,
        title: str | None = None,
    ) -> PaginatedSourceList:
        """List the sources, the newest first."""
        answer: PaginatedSourceList = self.request(
            "GET",
            "/api/v1/sources",
            params={
                "before": before,
                "cursor": cursor,
                "format": format,
                "order": order,
                "page_size": page_size,
                "since": since,
                "title": title,
            },
        )
        return answer

    def upload_source(
        self, body: UploadRequest, *, idempotency_key: str | None = None
    ) -> SourceTaskOrPreview | SourceTask:
        """Upload a file and process it."""
        answer: SourceTaskOrPreview | SourceTask = self.request(
            "POST", "/api/v1/sources", headers={"Idempotency-Key": idempotency_key}, form=body
        )
        return answer

    def get_source(self, id: str) -> Source:
        """Get one source, without its content."""
        answer: Source = self.request("GET", f"/api/v1/sources/{id}")
        return answer

    def process_source(self, id: str, *, idempotency_key: str | None = None) -> SourceTask:
        """Process a source again after a run that failed or was cancelled."""
        answer: SourceTask = self.request(
            "POST", f"/api/v1/sources/{id}/process", headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def remove_source(self, id: str, *, idempotency_key: str | None = None) -> Removal:
        """Remove what only this source holds."""
        answer: Removal = self.request(
            "POST", f"/api/v1/sources/{id}/remove", headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def restore_source(self, id: str, *, idempotency_key: str | None = None) -> Source:
        """Undo a removal within its 30 days."""
        answer: Source = self.request(
            "POST", f"/api/v1/sources/{id}/restore", headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def paste_source(
        self, body: PasteRequest, *, idempotency_key: str | None = None
    ) -> SourceTaskOrPreview | SourceTask:
        """Paste a text and process it like a file of that name."""
        answer: SourceTaskOrPreview | SourceTask = self.request(
            "POST", "/api/v1/sources/text", headers={"Idempotency-Key": idempotency_key}, json=body
        )
        return answer

    def get_task(self, id: str) -> Task:
        """Get a task's progress; poll as often as Retry-After says."""
        answer: Task = self.request("GET", f"/api/v1/tasks/{id}")
        return answer

    def cancel_task(self, id: str, *, idempotency_key: str | None = None) -> Task:
        """Cancel a queued task at once, a running one after its current step."""
        answer: Task = self.request(
            "POST", f"/api/v1/tasks/{id}/cancel", headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def list_threshold_changes(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedThresholdChangeList:
        """List the changes of thresholds and of the active version, the newest first."""
        answer: PaginatedThresholdChangeList = self.request(
            "GET", "/api/v1/threshold-changes", params={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def undo_threshold_change(
        self, id: str, *, idempotency_key: str | None = None
    ) -> ThresholdChange:
        """Restore the thresholds and the version that the change had replaced."""
        answer: ThresholdChange = self.request(
            "POST",
            f"/api/v1/threshold-changes/{id}/undo",
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer

    def list_tokens(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedTokenList:
        """List the account's tokens, the newest first."""
        answer: PaginatedTokenList = self.request(
            "GET", "/api/v1/tokens", params={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def make_token(self, body: MakeTokenRequest) -> NewToken:
        """Make a token for the calling account; only this answer has its key."""
        answer: NewToken = self.request("POST", "/api/v1/tokens", json=body)
        return answer

    def revoke_token(self, id: str) -> Token:
        """Revoke a token of the account, or with the permission to change tokens any."""
        answer: Token = self.request("POST", f"/api/v1/tokens/{id}/revoke")
        return answer

    def list_webhooks(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedWebhookList:
        """List the webhooks, the newest first."""
        answer: PaginatedWebhookList = self.request(
            "GET", "/api/v1/webhooks", params={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def add_webhook(self, body: WebhookAddRequest) -> WebhookSecret:
        """Add a webhook; only this answer has its secret."""
        answer: WebhookSecret = self.request("POST", "/api/v1/webhooks", json=body)
        return answer

    def get_webhook(self, id: str) -> Webhook:
        """Get one webhook."""
        answer: Webhook = self.request("GET", f"/api/v1/webhooks/{id}")
        return answer

    def change_webhook(
        self,
        id: str,
        body: WebhookChangeRequest | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Choose its events and what is sent, or switch it off and on."""
        answer: Webhook = self.request(
            "PATCH",
            f"/api/v1/webhooks/{id}",
            headers={"Idempotency-Key": idempotency_key},
            json=body,
        )
        return answer

    def remove_webhook(self, id: str) -> None:
        """Remove it together with the log of its deliveries."""
        answer: None = self.request("POST", f"/api/v1/webhooks/{id}/remove")
        return answer

    def rotate_webhook_secret(self, id: str) -> WebhookSecret:
        """Replace the secret; only this answer has the new one, which signs from now on."""
        answer: WebhookSecret = self.request("POST", f"/api/v1/webhooks/{id}/rotate-secret")
        return answer

    def test_webhook(self, id: str) -> WebhookTest:
        """Send a test now, and say what the receiver answered."""
        answer: WebhookTest = self.request("POST", f"/api/v1/webhooks/{id}/test")
        return answer

    def whoami(self) -> WhoAmI:
        """Get the user and the token's rights, as the first call of a new script."""
        answer: WhoAmI = self.request("GET", "/api/v1/whoami")
        return answer
