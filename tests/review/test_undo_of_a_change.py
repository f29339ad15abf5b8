"""Undoing a change puts the first decision in force again, whatever kind it was."""

import pytest
from django.db import transaction

from insights.models import Cluster, Insight, MergeDecision, ReviewEvent
from insights.review.actions import (
    ApproveCluster,
    ChangeDecision,
    RejectCluster,
    SplitCluster,
    UndoDecision,
    UnmergeInsight,
)
from tests.review.state import snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_words(monkeypatch):
    monkeypatch.setattr(
        "insights.review.actions.decide.embed_one", lambda text: ("all-MiniLM-L6-v2", [0.1] * 384)
    )


@pytest.fixture
def cluster(make_cluster):
    return make_cluster(["alpha", "beta", "gamma"])


def action(kind, cluster, actor):
    members = [row.insight_id for row in cluster.members.order_by("position")]
    common = {"cluster_id": cluster.pk, "actor": actor}
    return {
        "approved": lambda: ApproveCluster(**common),
        "written": lambda: ApproveCluster(**common, canonical_text="in other words"),
        "partial": lambda: ApproveCluster(**common, members=frozenset(members[:2])),
        "rejected": lambda: RejectCluster(**common),
        "split": lambda: SplitCluster(**common, groups=[members[:1], members[1:]]),
    }[kind]()


KINDS = ["approved", "written", "partial", "rejected", "split"]


def state():
    """Without the time of the cluster's decision, which is that of the decision itself."""
    found = snapshot()
    return {**found, "clusters": [row[:2] for row in found["clusters"]]}


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
def test_undoing_a_change_restores_the_first_decision(
    first, second, cluster, reviewer, second_reviewer
):
    decided = action(first, cluster, reviewer).execute()
    before = state()
    changed = ChangeDecision(
        decision_id=decided.pk, to=action(second, cluster, second_reviewer)
    ).execute()
    UndoDecision(decision_id=changed.pk, actor=second_reviewer).execute()
    assert state() == before
    assert MergeDecision.objects.get(undone_at=None) == decided
    kinds = ReviewEvent.objects.order_by("created_at").values_list("kind", flat=True)
    assert list(kinds) == ["decided", "undone", "decided", "undone", "restored"]


def test_a_change_of_a_change_is_undone_step_by_step(cluster, reviewer):
    first = action("approved", cluster, reviewer).execute()
    second = ChangeDecision(
        decision_id=first.pk, to=action("rejected", cluster, reviewer)
    ).execute()
    third = ChangeDecision(decision_id=second.pk, to=action("partial", cluster, reviewer)).execute()
    for undone, standing in ((third, second), (second, first)):
        UndoDecision(decision_id=undone.pk, actor=reviewer).execute()
        assert MergeDecision.objects.get(undone_at=None) == standing
    UndoDecision(decision_id=first.pk, actor=reviewer).execute()
    cluster.refresh_from_db()
    assert cluster.status == "open"


def test_the_groups_of_the_first_split_are_merged_again(cluster, reviewer):
    a, b, c = (row.insight_id for row in cluster.members.order_by("position"))
    common = {"cluster_id": cluster.pk, "actor": reviewer}
    first = SplitCluster(**common, groups=[[a], [b, c]]).execute()
    before = state()
    changed = ChangeDecision(
        decision_id=first.pk, to=SplitCluster(**common, groups=[[a, b], [c]])
    ).execute()
    UndoDecision(decision_id=changed.pk, actor=reviewer).execute()
    assert state() == before


def test_what_was_taken_out_of_the_first_stays_out(cluster, reviewer):
    first = action("approved", cluster, reviewer).execute()
    member = first.members.filter(role="merged").first()
    UnmergeInsight(decision_id=first.pk, insight_id=member.insight_id, actor=reviewer).execute()
    before = state()
    changed = ChangeDecision(
        decision_id=first.pk, to=action("rejected", cluster, reviewer)
    ).execute()
    UndoDecision(decision_id=changed.pk, actor=reviewer).execute()
    assert state() == before


def test_where_the_first_cannot_stand_again_the_cluster_is_open_or_superseded(
    cluster, make_cluster, make_insight, reviewer
):
    first = action("approved", cluster, reviewer).execute()
    changed = ChangeDecision(
        decision_id=first.pk, to=action("rejected", cluster, reviewer)
    ).execute()
    beta = first.members.filter(role="merged").first().insight
    elsewhere = make_cluster([beta, make_insight("delta")])
    other = elsewhere.members.exclude(insight=beta).get().insight_id
    merged = ApproveCluster(cluster_id=elsewhere.pk, actor=reviewer, canonical_id=other).execute()
    UndoDecision(decision_id=changed.pk, actor=reviewer).execute()
    cluster.refresh_from_db()
    assert cluster.status == "superseded"
    assert list(MergeDecision.objects.filter(undone_at=None)) == [merged]


def test_words_that_stand_elsewhere_by_now_are_not_brought_back(cluster, make_insight, reviewer):
    first = action("written", cluster, reviewer).execute()
    changed = ChangeDecision(
        decision_id=first.pk, to=action("rejected", cluster, reviewer)
    ).execute()
    twin = make_insight("in other words")
    UndoDecision(decision_id=changed.pk, actor=reviewer).execute()
    cluster.refresh_from_db()
    assert cluster.status == "open"
    assert Insight.objects.get(content_hash=twin.content_hash, status="active") == twin


def test_the_first_is_restored_onto_what_its_canonical_was_merged_into(
    cluster, make_cluster, make_insight, reviewer
):
    """The state is the sum of the decisions in force, in whatever order they came."""
    first = action("approved", cluster, reviewer).execute()
    changed = ChangeDecision(
        decision_id=first.pk, to=action("rejected", cluster, reviewer)
    ).execute()
    delta = make_insight("delta")
    wider = make_cluster([first.canonical, delta])
    ApproveCluster(cluster_id=wider.pk, actor=reviewer, canonical_id=delta.pk).execute()
    with transaction.atomic():
        UndoDecision(decision_id=changed.pk, actor=reviewer).execute()
    assert set(Insight.objects.filter(status="merged").values_list("merged_into", flat=True)) == {
        delta.pk
    }
    assert Cluster.objects.get(pk=cluster.pk).status == "approved"
