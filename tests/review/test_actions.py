"""Every action: its effect, its refusals, and that undo restores everything."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insights.models import (
    Cluster,
    Insight,
    InsightSource,
    InsightStatus,
    MergeDecision,
    PairLabel,
)
from insights.review.actions import (
    ApproveCluster,
    MergeAutomatically,
    RejectCluster,
    SplitCluster,
    UndoDecision,
    UnmergeInsight,
)
from insights.review.errors import Forbidden, ReviewError, Stale
from tests.review.state import snapshot

STATEMENTS = ["Rotas go out too late", "The rota is published late", "Publishing is slow", "Swaps"]


@pytest.fixture
def cluster(make_cluster):
    return make_cluster(STATEMENTS)


def by_statement(statement):
    return Insight.objects.get(statement=statement)


def labels():
    return {
        (frozenset((row.insight1.statement, row.insight2.statement)), row.is_same)
        for row in PairLabel.objects.select_related("insight1", "insight2")
    }


def test_approving_merges_all_members_and_moves_their_sources(cluster, reviewer):
    decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()

    canonical = decision.canonical
    assert canonical == cluster.proposed_canonical
    assert set(Insight.objects.values_list("status", flat=True)) == {"active", "merged"}
    assert canonical.sources.count() == 4
    assert canonical.merged_insights.count() == 3
    assert {is_same for _, is_same in labels()} == {True}
    assert len(labels()) == 6
    cluster.refresh_from_db()
    assert (cluster.status, cluster.version) == ("approved", 2)


def test_approving_a_part_leaves_the_rest_alone_and_says_that_they_differ(cluster, reviewer):
    ticked = frozenset(by_statement(statement).pk for statement in STATEMENTS[:2])

    decision = ApproveCluster(
        cluster_id=cluster.pk,
        actor=reviewer,
        members=ticked,
        canonical_id=by_statement(STATEMENTS[1]).pk,
    ).execute()

    assert decision.kind == "partial"
    assert by_statement(STATEMENTS[0]).merged_into == by_statement(STATEMENTS[1])
    assert by_statement(STATEMENTS[2]).status == InsightStatus.ACTIVE
    assert labels() == {
        (frozenset(STATEMENTS[:2]), True),
        *(
            (frozenset((merged, kept)), False)
            for merged in STATEMENTS[:2]
            for kept in STATEMENTS[2:]
        ),
    }


def test_a_canonical_statement_of_the_reviewers_own_becomes_an_insight(cluster, reviewer):
    decision = ApproveCluster(
        cluster_id=cluster.pk, actor=reviewer, canonical_text="  Rotas are published\x00 late. "
    ).execute()

    assert decision.canonical.statement == "Rotas are published late."
    assert decision.canonical.origin == "edited"
    assert decision.canonical.embedding_model == "all-MiniLM-L6-v2"
    assert Insight.objects.filter(merged_into=decision.canonical).count() == 4
    assert not any(decision.canonical.statement in pair for pair, _ in labels()), (
        "words that nobody said are no evidence"
    )


def test_the_reviewers_words_may_be_those_of_a_member(cluster, reviewer):
    decision = ApproveCluster(
        cluster_id=cluster.pk, actor=reviewer, canonical_text="PUBLISHING is slow."
    ).execute()
    assert decision.canonical.statement == "PUBLISHING is slow."
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
    assert by_statement("Publishing is slow").status == InsightStatus.ACTIVE


def test_words_that_another_insight_has_already_are_refused(cluster, reviewer, make_insight):
    make_insight("Something else entirely")
    with pytest.raises(ReviewError, match="is already an insight of its own"):
        ApproveCluster(
            cluster_id=cluster.pk, actor=reviewer, canonical_text="something else  entirely."
        ).execute()
    assert not MergeDecision.objects.exists()


def test_rejecting_says_of_each_pair_that_it_is_not_the_same(cluster, reviewer):
    RejectCluster(cluster_id=cluster.pk, actor=reviewer, comment="four topics").execute()
    assert {is_same for _, is_same in labels()} == {False}
    assert len(labels()) == 6
    assert not Insight.objects.filter(status="merged").exists()


def test_a_split_merges_each_group_and_teaches_both_kinds_of_pairs(cluster, reviewer):
    a, b, c, d = (by_statement(s).pk for s in STATEMENTS)
    before = snapshot()

    decision = SplitCluster(
        cluster_id=cluster.pk, actor=reviewer, groups=[[a, b], [c, d]], canonical_id=b
    ).execute()

    assert MergeDecision.objects.get() == decision
    held_by = dict(Insight.objects.filter(status="merged").values_list("pk", "merged_into"))
    assert held_by in ({a: b, c: d}, {a: b, d: c})
    assert set(decision.canonicals().values()) == {b, held_by.get(c, c)}
    same = {pair for pair, is_same in labels() if is_same}
    assert same == {frozenset(STATEMENTS[:2]), frozenset(STATEMENTS[2:])}
    assert len(labels()) == 6
    assert not Cluster.objects.filter(status="open").exists()
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
    assert snapshot() == before


def test_a_statement_alone_in_its_group_stays_as_it_is(cluster, reviewer):
    a, b, c, d = (by_statement(s).pk for s in STATEMENTS)
    SplitCluster(cluster_id=cluster.pk, actor=reviewer, groups=[[a], [b, c], [d]]).execute()
    merged = Insight.objects.get(status="merged")
    assert {merged.pk, merged.merged_into_id} == {b, c}
    assert len(labels()) == 6


def test_words_of_ones_own_belong_to_the_group_of_the_chosen_canonical(cluster, reviewer):
    a, b, c, d = (by_statement(s).pk for s in STATEMENTS)
    split = {"cluster_id": cluster.pk, "actor": reviewer, "canonical_text": "In my own words."}
    with pytest.raises(ReviewError, match="alone in its group"):
        SplitCluster(**split, groups=[[a, b, c], [d]], canonical_id=d).execute()
    SplitCluster(**split, groups=[[a, b], [c, d]], canonical_id=c).execute()
    own = by_statement("In my own words.")
    assert set(Insight.objects.filter(merged_into=own).values_list("pk", flat=True)) == {c, d}


def test_one_statement_is_taken_out_of_one_group_of_a_split(cluster, reviewer):
    a, b, c, d = (by_statement(s).pk for s in STATEMENTS)
    split = SplitCluster(
        cluster_id=cluster.pk, actor=reviewer, groups=[[a, b, c], [d]], canonical_id=a
    ).execute()
    taken = UnmergeInsight(decision_id=split.pk, insight_id=c, actor=reviewer).execute()
    assert taken.canonical_id == a
    assert set(Insight.objects.filter(status="merged").values_list("pk", flat=True)) == {b}
    UndoDecision(decision_id=taken.pk, actor=reviewer).execute()
    assert set(Insight.objects.filter(merged_into=a).values_list("pk", flat=True)) == {b, c}


@pytest.mark.parametrize(
    "groups", [[[0, 1, 2, 3]], [[0, 1], [2]], [[0, 1], [1, 2, 3]]], ids=["one", "missing", "twice"]
)
def test_a_split_must_name_each_member_once(cluster, reviewer, groups):
    pks = [by_statement(s).pk for s in STATEMENTS]
    with pytest.raises(ReviewError):
        SplitCluster(
            cluster_id=cluster.pk, actor=reviewer, groups=[[pks[i] for i in g] for g in groups]
        ).execute()


def test_undo_restores_exactly(cluster, reviewer):
    before = snapshot()
    for action in (
        ApproveCluster(cluster_id=cluster.pk, actor=reviewer),
        ApproveCluster(cluster_id=cluster.pk, actor=reviewer, canonical_text="New words"),
        RejectCluster(cluster_id=cluster.pk, actor=reviewer),
    ):
        decision = action.execute()
        assert snapshot() != before
        UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
        assert snapshot() == before


def test_undo_after_a_later_merge_gives_the_member_its_branch_back(
    make_cluster, make_insight, reviewer
):
    a, b, c, d = (make_insight(name) for name in ("alpha", "beta", "gamma", "delta"))
    first = approve(make_cluster([a, b]), reviewer, canonical=b)
    second = approve(make_cluster([b, c]), reviewer, canonical=c)
    third = approve(make_cluster([c, d]), reviewer, canonical=d)

    UndoDecision(decision_id=second.pk, actor=reviewer).execute()

    assert roots() == {"alpha": "beta", "beta": "beta", "gamma": "delta", "delta": "delta"}
    assert holders() == {"alpha": "beta", "beta": "beta", "gamma": "delta", "delta": "delta"}
    UndoDecision(decision_id=third.pk, actor=reviewer).execute()
    UndoDecision(decision_id=first.pk, actor=reviewer).execute()
    assert roots() == {name: name for name in ("alpha", "beta", "gamma", "delta")}
    assert holders() == roots()


def approve(cluster, reviewer, *, canonical):
    return ApproveCluster(
        cluster_id=cluster.pk, actor=reviewer, canonical_id=canonical.pk
    ).execute()


def roots():
    return {i.statement: (i.merged_into or i).statement for i in Insight.objects.all()}


def holders():
    return {s.statement: s.insight.statement for s in InsightSource.objects.all()}


def test_undo_is_refused_when_its_own_words_were_merged_since(make_cluster, make_insight, reviewer):
    first = ApproveCluster(
        cluster_id=make_cluster(["alpha", "beta"]).pk, actor=reviewer, canonical_text="Greek"
    ).execute()
    approve(
        make_cluster([first.canonical, make_insight("gamma")]),
        reviewer,
        canonical=by_statement("gamma"),
    )
    with pytest.raises(ReviewError, match="Undo these first"):
        UndoDecision(decision_id=first.pk, actor=reviewer).execute()


def test_the_latest_decision_speaks_for_a_pair_and_undo_lets_the_earlier_one_speak_again(
    make_cluster, make_insight, reviewer
):
    a, b = make_insight("alpha"), make_insight("beta")
    RejectCluster(cluster_id=make_cluster([a, b]).pk, actor=reviewer).execute()
    later = approve(make_cluster([a, b]), reviewer, canonical=a)
    assert labels() == {(frozenset(("alpha", "beta")), True)}
    UndoDecision(decision_id=later.pk, actor=reviewer).execute()
    assert labels() == {(frozenset(("alpha", "beta")), False)}


def test_a_cluster_is_decided_once_and_the_second_reviewer_learns_by_whom(
    cluster, reviewer, second_reviewer
):
    ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    with pytest.raises(Stale, match="rosa has already decided"):
        RejectCluster(cluster_id=cluster.pk, actor=second_reviewer).execute()


def test_a_decision_on_an_older_version_is_stale(cluster, reviewer):
    with pytest.raises(Stale, match="changed since"):
        ApproveCluster(cluster_id=cluster.pk, actor=reviewer, expected_version=7).execute()


def test_an_overlapping_cluster_is_stale_once_a_member_was_merged(
    make_cluster, make_insight, reviewer, second_reviewer
):
    a, b, c = (make_insight(name) for name in ("alpha", "beta", "gamma"))
    overlapping = make_cluster([b, c])
    approve(make_cluster([a, b]), reviewer, canonical=a)
    with pytest.raises(Stale, match="rosa merged it"):
        ApproveCluster(cluster_id=overlapping.pk, actor=second_reviewer).execute()


def test_who_may_only_look_may_not_decide(cluster, viewer, reviewer):
    with pytest.raises(Forbidden, match="insights.decide_cluster"):
        ApproveCluster(cluster_id=cluster.pk, actor=viewer).execute()
    decision = RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    with pytest.raises(Forbidden, match="insights.undo_mergedecision"):
        UndoDecision(decision_id=decision.pk, actor=viewer).execute()


def test_an_automatic_merge_teaches_nothing_until_a_person_undoes_it_as_wrong(
    make_insight, reviewer
):
    a, b = make_insight("alpha"), make_insight("beta")
    merge = MergeAutomatically(
        canonical_id=a.pk, duplicate_id=b.pk, model_id=None, model_version="version 1"
    ).execute()
    assert roots() == {"alpha": "alpha", "beta": "alpha"}
    assert not labels()

    UndoDecision(decision_id=merge.pk, actor=reviewer, not_same=True).execute()

    assert roots() == {"alpha": "alpha", "beta": "beta"}
    assert labels() == {(frozenset(("alpha", "beta")), False)}


def test_an_insight_that_was_merged_meanwhile_is_not_merged_again(make_insight):
    a, b, c = (make_insight(name) for name in ("alpha", "beta", "gamma"))
    pairs = [(a, b), (c, b)]
    done = [
        MergeAutomatically(
            canonical_id=x.pk, duplicate_id=y.pk, model_id=None, model_version="version 1"
        ).execute()
        for x, y in pairs
    ]
    assert done[0] is not None
    assert done[1] is None


def test_undoing_takes_as_many_queries_for_three_members_as_for_nine(
    make_cluster, reviewer, django_assert_num_queries
):
    """36 pairs lose their labels then."""
    few, many = (
        RejectCluster(
            cluster_id=make_cluster([f"{size} {n}" for n in range(size)]).pk, actor=reviewer
        ).execute()
        for size in (3, 9)
    )
    with CaptureQueriesContext(connection) as captured:
        UndoDecision(decision_id=few.pk, actor=reviewer).execute()
    with django_assert_num_queries(len(captured)):
        UndoDecision(decision_id=many.pk, actor=reviewer).execute()
    assert not PairLabel.objects.exists()
