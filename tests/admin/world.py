"""A world with n rows of every kind around one hub of each, written in bulk."""

from django.contrib.auth.models import User
from django.utils import timezone

from finetuning.models import (
    Backend,
    DeduplicationModel,
    HostedJob,
    ModelEvent,
    ModelPrediction,
    PredictionOrigin,
    RetrainingRun,
    ThresholdChange,
    TrainingFile,
    TrustBasis,
)
from insights.models import (
    ApiAnswer,
    ApiCall,
    ApiToken,
    AuditItem,
    AutoMergeStop,
    Cluster,
    ClusteringRun,
    ClusterMember,
    ClusterPair,
    ConflictVerdict,
    DecisionKind,
    DecisionMember,
    Heartbeat,
    IdempotencyKey,
    Insight,
    InsightEmbedding,
    InsightSource,
    MemberRole,
    MergeDecision,
    PairLabel,
    ProcessingRun,
    ProviderDialect,
    RecallPair,
    RecallSample,
    ReviewerSettings,
    ReviewEvent,
    RunStatus,
    Source,
    Webhook,
    WebhookDelivery,
)


def top_up(n: int, reviewer: User) -> None:
    """Fill each table up to n rows.

    The first source, insight, decision and model are hubs: everything else refers to them.
    """
    have = Source.objects.count()
    numbers = range(have, n)
    sources = Source.objects.bulk_create(
        Source(
            name=f"notes-{i}.txt",
            title=f"Notes {i}",
            format="txt",
            content=b"text",
            content_hash=f"{i:064}",
            size=4,
            created_by=reviewer,
        )
        for i in numbers
    )
    runs = ProcessingRun.objects.bulk_create(
        ProcessingRun(source=source, status=RunStatus.SUCCEEDED, counts={"created": 1})
        for source in sources
    )
    clusterings = ClusteringRun.objects.bulk_create(
        ClusteringRun(status=RunStatus.SUCCEEDED, started_by=reviewer) for _ in numbers
    )
    hub_source = Source.objects.order_by("name").first()
    ProcessingRun.objects.bulk_create(
        ProcessingRun(source=hub_source, status=RunStatus.FAILED) for _ in numbers
    )
    insights = Insight.objects.bulk_create(
        Insight(statement=f"Statement {i}", content_hash=f"{i:064}") for i in numbers
    )
    hub = Insight.objects.filter(content_hash=f"{0:064}").get()
    Insight.objects.bulk_create(
        Insight(
            statement=f"Merged {i}",
            content_hash=f"m{i:063}",
            status="merged",
            merged_into=hub,
        )
        for i in numbers
    )
    InsightSource.objects.bulk_create(
        InsightSource(
            insight=holder,
            origin_insight=insight,
            source=where,
            ordinal=ordinal,
            run=run,
            locator=f"¶ {i}",
            statement=f"Statement {i}",
        )
        for i, source, run, insight in zip(numbers, sources, runs, insights, strict=True)
        for holder, where, ordinal in ((hub, source, 0), (insight, hub_source, i + 1))
    )
    ApiToken.objects.bulk_create(
        ApiToken(user=reviewer, prefix=f"{i:08}", digest="d", scopes=["read"]) for i in numbers
    )
    ApiCall.objects.bulk_create(ApiCall(purpose="embedding") for _ in numbers)
    ApiAnswer.objects.bulk_create(
        ApiAnswer(key=f"{i:064}", purpose="p", model="m", answer={"long": True}) for i in numbers
    )
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(user=reviewer, key=f"key {i}", body="long") for i in numbers
    )
    clusters = Cluster.objects.bulk_create(
        Cluster(
            fingerprint=f"{i:064}",
            run=clusterings[0],
            proposed_canonical=hub,
            size=2,
            mean_similarity=0.8,
            weakest_similarity=0.8,
            weakest_insight1=hub,
            weakest_insight2=hub,
            probability=0.95,
        )
        for i in numbers
    )
    decisions = MergeDecision.objects.bulk_create(
        MergeDecision(kind=DecisionKind.APPROVED, cluster=cluster, canonical=hub, actor=reviewer)
        for cluster in clusters
    )
    ReviewEvent.objects.bulk_create(
        ReviewEvent(kind="decided", actor=reviewer, cluster=d.cluster, decision=d)
        for d in decisions
    )
    ConflictVerdict.objects.bulk_create(
        ConflictVerdict(
            decision=d,
            insight1_id=min(insight.pk, other.pk),
            insight2_id=max(insight.pk, other.pk),
            verdict="one_holds",
            holds=insight,
        )
        for d, insight, other in zip(decisions, insights, [*insights[1:], insights[0]], strict=True)
        if other != insight
    )
    users = User.objects.bulk_create(User(username=f"user {i}") for i in numbers)
    ReviewerSettings.objects.bulk_create(ReviewerSettings(user=user) for user in users)
    hub_decision = MergeDecision.objects.order_by("decided_at", "pk").first()
    files = TrainingFile.objects.bulk_create(
        TrainingFile(
            id=f"file-{i}",
            sha256=f"{i:064}",
            content="lines",
            positives=1,
            negatives=1,
            held_out_positives=1,
            held_out_negatives=1,
        )
        for i in numbers
    )
    models = DeduplicationModel.objects.bulk_create(
        DeduplicationModel(
            version=i + 1,
            backend=Backend.LOCAL,
            base_model="local",
            status="succeeded",
            training_file=file,
            created_by=reviewer,
        )
        for i, file in zip(numbers, files, strict=True)
    )
    TrustBasis.objects.bulk_create(
        TrustBasis(model=model, decisions=[[0.9, 0.8, True, "rewording", "d"]]) for model in models
    )
    hub_model = DeduplicationModel.objects.get(version=1)
    HostedJob.objects.bulk_create(HostedJob(model=model, trouble="HTTP 503") for model in models)
    ProviderDialect.objects.bulk_create(
        ProviderDialect(server=f"http://server-{i}/v1", model="m") for i in numbers
    )
    InsightEmbedding.objects.bulk_create(
        InsightEmbedding(insight=insight, embedding_model="next", embedding=[0.1] * 384)
        for insight in insights
    )
    ModelEvent.objects.bulk_create(
        ModelEvent(model=hub_model, message=f"Step {i}", actor=reviewer) for i in numbers
    )
    RetrainingRun.objects.bulk_create(
        RetrainingRun(status="succeeded", outcome="kept", model=hub_model) for _ in numbers
    )
    ThresholdChange.objects.bulk_create(
        ThresholdChange(
            model=hub_model,
            active_after=hub_model,
            actor=reviewer,
            auto_merge_before=0.9,
            auto_merge_after=0.95,
            cluster_out_before=0.7,
            cluster_out_after=0.6,
        )
        for _ in numbers
    )
    _fill_audit(numbers, hub, insights, reviewer)
    _fill_answers(decisions, reviewer)
    _fill_pairs(have, hub, hub_decision, hub_model, insights, clusters, decisions)


def _fill_pairs(
    have: int,
    hub: Insight,
    hub_decision: MergeDecision,
    hub_model: DeduplicationModel,
    insights: list[Insight],
    clusters: list[Cluster],
    decisions: list[MergeDecision],
) -> None:
    """Make the first twelve insights members of the first cluster.

    Each further cluster is a contradiction of the hub and one insight.
    """
    first = Cluster.objects.get(fingerprint=f"{0:064}")
    rows = [
        (i, insight, first if i < 12 else cluster, decision)
        for i, (insight, cluster, decision) in enumerate(
            zip(insights, clusters, decisions, strict=True), have
        )
    ]
    ClusterMember.objects.bulk_create(
        ClusterMember(cluster=cluster, insight=insight, position=i % 1000, similarity=0.8)
        for i, insight, cluster, _ in rows
    )
    ClusterMember.objects.bulk_create(
        ClusterMember(cluster=cluster, insight=hub, position=0, similarity=0.8)
        for i, _, cluster, _ in rows
        if i >= 12
    )
    DecisionMember.objects.bulk_create(
        DecisionMember(decision=hub_decision, insight=insight, role=MemberRole.MERGED, group=0)
        for _, insight, _, _ in rows
    )
    DecisionMember.objects.bulk_create(
        DecisionMember(decision=decision, insight=hub, role=MemberRole.CANONICAL, group=0)
        for _, insight, _, decision in rows
        if insight != hub
    )
    pairs = [
        (i, dict(zip(("insight1", "insight2"), sorted((hub, one), key=_id), strict=True)), cluster)
        for i, one, cluster, _ in rows
        if one != hub
    ]
    # Every second pair has a label; the others are contradictions that nobody has judged.
    PairLabel.objects.bulk_create(
        PairLabel(is_same=True, decision=hub_decision, **pair) for i, pair, _ in pairs if i % 2
    )
    ClusterPair.objects.bulk_create(
        ClusterPair(
            cluster=cluster,
            similarity=0.8,
            reason="similarity",
            differences=["number: 1, 2"],
            is_contradiction=True,
            **pair,
        )
        for _, pair, cluster in pairs
    )
    ModelPrediction.objects.bulk_create(
        ModelPrediction(
            model=hub_model,
            prediction=True,
            probability=0.9,
            confidence=0.9,
            similarity_score=0.8,
            actual_label=False,
            origin=PredictionOrigin.CLUSTERING,
            **pair,
        )
        for _, pair, _ in pairs
    )


def _fill_audit(numbers: range, hub: Insight, insights: list[Insight], reviewer: User) -> None:
    merges = MergeDecision.objects.bulk_create(
        MergeDecision(kind=DecisionKind.AUTOMATIC, canonical=hub, model_version="version 1")
        for _ in numbers
    )
    spare = Insight.objects.exclude(pk=hub.pk).order_by("pk").first()
    DecisionMember.objects.bulk_create(
        DecisionMember(decision=merge, insight=member, role=role, group=0)
        for merge, insight in zip(merges, insights, strict=True)
        for role, member in (
            (MemberRole.CANONICAL, hub if insight != hub else spare),
            (MemberRole.MERGED, insight),
        )
    )
    AuditItem.objects.bulk_create(AuditItem(decision=merge, week="2026-01-05") for merge in merges)
    now = timezone.now()
    AutoMergeStop.objects.bulk_create(
        AutoMergeStop(reason="wrong", resumed_by=reviewer, resumed_at=now) for _ in numbers
    )
    sample = RecallSample.objects.create(bands=[], merged=0)
    RecallPair.objects.bulk_create(
        RecallPair(sample=sample, band=0, insight1=insight, insight2=spare)
        for insight in insights
        if insight != spare
    )
    hooks = Webhook.objects.bulk_create(Webhook(url=f"https://example.org/{i}") for i in numbers)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=hook, notice="job.finished", data={}) for hook in hooks
    )
    Heartbeat.objects.bulk_create(
        Heartbeat(queue=f"queue {i}", completed_at=now, task="a task") for i in numbers
    )


def _fill_answers(decisions: list[MergeDecision], reviewer: User) -> None:
    AuditItem.objects.bulk_create(
        AuditItem(
            decision=decision,
            week="2026-01-05",
            verdict="same",
            reviewer=reviewer,
            answered_at=timezone.now(),
        )
        for decision in decisions
    )


def _id(insight: Insight) -> object:
    return insight.pk
