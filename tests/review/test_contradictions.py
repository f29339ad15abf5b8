"""Two statements that contradict each other: both hold, one of them does, or neither is sure."""

import pytest

from insights.models import (
    ConflictVerdict,
    Insight,
    PairLabel,
    Verdict,
)
from insights.review.actions import (
    JudgeContradiction,
    UndoDecision,
)
from insights.review.errors import Forbidden, ReviewError, Stale


@pytest.fixture
def contradiction(make_cluster):
    cluster = make_cluster(["Churn is 12 % this year", "Churn is 21 % this year"])
    return cluster.pairs.get()


def test_a_pair_that_disagrees_in_a_number_is_a_contradiction(contradiction, make_cluster):
    assert contradiction.is_contradiction
    assert contradiction.cluster.has_contradiction
    one_sided = make_cluster(["Rotas take 12 minutes", "Rotas take long"])
    assert one_sided.has_near_miss
    assert not one_sided.has_contradiction
    assert make_cluster(["Rotas are published late", "Rotas are not published late"]).pairs.get(
        is_contradiction=True
    )


def test_one_of_two_holds_and_nothing_is_merged(contradiction, reviewer):
    decision = JudgeContradiction(
        pair_id=contradiction.pk,
        verdict=Verdict.ONE_HOLDS,
        holds=contradiction.insight2_id,
        actor=reviewer,
    ).execute()
    verdict = ConflictVerdict.objects.get()
    assert (verdict.decision, verdict.holds) == (decision, contradiction.insight2)
    assert not Insight.objects.filter(status="merged").exists()
    assert [label.is_same for label in PairLabel.objects.all()] == [False]
    contradiction.cluster.refresh_from_db()
    assert contradiction.cluster.status == "rejected"
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
    assert not PairLabel.objects.exists()


def test_in_a_larger_cluster_the_others_can_still_be_decided(make_cluster, reviewer):
    cluster = make_cluster(["Churn is 12 %", "Churn is 21 %", "Churn is a twelfth or so"])
    pair = cluster.pairs.filter(is_contradiction=True).first()
    JudgeContradiction(pair_id=pair.pk, verdict=Verdict.CONFLICTING, actor=reviewer).execute()
    cluster.refresh_from_db()
    assert cluster.status == "open"
    assert PairLabel.objects.get().is_same is False
    with pytest.raises(Stale, match="already decided"):
        JudgeContradiction(pair_id=pair.pk, verdict=Verdict.KEEP_BOTH, actor=reviewer).execute()


@pytest.mark.parametrize(("verdict", "named"), [("one_holds", False), ("keep_both", True)])
def test_who_holds_is_named_exactly_when_one_does(contradiction, reviewer, verdict, named):
    with pytest.raises(ReviewError, match="Name the statement"):
        JudgeContradiction(
            pair_id=contradiction.pk,
            verdict=Verdict(verdict),
            holds=contradiction.insight1_id if named else None,
            actor=reviewer,
        ).execute()


def test_who_may_only_look_decides_no_contradiction(contradiction, viewer):
    with pytest.raises(Forbidden):
        JudgeContradiction(
            pair_id=contradiction.pk, verdict=Verdict.KEEP_BOTH, actor=viewer
        ).execute()
