"""Callers with tokens, a little of everything to look at, and tasks that run at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from dedup_project.celery import app
from finetuning.models import DeduplicationModel, ModelPrediction, ThresholdChange, TrainingFile
from insights.models import (
    ApiToken,
    Cluster,
    Insight,
    InsightSource,
    MergeDecision,
    Webhook,
)
from insights.review.actions import RejectCluster


class Caller(Client):
    """Django's test client with a token; `post` and `patch` send JSON."""

    def __init__(self, key: str = "", **defaults: Any) -> None:
        headers = {"Authorization": f"Token {key}"} if key else None
        super().__init__(headers=headers, raise_request_exception=False, **defaults)

    def send(self, path: str, data: Any = None, **kwargs: Any) -> Any:
        return self.post(path, {} if data is None else data, "application/json", **kwargs)


@pytest.fixture(autouse=True)
def _tasks_run_at_once() -> Iterator[None]:
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def server(transactional_db: None) -> Iterator[str]:
    """The address of a server that answers real HTTP, on the test's database."""
    live = LiveServer("localhost")
    yield live.url
    live.stop()


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser("ada")


@pytest.fixture
def caller(superuser: User) -> Callable[..., Caller]:
    """A caller with a new token of the user, by default the superuser with the scope admin."""

    def make(*scopes: str, user: User | None = None, **fields: Any) -> Caller:
        token, key = ApiToken.make(user=user or superuser, scopes=scopes or ["admin"])
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now(), **fields)
        return Caller(key)

    return make


@pytest.fixture
def api(caller: Callable[..., Caller]) -> Caller:
    return caller()


@dataclass
class World:
    cluster: Cluster
    decision: MergeDecision
    insight: Insight
    model: DeduplicationModel
    source: Any
    processing_run: Any
    clustering_run: Any
    threshold_change: ThresholdChange
    token: ApiToken
    person: User
    webhook: Webhook

    def path(self, template: str) -> str:
        """With the id of what the address is about in its place."""
        kind = template.removeprefix("/api/v1/").split("/")[0]
        ids = {
            "sources": self.source,
            "processing-runs": self.processing_run,
            "clustering-runs": self.clustering_run,
            "insights": self.insight,
            "clusters": self.cluster,
            "decisions": self.decision,
            "models": self.model,
            "threshold-changes": self.threshold_change,
            "tasks": self.processing_run,
            "tokens": self.token,
            "people": self.person,
            "webhooks": self.webhook,
        }
        return template.replace("<id>", str(ids[kind].pk)) if "<id>" in template else template


@pytest.fixture
def world(make_cluster: Callable[..., Cluster], superuser: User) -> World:
    """One of each: an open cluster, a decided one, a model with a prediction, runs, a source."""
    cluster = make_cluster(["Nurses swap shifts in a chat.", "Shifts are swapped in a group chat."])
    decided = make_cluster(["The export fails on Mondays.", "On Mondays the export is slow."])
    decision = RejectCluster(cluster_id=decided.pk, actor=superuser).execute()
    occurrence = InsightSource.objects.select_related("run", "source", "insight")[0]
    file = TrainingFile.objects.create(
        pk="file-1", sha256="0" * 64, content="", positives=0, negatives=0,
        held_out_positives=0, held_out_negatives=0,
    )  # fmt: skip
    model = DeduplicationModel.objects.create(
        version=1, backend="local", base_model="local-logistic-v1", status="succeeded",
        fine_tune_job_id="local-1", training_file=file, training_stats={"warnings": []},
        metrics={"held_out": None, "curve": [], "chosen_threshold": None},
    )  # fmt: skip
    first, second = sorted(cluster.members.values_list("insight", flat=True))
    ModelPrediction.objects.create(
        model=model, insight1_id=first, insight2_id=second, prediction=True, probability=0.95,
        confidence=0.95, similarity_score=0.8, actual_label=False, origin="clustering",
    )  # fmt: skip
    return World(
        cluster=cluster,
        decision=decision,
        insight=occurrence.insight,
        model=model,
        source=occurrence.source,
        processing_run=occurrence.run,
        clustering_run=cluster.run,
        threshold_change=ThresholdChange.objects.create(
            model=model,
            auto_merge_before=0.95,
            auto_merge_after=0.9,
            cluster_out_before=0.7,
            cluster_out_after=0.7,
        ),
        token=ApiToken.make(user=superuser, scopes=["read"])[0],
        person=User.objects.create_user("pat"),
        webhook=Webhook.objects.create(url="https://localhost:9/"),
    )
