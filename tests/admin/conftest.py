"""A world with n rows of every kind around one hub of each, logged-in clients, and no broker."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from finetuning.models import (
    Backend,
    DeduplicationModel,
    HostedBatch,
    HostedJob,
    ModelEvent,
    ModelPrediction,
    PredictionOrigin,
    RetrainingRun,
    ThresholdChange,
    TrainingFile,
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
    ReviewerSettings,
    ReviewEvent,
    RunStatus,
    Source,
    Webhook,
    WebhookDelivery,
)


@pytest.fixture(autouse=True)
def no_static_files(settings: Any) -> None:
    """WhiteNoise would look through all static files for each client."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """What was handed to workers: (task's name, its arguments)."""
    sent: list[tuple] = []
    for name in ("process_source", "cluster_all"):
        monkeypatch.setattr(
            f"insights.tasks.{name}.apply_async",
            lambda args=(), name=name, **options: sent.append((name, args)),
        )
    monkeypatch.setattr(
        "finetuning.tasks.advance_model.delay", lambda *args: sent.append(("advance_model", args))
    )
    return sent


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise ConnectionRefusedError("no broker listens here")

    for name in ("process_source", "cluster_all"):
        monkeypatch.setattr(f"insights.tasks.{name}.apply_async", refuse)


@pytest.fixture
def as_viewer(viewer: User) -> Client:
    return _logged_in(viewer)


@pytest.fixture
def as_reviewer(reviewer: User) -> Client:
    return _logged_in(reviewer)


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def fill(reviewer: User) -> Callable[[int], None]:
    """Top the tables up to n rows each. The first source, insight, decision and model are hubs:
    everything of the others' kind hangs on them."""

    def make(n: int) -> None:
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
        for i, source, run, insight in zip(numbers, sources, runs, insights, strict=True):
            found = {"run": run, "locator": f"¶ {i}", "statement": f"Statement {i}"}
            InsightSource.objects.create(
                insight=hub, origin_insight=insight, source=source, ordinal=0, **found
            )
            InsightSource.objects.create(
                insight=insight, origin_insight=insight, source=hub_source, ordinal=i + 1, **found
            )
        ApiToken.objects.bulk_create(
            ApiToken(user=reviewer, prefix=f"{i:08}", digest="d", scopes=["read"]) for i in numbers
        )
        ApiCall.objects.bulk_create(ApiCall(purpose="embedding") for _ in numbers)
        ApiAnswer.objects.bulk_create(
            ApiAnswer(key=f"{i:064}", purpose="p", model="m", answer={"long": True})
            for i in numbers
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
            )
            for i in numbers
        )
        decisions = MergeDecision.objects.bulk_create(
            MergeDecision(
                kind=DecisionKind.APPROVED, cluster=cluster, canonical=hub, actor=reviewer
            )
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
            for d, insight, other in zip(
                decisions, insights, [*insights[1:], insights[0]], strict=True
            )
        )
        users = User.objects.bulk_create(User(username=f"user {i}") for i in numbers)
        ReviewerSettings.objects.bulk_create(ReviewerSettings(user=user) for user in users)
        hub_decision = MergeDecision.objects.order_by("decided_at", "pk").first()
        models = DeduplicationModel.objects.bulk_create(
            DeduplicationModel(
                version=i + 1,
                backend=Backend.LOCAL,
                base_model="local",
                status="succeeded",
                training_file=TrainingFile.objects.create(
                    id=f"file-{i}",
                    sha256=f"{i:064}",
                    content="lines",
                    positives=1,
                    negatives=1,
                    held_out_positives=1,
                    held_out_negatives=1,
                ),
                created_by=reviewer,
            )
            for i in numbers
        )
        hub_model = DeduplicationModel.objects.get(version=1)
        HostedJob.objects.bulk_create(
            HostedJob(model=model, results="step,train_loss") for model in models
        )
        HostedBatch.objects.bulk_create(
            HostedBatch(model=hub_model, mode="pairs", content="{}", requests=1) for _ in numbers
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
        cluster = Cluster.objects.get(fingerprint=f"{0:064}")
        for i, insight in zip(numbers, insights, strict=True):
            ClusterMember.objects.create(
                cluster=cluster if i < 12 else clusters[0],
                insight=insight,
                position=i,
                similarity=0.8,
            )
            DecisionMember.objects.create(
                decision=hub_decision, insight=insight, role=MemberRole.MERGED, group=0
            )
            if insight == hub:
                continue
            DecisionMember.objects.create(
                decision=decisions[i - have], insight=hub, role=MemberRole.CANONICAL, group=0
            )
            pair = dict(zip(("insight1", "insight2"), sorted((hub, insight), key=_id), strict=True))
            PairLabel.objects.create(is_same=True, decision=hub_decision, **pair)
            ClusterPair.objects.create(
                cluster=cluster if i < 12 else clusters[0],
                similarity=0.8,
                reason="similarity",
                **pair,
            )
            ModelPrediction.objects.create(
                model=hub_model,
                prediction=True,
                probability=0.9,
                confidence=0.9,
                similarity_score=0.8,
                actual_label=False,
                origin=PredictionOrigin.CLUSTERING,
                **pair,
            )
        assert len(models) == len(insights)

    return make


def _fill_audit(numbers: range, hub: Insight, insights: list[Insight], reviewer: User) -> None:
    merges = MergeDecision.objects.bulk_create(
        MergeDecision(kind=DecisionKind.AUTOMATIC, canonical=hub, model_version="version 1")
        for _ in numbers
    )
    for merge, insight in zip(merges, insights, strict=True):
        other = hub if insight != hub else Insight.objects.exclude(pk=hub.pk).first()
        for role, member in ((MemberRole.CANONICAL, other), (MemberRole.MERGED, insight)):
            DecisionMember.objects.create(decision=merge, insight=member, role=role, group=0)
    AuditItem.objects.bulk_create(
        AuditItem(decision=merge, week="2026-01-05", reviewer=reviewer) for merge in merges
    )
    now = timezone.now()
    AutoMergeStop.objects.bulk_create(
        AutoMergeStop(reason="wrong", resumed_by=reviewer, resumed_at=now) for _ in numbers
    )
    hooks = Webhook.objects.bulk_create(Webhook(url=f"https://example.org/{i}") for i in numbers)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=hook, notice="job.finished", data={}) for hook in hooks
    )
    Heartbeat.objects.bulk_create(
        Heartbeat(queue=f"queue {i}", completed_at=now, task="a task") for i in numbers
    )


def _id(insight: Insight) -> object:
    return insight.pk
