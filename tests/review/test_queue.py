"""The queue: who is asked what, in which order, and that nobody else is asked meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from insights.decider import SimilarityDecider
from insights.models import Cluster, EventKind, ReviewEvent
from insights.review import lease, queue
from insights.review.actions import ApproveCluster, RejectCluster, UndoDecision
from insights.review.errors import Forbidden, ReviewError, Stale
from insights.review.queue import Facet, claim


def set_fields(cluster, **fields):
    Cluster.objects.filter(pk=cluster.pk).update(**fields)
    cluster.refresh_from_db()
    return cluster


@pytest.fixture
def clusters(make_cluster):
    """Three, whose order in the queue is that of their names: sure, likely, doubtful."""
    made = {
        "sure": make_cluster(["alpha one", "alpha two"]),
        "likely": make_cluster(["beta one", "beta two"]),
        "doubtful": make_cluster(["gamma one", "gamma two"]),
    }
    for name, probability in {"sure": 0.99, "likely": 0.8, "doubtful": 0.52}.items():
        set_fields(made[name], probability=probability)
    return made


def test_the_most_uncertain_comes_first(clusters, reviewer):
    assert claim(reviewer) == clusters["doubtful"]
    assert claim(reviewer, after=clusters["doubtful"]) == clusters["likely"]
    assert claim(reviewer, after=clusters["likely"]) == clusters["sure"]
    assert claim(reviewer, before=clusters["sure"]) == clusters["likely"]
    assert claim(reviewer, before=clusters["doubtful"]) is None


def test_half_of_what_is_asked_lies_near_the_threshold_for_merging(clusters, reviewer):
    for name, probability in {"sure": 0.86, "likely": 0.68, "doubtful": 0.58}.items():
        set_fields(clusters[name], probability=probability)
    assert claim(reviewer) == clusters["sure"]
    assert claim(reviewer, after=clusters["sure"]) == clusters["doubtful"]


class Unproven(SimilarityDecider):
    to_prove = (0.9, 3)


def test_a_proof_takes_as_many_sure_clusters_as_are_needed_from_all_bands(
    make_cluster, reviewer, settings
):
    settings.DUPLICATE_DECIDER = f"{__name__}.Unproven"
    for n, probability in enumerate((0.89, 0.91, 0.91, 0.91, 0.91, 0.95, 0.99, 0.99)):
        cluster = make_cluster([f"{n} one", f"{n} two"])
        set_fields(cluster, probability=probability, has_near_miss=False)
    near_miss = Cluster.objects.filter(probability=0.95).get()
    drawn = queue._drawn_to_prove()
    assert sorted(Cluster.objects.get(pk=pk).probability for pk in drawn) == [0.91, 0.95, 0.99]
    assert queue._drawn_to_prove() == drawn
    assert queue.waiting_counts(reviewer)[Facet.PROOF] == 3
    assert claim(reviewer, Facet.PROOF).pk in drawn

    set_fields(near_miss, has_near_miss=True)
    drawn = queue._drawn_to_prove()
    assert sorted(Cluster.objects.get(pk=pk).probability for pk in drawn) == [0.91, 0.91, 0.99]


def test_nothing_is_asked_to_prove_what_is_proven_or_when_no_model_answers(
    clusters, reviewer, settings
):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    assert claim(reviewer, Facet.PROOF) is None


def test_equally_useful_ones_are_walked_one_by_one(clusters, reviewer):
    for cluster in clusters.values():
        set_fields(cluster, probability=0.7, people_count=1)
    order = sorted(clusters.values(), key=lambda cluster: cluster.pk)
    assert claim(reviewer) == order[0]
    assert claim(reviewer, after=order[0]) == order[1]
    assert claim(reviewer, after=order[1]) == order[2]
    assert claim(reviewer, before=order[2]) == order[1]


def test_after_the_end_the_queue_begins_again(clusters, reviewer):
    assert claim(reviewer, after=clusters["sure"]) == clusters["doubtful"]


def test_without_a_model_the_most_similar_comes_first(clusters, reviewer):
    for name, similarity in {"sure": 0.7, "likely": 0.95, "doubtful": 0.8}.items():
        set_fields(clusters[name], probability=None, mean_similarity=similarity)
    assert claim(reviewer) == clusters["likely"]


def test_of_equally_uncertain_ones_the_greater_gain_comes_first(clusters, reviewer):
    for name, people in {"sure": 9, "likely": 30, "doubtful": 2}.items():
        set_fields(clusters[name], probability=0.611, people_count=people)
    set_fields(clusters["doubtful"], probability=0.612)  # the same step, not exactly the same
    assert claim(reviewer) == clusters["likely"]


def test_what_one_reviewer_holds_nobody_else_gets_until_the_lease_expires(
    clusters, reviewer, second_reviewer
):
    mine = claim(reviewer)
    assert claim(second_reviewer) == clusters["likely"]
    assert claim(reviewer) == mine, "one's own comes again"
    with pytest.raises(Stale, match="rosa is reviewing this cluster"):
        queue.hold(second_reviewer, mine.pk)
    with pytest.raises(Stale, match="rosa is reviewing this cluster"):
        RejectCluster(cluster_id=mine.pk, actor=second_reviewer).execute()

    set_fields(mine, held_until=timezone.now() - timedelta(seconds=1))

    assert claim(second_reviewer) == mine
    with pytest.raises(Stale, match="rene is reviewing this cluster"):
        ApproveCluster(cluster_id=mine.pk, actor=reviewer).execute()


def test_a_lease_that_ran_out_does_not_stop_its_holder_while_nobody_else_took_it(
    clusters, reviewer
):
    mine = claim(reviewer)
    set_fields(mine, held_until=timezone.now() - timedelta(hours=1))
    assert RejectCluster(cluster_id=mine.pk, actor=reviewer).execute()
    mine.refresh_from_db()
    assert (mine.held_by, mine.held_until) == (None, None)


def test_a_lease_that_ran_out_stops_nobody_else(clusters, reviewer, second_reviewer):
    theirs = claim(reviewer)
    set_fields(theirs, held_until=timezone.now() - timedelta(seconds=1))
    assert RejectCluster(cluster_id=theirs.pk, actor=second_reviewer).execute()


def test_a_lease_can_be_given_back_by_its_holder_alone(clusters, reviewer, second_reviewer):
    mine = claim(reviewer)
    lease.release(second_reviewer, mine)
    assert claim(second_reviewer) != mine
    lease.release(reviewer, mine)
    assert queue.hold(second_reviewer, mine.pk) == mine


def test_what_is_skipped_comes_back_last_and_only_for_who_skipped_it(
    clusters, reviewer, second_reviewer
):
    queue.pass_on(reviewer, claim(reviewer).pk, EventKind.SKIPPED)

    assert claim(reviewer) == clusters["likely"]
    assert claim(second_reviewer) == clusters["doubtful"]
    lease.release(second_reviewer, clusters["doubtful"])
    for name in ("likely", "sure"):
        RejectCluster(cluster_id=clusters[name].pk, actor=reviewer).execute()
    assert claim(reviewer) == clusters["doubtful"]


def test_skipped_ones_come_back_in_the_order_of_skipping(clusters, reviewer):
    for name in ("sure", "doubtful", "likely", "sure"):
        queue.pass_on(reviewer, clusters[name].pk, EventKind.SKIPPED)
    order = []
    for _ in range(3):
        order.append(claim(reviewer))
        RejectCluster(cluster_id=order[-1].pk, actor=reviewer).execute()
    assert order == [clusters[name] for name in ("doubtful", "likely", "sure")]


def test_what_one_is_unsure_of_goes_to_a_second_reviewer_and_not_back(
    clusters, reviewer, second_reviewer
):
    event = queue.pass_on(
        reviewer,
        clusters["sure"].pk,
        EventKind.UNSURE,
        comment="Same team?",
        reasons=("missing context",),
    )
    assert (event.comment, event.reasons) == ("Same team?", ["missing context"])
    assert claim(second_reviewer, Facet.UNSURE) == clusters["sure"]
    assert claim(reviewer, Facet.UNSURE) is None
    lease.release(second_reviewer, clusters["sure"])
    for name in ("likely", "doubtful"):
        RejectCluster(cluster_id=clusters[name].pk, actor=reviewer).execute()
    assert claim(reviewer) is None


@pytest.mark.parametrize(
    ("facet", "fields"),
    [
        (Facet.NEAR_MISS, {"has_near_miss": True}),
        (Facet.CONTRADICTION, {"has_contradiction": True}),
        (Facet.LARGE, {"size": 5}),
        (Facet.WEAK_LINK, {"size": 3, "weakest_similarity": 0.6, "mean_similarity": 0.7}),
    ],
)
def test_a_facet_is_a_part_of_the_queue(clusters, reviewer, facet, fields):
    for cluster in clusters.values():
        set_fields(
            cluster,
            has_near_miss=False,
            has_contradiction=False,
            size=2,
            mean_similarity=0.7,
            weakest_similarity=0.7,
        )
    chosen = set_fields(clusters["sure"], **fields)
    assert claim(reviewer, facet) == chosen
    assert claim(reviewer, facet, after=chosen) is None
    assert queue.waiting_counts(reviewer)[facet] == 1


def test_progress_counts_the_day_the_team_and_the_queue(clusters, reviewer, second_reviewer):
    RejectCluster(cluster_id=clusters["sure"].pk, actor=reviewer).execute()
    RejectCluster(cluster_id=clusters["likely"].pk, actor=second_reviewer).execute()
    ReviewEvent.objects.update(created_at=timezone.now())
    old = ReviewEvent.objects.get(actor=second_reviewer)
    assert queue.progress(reviewer) == queue.Progress(mine=1, team=2, people=2, open=1)
    ReviewEvent.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert queue.progress(reviewer) == queue.Progress(mine=1, team=1, people=1, open=1)
    mine = ReviewEvent.objects.get(actor=reviewer, kind="decided")
    UndoDecision(decision_id=mine.decision_id, actor=reviewer).execute()
    assert queue.progress(reviewer) == queue.Progress(mine=0, team=0, people=0, open=2)


def test_undo_is_an_event_with_its_own_row(clusters, reviewer, second_reviewer):
    decision = RejectCluster(
        cluster_id=clusters["sure"].pk, actor=reviewer, reasons=("different topic",)
    ).execute()
    UndoDecision(decision_id=decision.pk, actor=second_reviewer, comment="No.").execute()
    assert list(
        ReviewEvent.objects.order_by("created_at").values_list(
            "kind", "actor__username", "decision", "reasons", "comment"
        )
    ) == [
        ("decided", "rosa", decision.pk, ["different topic"], ""),
        ("undone", "rene", decision.pk, [], "No."),
    ]


def test_who_may_only_look_is_asked_nothing(clusters, viewer):
    with pytest.raises(Forbidden):
        claim(viewer)
    with pytest.raises(Forbidden):
        queue.hold(viewer, clusters["sure"].pk)
    with pytest.raises(Forbidden):
        queue.pass_on(viewer, clusters["sure"].pk, EventKind.SKIPPED)


def test_a_decision_is_no_way_to_pass_a_cluster_on(clusters, reviewer):
    with pytest.raises(ReviewError):
        queue.pass_on(reviewer, clusters["sure"].pk, EventKind.DECIDED)
