"""T22: leases and undo when the server's clocks are put forward or back, and at UTC midnight."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from insights.audit import answers
from insights.audit.sampling import draw
from insights.models import AuditItem, MergeDecision
from insights.models.lease import LEASE
from insights.review import lease, queue
from insights.review.actions import ApproveCluster, UndoDecision
from tests.audit.conftest import auto_merge  # noqa: F401
from tests.review.state import snapshot

pytestmark = pytest.mark.django_db
# Berlin forward and back, New York forward and back, a new year.
MOMENTS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
]


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/New_York"])
def zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_lease_lasts_as_long_as_ever_across_it_and_an_undo_restores(
    zone, moment, make_cluster, reviewer, second_reviewer
):
    with time_machine.travel(moment - timedelta(minutes=1), tick=False) as clock:
        cluster = make_cluster(["alpha", "beta"])
        before = snapshot()
        assert queue.claim(reviewer) == cluster
        clock.move_to(moment + timedelta(minutes=1))
        assert queue.claim(second_reviewer) is None
        clock.move_to(moment - timedelta(minutes=1, seconds=1) + LEASE)
        assert queue.claim(second_reviewer) is None
        clock.move_to(moment - timedelta(minutes=1) + LEASE)
        assert queue.claim(second_reviewer) == cluster
        lease.release(second_reviewer, cluster)

        clock.move_to(moment - timedelta(seconds=1))
        decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
        clock.move_to(moment + timedelta(seconds=1))
        UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
        assert snapshot() == before
        decision.refresh_from_db()
        assert decision.undone_at - decision.decided_at == timedelta(seconds=2)


def test_after_the_clock_jumped_ahead_a_lease_is_over_and_an_undo_still_restores(
    make_cluster, reviewer, second_reviewer
):
    with time_machine.travel(MOMENTS[0], tick=False) as clock:
        cluster = make_cluster(["alpha", "beta"])
        before = snapshot()
        queue.claim(reviewer)
        decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
        clock.move_to(MOMENTS[0] + timedelta(days=400))
        UndoDecision(decision_id=decision.pk, actor=second_reviewer).execute()
        assert snapshot() == before
        assert queue.claim(second_reviewer) == cluster


def test_a_decision_stamped_later_than_now_is_undone_all_the_same(make_cluster, reviewer):
    """The clock was wrong when it was made, and has been put right since."""
    with time_machine.travel(MOMENTS[0], tick=False) as clock:
        cluster = make_cluster(["alpha", "beta"])
        before = snapshot()
        decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
        clock.move_to(MOMENTS[0] - timedelta(hours=3))
        UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
        assert snapshot() == before


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=3)], ids=str)
def test_after_the_clock_was_put_back_nothing_is_held_for_longer_than_two_leases(
    back,
    make_cluster,
    auto_merge,  # noqa: F811
    reviewer,
    second_reviewer,
):
    with time_machine.travel(MOMENTS[0], tick=False) as clock:
        cluster = make_cluster(["alpha", "beta"])
        queue.claim(reviewer)
        auto_merge()
        draw()
        answers.claim(reviewer)
        now = MOMENTS[0] - back
        clock.move_to(now)
        assert (queue.claim(second_reviewer) is None) == (back < LEASE)
        clock.move_to(now + 2 * LEASE)
        assert queue.claim(second_reviewer) == cluster
        assert answers.claim(second_reviewer) is not None
    assert AuditItem.objects.count() == MergeDecision.objects.filter(kind="automatic").count()
