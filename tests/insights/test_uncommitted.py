"""A decision that is not committed yet, and somebody else who touches the same pairs."""

import pytest

from finetuning.inference.prediction_store import record_predictions
from finetuning.models import DeduplicationModel, ModelPrediction, PredictionOrigin
from insights.clustering.run import run_clustering
from insights.decider import InsightPair
from insights.ids import ordered
from insights.models import Cluster, PairLabel
from insights.review.actions import (
    ApproveCluster,
    RejectCluster,
    SplitCluster,
    UndoDecision,
    UnmergeInsight,
)
from insights.review.errors import Stale
from tests.conftest import unit_vector
from tests.insights.waiting import before_the_commit_of

pytestmark = pytest.mark.django_db(transaction=True)


def labels():
    return set(PairLabel.objects.values_list("insight1", "insight2", "is_same"))


def test_an_undo_leaves_the_label_of_a_decision_that_is_being_committed(
    make_cluster, make_insight, reviewer, second_reviewer
):
    a, b, c = (make_insight(name) for name in ("alpha", "beta", "gamma"))
    old = RejectCluster(cluster_id=make_cluster([a, b]).pk, actor=reviewer).execute()
    wider = make_cluster([a, b, c])

    before_the_commit_of(
        RejectCluster(cluster_id=wider.pk, actor=second_reviewer).execute,
        UndoDecision(decision_id=old.pk, actor=reviewer).execute,
    )

    assert (*ordered(a.pk, b.pk), False) in labels(), "the later decision stands and says so"


def test_taking_out_leaves_the_label_of_an_undo_that_is_being_committed(
    make_cluster, make_insight, reviewer, second_reviewer
):
    """A and b were kept apart, then merged with c; one takes b out while one undoes the first."""
    a, b, c = (make_insight(name) for name in ("alpha", "beta", "gamma"))
    old = RejectCluster(cluster_id=make_cluster([a, b]).pk, actor=reviewer).execute()
    merged = ApproveCluster(
        cluster_id=make_cluster([a, b, c]).pk, actor=reviewer, canonical_id=a.pk
    ).execute()

    before_the_commit_of(
        UnmergeInsight(decision_id=merged.pk, insight_id=b.pk, actor=reviewer).execute,
        UndoDecision(decision_id=old.pk, actor=second_reviewer).execute,
    )

    assert (*ordered(a.pk, b.pk), False) in labels()


def test_a_prediction_recorded_during_a_decision_knows_of_it(make_cluster, reviewer):
    cluster = make_cluster(["alpha", "beta"])
    one, other = (member.insight for member in cluster.members.order_by("insight"))
    model = DeduplicationModel.objects.create(
        version=1, backend="local", base_model="local-logistic-v1", status="succeeded"
    )
    pair = ordered(one.pk, other.pk)

    before_the_commit_of(
        RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute,
        lambda: record_predictions(
            model, {pair: InsightPair(one, other, 0.8)}, {pair: 0.9}, PredictionOrigin.CLUSTERING
        ),
    )

    prediction = ModelPrediction.objects.get()
    assert (prediction.actual_label, prediction.is_correct) == (False, False)


def test_a_run_waits_for_a_decision_that_is_being_committed_and_leaves_it_out(
    make_cluster, make_insight, reviewer, settings
):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    settings.CANDIDATE_SIMILARITY = 0.6
    center = unit_vector("center")
    a, b = (make_insight(name, unit_vector(name, near=center, cosine=0.9)) for name in "ab")
    cluster = make_cluster([a, b])

    run = before_the_commit_of(
        ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute, run_clustering
    )

    assert (run.status, run.counts["opened"], run.counts["overtaken"]) == ("succeeded", 0, 1)
    assert not Cluster.objects.filter(status="open").exists()


def test_a_run_stands_beside_a_split_that_is_being_committed(
    make_cluster, make_insight, reviewer, settings
):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    settings.CANDIDATE_SIMILARITY = 0.6
    center = unit_vector("center")
    a, b = (make_insight(name, unit_vector(name, near=center, cosine=0.9)) for name in "ab")
    c = make_insight("c")
    split = SplitCluster(
        cluster_id=make_cluster([a, b, c]).pk, actor=reviewer, groups=[[a.pk, b.pk], [c.pk]]
    )

    run = before_the_commit_of(split.execute, run_clustering)

    assert (run.status, run.counts["overtaken"]) == ("succeeded", 1)
    assert not Cluster.objects.filter(status="open").exists()


def test_of_two_who_write_the_same_statement_the_second_learns_of_it(
    make_cluster, reviewer, second_reviewer, monkeypatch
):
    monkeypatch.setattr(
        "insights.review.actions.decide.embed_one", lambda text: ("all-MiniLM-L6-v2", [0.1] * 384)
    )
    one, other = make_cluster(["alpha", "beta"]), make_cluster(["gamma", "delta"])

    refused = before_the_commit_of(
        ApproveCluster(cluster_id=one.pk, actor=reviewer, canonical_text="In my words.").execute,
        ApproveCluster(
            cluster_id=other.pk, actor=second_reviewer, canonical_text="In my words."
        ).execute,
    )

    assert isinstance(refused, Stale)
    assert "Choose other words" in str(refused)
