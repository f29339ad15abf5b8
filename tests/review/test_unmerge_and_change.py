"""Taking one insight out of an old merge, and deciding otherwise."""

import pytest

from insights.models import (
    Insight,
    InsightSource,
    PairLabel,
    ReviewEvent,
)
from insights.review.actions import (
    ApproveCluster,
    ChangeDecision,
    MergeAutomatically,
    RejectCluster,
    UndoDecision,
    UnmergeInsight,
)
from insights.review.errors import Forbidden, ReviewError, Stale
from tests.review.state import snapshot


def roots():
    return {
        i.statement: (i.merged_into or i).statement
        for i in Insight.objects.exclude(status="retired")
    }


def holders():
    return {s.statement: s.insight.statement for s in InsightSource.objects.all()}


def labels():
    return {
        ("".join(sorted((row.insight1.statement[0], row.insight2.statement[0]))), row.is_same)
        for row in PairLabel.objects.select_related("insight1", "insight2")
    }


@pytest.fixture
def abc(make_insight):
    return [make_insight(name) for name in ("alpha", "beta", "gamma")]


@pytest.fixture
def merged(make_cluster, abc, reviewer):
    return ApproveCluster(
        cluster_id=make_cluster(abc).pk, actor=reviewer, canonical_id=abc[0].pk
    ).execute()


def take_out(decision, insight, actor, **more):
    return UnmergeInsight(
        decision_id=decision.pk, insight_id=insight.pk, actor=actor, **more
    ).execute()


def test_one_insight_is_taken_out_of_a_merge_and_it_teaches(merged, abc, reviewer):
    decision = take_out(merged, abc[1], reviewer, comment="Another team.")

    assert roots() == {"alpha": "alpha", "beta": "beta", "gamma": "alpha"}
    assert holders() == roots()
    assert labels() == {("ab", False), ("bg", False), ("ag", True)}
    merged.refresh_from_db()
    assert not merged.is_undone
    assert (decision.amends, decision.kind) == (merged, "unmerged")
    assert ReviewEvent.objects.filter(decision=decision, kind="decided").exists()


def test_undoing_it_puts_the_insight_back(merged, abc, reviewer):
    before = snapshot()
    decision = take_out(merged, abc[1], reviewer)
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
    assert snapshot() == before
    assert take_out(merged, abc[1], reviewer), "and it can be taken out again"


def test_it_comes_out_of_an_old_merge_with_what_hangs_on_it(
    make_cluster, make_insight, abc, merged, reviewer
):
    """Beta was merged with delta before, and alpha into epsilon afterwards."""
    UndoDecision(decision_id=merged.pk, actor=reviewer).execute()
    delta, epsilon = make_insight("delta"), make_insight("epsilon")
    approve(make_cluster([abc[1], delta]), reviewer, abc[1])
    old = approve(make_cluster(abc), reviewer, abc[0])
    approve(make_cluster([abc[0], epsilon]), reviewer, epsilon)
    before = snapshot()

    decision = take_out(old, abc[1], reviewer)

    assert roots() == {
        "alpha": "epsilon",
        "beta": "beta",
        "gamma": "epsilon",
        "delta": "beta",
        "epsilon": "epsilon",
    }
    assert holders() == roots()
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
    assert snapshot() == before


def approve(cluster, reviewer, canonical):
    return ApproveCluster(
        cluster_id=cluster.pk, actor=reviewer, canonical_id=canonical.pk
    ).execute()


def test_undoing_the_merge_leaves_alone_what_was_taken_out_of_it(
    make_cluster, make_insight, merged, abc, reviewer
):
    decision = take_out(merged, abc[1], reviewer)
    delta = make_insight("delta")
    approve(make_cluster([abc[1], delta]), reviewer, delta)

    UndoDecision(decision_id=merged.pk, actor=reviewer).execute()

    assert roots() == {"alpha": "alpha", "beta": "delta", "gamma": "gamma", "delta": "delta"}
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
    assert roots() == {"alpha": "alpha", "beta": "delta", "gamma": "gamma", "delta": "delta"}


def test_it_is_not_put_back_when_it_was_merged_elsewhere_since(
    make_cluster, make_insight, merged, abc, reviewer
):
    decision = take_out(merged, abc[1], reviewer)
    approve(make_cluster([abc[1], make_insight("delta")]), reviewer, abc[1])
    before = snapshot()
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
    assert roots()["delta"] == "alpha", "as canonical of another merge it brings its own back"
    again = take_out(merged, abc[1], reviewer)
    assert snapshot() == before
    approve(make_cluster([abc[1], abc[0]]), reviewer, abc[1])
    with pytest.raises(ReviewError, match="Undo that first"):
        UndoDecision(decision_id=again.pk, actor=reviewer).execute()


def test_what_was_put_back_goes_with_its_merge_again(
    make_cluster, make_insight, merged, abc, reviewer
):
    epsilon = make_insight("epsilon")
    above = approve(make_cluster([abc[0], epsilon]), reviewer, epsilon)
    UndoDecision(decision_id=take_out(merged, abc[1], reviewer).pk, actor=reviewer).execute()

    UndoDecision(decision_id=above.pk, actor=reviewer).execute()

    assert roots() == {"alpha": "alpha", "beta": "alpha", "gamma": "alpha", "epsilon": "epsilon"}
    assert holders() == roots()


def test_nothing_is_taken_out_twice_or_that_was_not_merged(
    merged, abc, reviewer, viewer, make_insight
):
    take_out(merged, abc[1], reviewer)
    with pytest.raises(Stale, match="already been taken out"):
        take_out(merged, abc[1], reviewer)
    with pytest.raises(ReviewError, match="was not merged away"):
        take_out(merged, abc[0], reviewer)
    with pytest.raises(ReviewError, match="takes no part"):
        take_out(merged, make_insight("zeta"), reviewer)
    with pytest.raises(Forbidden):
        take_out(merged, abc[2], viewer)
    UndoDecision(decision_id=merged.pk, actor=reviewer).execute()
    with pytest.raises(Stale, match="rosa has already undone"):
        take_out(merged, abc[2], reviewer)


def test_the_last_one_behind_written_words_goes_with_the_whole_decision(
    make_cluster, abc, reviewer
):
    written = ApproveCluster(
        cluster_id=make_cluster(abc[:2]).pk, actor=reviewer, canonical_text="Greek"
    ).execute()
    take_out(written, abc[0], reviewer)
    assert roots() == {"alpha": "alpha", "beta": "Greek", "gamma": "gamma", "Greek": "Greek"}
    with pytest.raises(ReviewError, match="Undo the whole decision"):
        take_out(written, abc[1], reviewer)


def test_an_automatic_merge_can_be_taken_apart_too(abc, reviewer):
    merge = MergeAutomatically(
        canonical_id=abc[0].pk, duplicate_id=abc[1].pk, model_id=None, model_version="version 1"
    ).execute()
    take_out(merge, abc[1], reviewer)
    assert roots()["beta"] == "beta"
    assert labels() == {("ab", False)}


def test_a_decision_is_changed_in_one_step(merged, abc, reviewer, second_reviewer):
    changed = ChangeDecision(
        decision_id=merged.pk,
        to=ApproveCluster(
            cluster_id=merged.cluster_id,
            actor=second_reviewer,
            members=frozenset(one.pk for one in abc[1:]),
            canonical_id=abc[1].pk,
        ),
    ).execute()
    assert (changed.kind, changed.amends) == ("partial", merged)
    assert roots() == {"alpha": "alpha", "beta": "beta", "gamma": "beta"}
    merged.refresh_from_db()
    assert merged.undone_by == second_reviewer
    assert list(
        ReviewEvent.objects.order_by("created_at").values_list("kind", "actor__username")
    ) == [("decided", "rosa"), ("undone", "rene"), ("decided", "rene")]


def test_a_change_that_cannot_be_made_changes_nothing(
    make_cluster, make_insight, merged, abc, reviewer, viewer
):
    approve(make_cluster([abc[0], make_insight("delta")]), reviewer, abc[0])
    later = approve(make_cluster([abc[0], make_insight("epsilon")]), reviewer, abc[0])
    UndoDecision(decision_id=later.pk, actor=reviewer).execute()
    before = snapshot()
    with pytest.raises(ReviewError, match="Tick at least"):
        ChangeDecision(
            decision_id=merged.pk,
            to=ApproveCluster(
                cluster_id=merged.cluster_id, actor=reviewer, members=frozenset([abc[1].pk])
            ),
        ).execute()
    with pytest.raises(Forbidden):
        ChangeDecision(
            decision_id=merged.pk, to=RejectCluster(cluster_id=merged.cluster_id, actor=viewer)
        ).execute()
    with pytest.raises(Stale):
        ChangeDecision(
            decision_id=later.pk, to=RejectCluster(cluster_id=later.cluster_id, actor=reviewer)
        ).execute()
    assert snapshot() == before
