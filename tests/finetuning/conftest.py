"""Decided clusters to learn from, and a queue that only remembers what was put into it."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from django.contrib.auth.models import User

from finetuning.inference.predictor import TextPair
from finetuning.ml.local_model import Contribution
from finetuning.models import DeduplicationModel
from insights.models import (
    Cluster,
    DecisionKind,
    DecisionMember,
    Insight,
    MemberRole,
    MergeDecision,
    PairLabel,
)
from insights.review.actions import ApproveCluster, RejectCluster
from insights.review.labels import labels_of
from insights.text.normalise import content_hash
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
    monkeypatch.setattr(
        "finetuning.tasks.advance_model.apply_async", lambda args, **options: ids.extend(args)
    )
    return ids


@pytest.fixture
def similar_pair(make_insight: Callable[..., Insight]) -> Callable[..., tuple[Insight, Insight]]:
    """Two insights whose embeddings have this cosine."""

    def make(statement1: str, statement2: str, cosine: float) -> tuple[Insight, Insight]:
        vectors = _vectors(statement1, statement2, cosine)
        first, second = (make_insight(*item) for item in vectors.items())
        return first, second

    return make


@pytest.fixture
def decide(make_cluster: Callable[..., Cluster], reviewer: User) -> Callable[..., MergeDecision]:
    """Approve a cluster of these members, approve the part that `same` names, or reject it."""

    def make(members: list[Insight], same: bool | list[Insight]) -> MergeDecision:
        cluster = make_cluster(members)
        if same is False:
            return RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
        part = None if same is True else frozenset(insight.pk for insight in same)
        return ApproveCluster(cluster_id=cluster.pk, actor=reviewer, members=part).execute()

    return make


@pytest.fixture
def decisions(reviewer: User) -> list[MergeDecision]:
    """Forty topics: a paraphrase approved and a look-alike rejected in each.

    Written in bulk, since eighty actions take seconds; merged insights are left active.
    """
    random = np.random.default_rng(7)
    pairs = []
    for topic in TOPICS:
        same = _vectors(
            f"The {topic} reaches the staff far too late every month",
            f"Staff get the {topic} far too late each month",
            cosine=float(random.uniform(0.78, 0.95)),
        )
        other = _vectors(
            f"New colleagues find the {topic} easy to read",
            f"Nobody checks whether the {topic} was filled in by the evening team",
            cosine=float(random.uniform(0.6, 0.85)),
        )
        pairs += [(DecisionKind.APPROVED, same), (DecisionKind.REJECTED, other)]
    return _decided(pairs, reviewer)


def _vectors(statement1: str, statement2: str, cosine: float) -> dict[str, np.ndarray]:
    first = unit_vector(statement1)
    return {statement1: first, statement2: unit_vector(statement2, near=first, cosine=cosine)}


def _decided(
    pairs: list[tuple[DecisionKind, dict[str, np.ndarray]]], actor: User
) -> list[MergeDecision]:
    decisions, insights, members, labels = [], [], [], []
    for kind, statements in pairs:
        decision = MergeDecision(kind=kind, actor=actor)
        two = [
            Insight(
                statement=statement,
                content_hash=content_hash(statement),
                embedding=vector,
                embedding_model="all-MiniLM-L6-v2",
            )
            for statement, vector in statements.items()
        ]
        if kind == DecisionKind.APPROVED:
            decision.canonical = two[0]
        roles = [
            DecisionMember(
                decision=decision,
                insight=insight,
                role=MemberRole.KEPT,
                group=0 if kind == DecisionKind.APPROVED else number,
            )
            for number, insight in enumerate(two)
        ]
        labels += [
            PairLabel(insight1_id=one, insight2_id=other, is_same=is_same, decision=decision)
            for (one, other), is_same in labels_of(kind, roles).items()
        ]
        decisions.append(decision)
        insights += two
        members += roles
    Insight.objects.bulk_create(insights)
    MergeDecision.objects.bulk_create(decisions)
    DecisionMember.objects.bulk_create(members)
    PairLabel.objects.bulk_create(labels)
    return decisions


class ScriptedModel:
    """An active version that says what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.model = DeduplicationModel.objects.create(
            version=3,
            backend="local",
            base_model="local-logistic-v1",
            status="succeeded",
            is_active=True,
            auto_merge_proof="threshold",  # trust has tests of its own
        )
        self.said: dict[frozenset[str], float] = {}
        self.asked: list[list[tuple[str, str]]] = []
        self.default = 0.1

    def says(self, probability: float, one: Insight | str, other: Insight | str) -> None:
        texts = (getattr(each, "statement", each) for each in (one, other))
        self.said[frozenset(texts)] = probability

    def scorer(self, model: DeduplicationModel) -> "ScriptedModel":
        return self

    def probabilities(self, pairs: Sequence[TextPair]) -> np.ndarray:
        self.asked.append([(pair.statement1, pair.statement2) for pair in pairs])
        return np.array(
            [
                self.said.get(frozenset((pair.statement1, pair.statement2)), self.default)
                for pair in pairs
            ]
        )

    def explain(self, pairs: Sequence[TextPair]) -> list[list[Contribution]]:
        said = Contribution("meaning", 1.5, "The embeddings are alike", {"cosine": 0.9})
        return [[said] for _ in pairs]


@pytest.fixture
def scripted(db: None, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    model = ScriptedModel()
    monkeypatch.setattr("finetuning.inference.predictor.backend_named", lambda name: model)
    monkeypatch.setattr("finetuning.inference.predictor._reported", set())
    return model
