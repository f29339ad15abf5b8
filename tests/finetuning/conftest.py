"""Decided clusters to learn from, and a queue that only remembers what was put into it."""

from collections.abc import Callable

import numpy as np
import pytest
from django.contrib.auth.models import User

from insights.models import Cluster, Insight, MergeDecision
from insights.review.actions import ApproveCluster, RejectCluster
from tests.conftest import unit_vector

TOPICS = [
    "rota", "payroll", "handover", "ward", "invoice", "audit", "bonus", "clinic", "training",
    "badge", "locker", "ticket", "report", "survey", "budget", "roster", "visit", "payslip",
    "canteen", "parking", "contract", "meeting", "alarm", "printer", "password", "holiday",
    "overtime", "uniform", "referral", "appointment", "manual", "dashboard", "signature", "stock",
    "medicine", "transport", "sickness", "transfer", "inspection", "kitchen",
]  # fmt: skip


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The model ids that were put into the queue; no broker is asked."""
    ids: list[str] = []
    monkeypatch.setattr("finetuning.tasks.advance_model.delay", ids.append)
    return ids


@pytest.fixture
def similar_pair(make_insight: Callable[..., Insight]) -> Callable[..., tuple[Insight, Insight]]:
    """Two insights whose embeddings have this cosine."""

    def make(statement1: str, statement2: str, cosine: float) -> tuple[Insight, Insight]:
        first = unit_vector(statement1)
        second = unit_vector(statement2, near=first, cosine=cosine)
        return make_insight(statement1, first), make_insight(statement2, second)

    return make


@pytest.fixture
def decide(
    make_cluster: Callable[..., Cluster], reviewer: User
) -> Callable[..., MergeDecision]:
    """Approve a cluster of these members, approve the part that `same` names, or reject it."""

    def make(members: list[Insight], same: bool | list[Insight]) -> MergeDecision:
        cluster = make_cluster(members)
        if same is False:
            return RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
        part = None if same is True else frozenset(insight.pk for insight in same)
        return ApproveCluster(cluster_id=cluster.pk, actor=reviewer, members=part).execute()

    return make


@pytest.fixture
def decisions(
    similar_pair: Callable[..., tuple[Insight, Insight]], decide: Callable[..., MergeDecision]
) -> list[MergeDecision]:
    """Forty topics: a paraphrase approved and a look-alike rejected in each."""
    random = np.random.default_rng(7)
    made = []
    for topic in TOPICS:
        same = similar_pair(
            f"The {topic} reaches the staff far too late every month",
            f"Staff get the {topic} much too late each month",
            cosine=float(random.uniform(0.78, 0.95)),
        )
        other = similar_pair(
            f"New colleagues find the {topic} easy to read",
            f"Nobody checks whether the {topic} was filled in by the evening team",
            cosine=float(random.uniform(0.6, 0.85)),
        )
        made += [decide(list(same), True), decide(list(other), False)]
    return made
