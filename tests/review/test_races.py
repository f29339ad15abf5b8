"""Two reviewers at once, with real transactions. Each guard has a control that fails without it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from insights.models import Cluster, Insight, InsightSource, MergeDecision
from insights.review import lease, queue
from insights.review.actions import ApproveCluster, RejectCluster, UndoDecision, UnmergeInsight
from insights.review.actions.base import ClusterAction
from insights.review.errors import ReviewError, Stale

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """The results of calls that start together, each on a connection of its own."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            return call()
        except (ReviewError, IntegrityError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, c) for c in calls]]


def is_one_forest():
    """Check that merged insights point at active roots and occurrences at active insights."""
    return not (
        Insight.objects.filter(status="merged").exclude(merged_into__status="active").exists()
        or InsightSource.objects.exclude(insight__status="active").exists()
    )


def approve(cluster, canonical, actor):
    return lambda: ApproveCluster(
        cluster_id=cluster.pk, actor=actor, canonical_id=canonical.pk
    ).execute()


def overlapping(make_cluster, make_insight, number):
    a, b, c = (make_insight(f"{name} {number}") for name in ("alpha", "beta", "gamma"))
    return (make_cluster([a, b]), a), (make_cluster([b, c]), c)


def test_of_two_overlapping_merges_one_wins_and_the_other_learns_of_it(
    make_cluster, make_insight, reviewer, second_reviewer
):
    for number in range(8):
        (one, a), (other, c) = overlapping(make_cluster, make_insight, number)
        results = at_once(approve(one, a, reviewer), approve(other, c, second_reviewer))
        winners = [r for r in results if isinstance(r, MergeDecision)]
        losers = [r for r in results if isinstance(r, Stale)]
        assert (len(winners), len(losers)) == (1, 1), results
        assert f"{winners[0].actor} merged it" in str(losers[0])
        assert is_one_forest()


def test_control_without_the_locks_two_overlapping_merges_both_win(
    make_cluster, make_insight, reviewer, second_reviewer, monkeypatch
):
    meeting = Barrier(2)

    def unguarded(self, cluster):
        members = {m.pk: m for m in Insight.objects.filter(memberships__cluster=cluster)}
        meeting.wait(timeout=20)
        return members

    monkeypatch.setattr(ClusterAction, "_lock_members", unguarded)
    (one, a), (other, c) = overlapping(make_cluster, make_insight, 0)
    results = at_once(approve(one, a, reviewer), approve(other, c, second_reviewer))
    both_won = all(isinstance(result, MergeDecision) for result in results)
    assert both_won, "if this fails, the test above proves nothing"


def test_of_two_decisions_on_one_cluster_one_wins(make_cluster, reviewer, second_reviewer):
    for number in range(8):
        cluster = make_cluster([f"alpha {number}", f"beta {number}"])
        results = at_once(
            *[
                lambda actor=actor, action=action, cluster=cluster: action(
                    cluster_id=cluster.pk, actor=actor
                ).execute()
                for actor, action in ((reviewer, ApproveCluster), (second_reviewer, RejectCluster))
            ]
        )
        assert sorted(type(result).__name__ for result in results) == ["MergeDecision", "Stale"]
        (winner,) = MergeDecision.objects.filter(cluster=cluster, undone_at=None)
        (loser,) = [result for result in results if isinstance(result, Stale)]
        assert f"{winner.actor} has already decided" in str(loser)


def test_undo_and_taking_out_at_once_compose(make_cluster, reviewer, second_reviewer):
    for number in range(8):
        cluster = make_cluster([f"{name} {number}" for name in ("alpha", "beta", "gamma")])
        merge = ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
        taken = merge.members.filter(role="merged").first().insight_id
        results = at_once(
            lambda merge=merge: UndoDecision(decision_id=merge.pk, actor=reviewer).execute(),
            lambda merge=merge, taken=taken: UnmergeInsight(
                decision_id=merge.pk, insight_id=taken, actor=second_reviewer
            ).execute(),
        )
        assert isinstance(results[0], MergeDecision)
        assert Insight.objects.get(pk=taken).status == "active"
        assert is_one_forest()


def claim_until_empty(actor):
    def claims():
        found = []
        while (cluster := queue.claim(actor)) is not None and len(found) < 200:
            found.append((cluster.pk, actor.pk))
            Cluster.objects.filter(pk=cluster.pk, held_by=actor).update(status="rejected")
        return found

    return claims


def open_clusters(make_cluster, number):
    """`number` of them, cheaply: the queue looks at their own rows only."""
    cluster = make_cluster(["alpha", "beta"])
    Cluster.objects.filter(pk=cluster.pk).update(status="superseded")
    fields = {
        field.attname: getattr(cluster, field.attname)
        for field in Cluster._meta.concrete_fields
        if field.name not in ("id", "priority", "fingerprint", "status")
    }
    return Cluster.objects.bulk_create(
        [Cluster(**fields, fingerprint=f"{n:064}", status="open") for n in range(number)]
    )


def test_two_reviewers_never_hold_the_same_cluster(make_cluster, reviewer, second_reviewer):
    open_clusters(make_cluster, 100)
    ours, theirs = at_once(claim_until_empty(reviewer), claim_until_empty(second_reviewer))
    assert {pk for pk, _ in ours}.isdisjoint(pk for pk, _ in theirs)
    assert len(ours) + len(theirs) == 100
    assert min(len(ours), len(theirs)) > 5, "they did work at once"


def test_control_without_the_row_lock_two_reviewers_get_the_same_cluster(
    make_cluster, reviewer, second_reviewer, monkeypatch
):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    meeting, extend = Barrier(2), lease.extend

    def lease_together(cluster, actor):
        meeting.wait(timeout=20)
        extend(cluster, actor)

    monkeypatch.setattr(lease, "extend", lease_together)
    open_clusters(make_cluster, 10)
    one, other = at_once(lambda: queue.claim(reviewer), lambda: queue.claim(second_reviewer))
    assert one == other, "if this fails, the test above proves nothing"
