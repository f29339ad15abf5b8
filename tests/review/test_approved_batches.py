"""All above a probability approved as one, and undone as one."""

import pytest

from insights.models import (
    Cluster,
    MergeDecision,
    ReviewEvent,
)
from insights.review import batch, bulk
from insights.review.errors import Forbidden, ReviewError
from insights.review.queue import hold
from tests.review.state import snapshot


@pytest.fixture
def judged(make_cluster):
    made = [make_cluster([f"{name} one", f"{name} two"]) for name in ("alpha", "beta", "gamma")]
    for cluster, probability in zip(made, (0.99, 0.95, 0.7), strict=True):
        Cluster.objects.filter(pk=cluster.pk).update(probability=probability, has_near_miss=False)
    return made


def seen(clusters):
    return [batch.Seen(cluster.pk, cluster.version) for cluster in clusters]


def test_a_batch_is_approved_and_undone_as_one(judged, reviewer):
    before = snapshot()
    shown = list(batch.approvable(reviewer, 0.9))
    assert shown == judged[:2]

    result = batch.decide_batch(reviewer, seen(shown), least_probability=0.9)

    assert [decision.cluster for decision in result.decisions] == judged[:2]
    assert set(ReviewEvent.objects.filter(kind="decided").values_list("batch", flat=True)) == {
        result.batch
    }
    undone = batch.undo_batch(reviewer, result.batch, batch.decisions_in_force(result.batch))
    assert len(undone.decisions) == 2
    assert snapshot() == before


def test_a_batch_takes_no_near_miss_and_nothing_that_others_hold(judged, reviewer, second_reviewer):
    Cluster.objects.filter(pk=judged[0].pk).update(has_near_miss=True)
    hold(second_reviewer, judged[1].pk)
    assert not batch.approvable(reviewer, 0.9).exists()
    result = batch.decide_batch(reviewer, seen(judged), least_probability=0.9)
    assert not result.decisions
    assert len(result.refused) == 3


def test_what_changed_since_the_preview_is_left_and_named(judged, reviewer):
    shown = seen(judged[:2])
    Cluster.objects.filter(pk=judged[0].pk).update(version=7)
    result = batch.decide_batch(reviewer, shown, least_probability=0.9)
    assert [decision.cluster for decision in result.decisions] == [judged[1]]
    assert "changed since" in result.refused[0][1]


def test_a_batch_has_a_cap_and_needs_a_probability(judged, reviewer, viewer, monkeypatch):
    monkeypatch.setattr(batch, "CAP", 1)
    with pytest.raises(ReviewError, match="At most 1"):
        batch.decide_batch(reviewer, seen(judged), least_probability=0.9)
    with pytest.raises(ReviewError, match="such as"):
        batch.approvable(reviewer, 0.2)
    with pytest.raises(Forbidden):
        batch.decide_batch(viewer, [], least_probability=0.9)
    assert not MergeDecision.objects.exists()


def test_a_bulk_run_approves_all_in_pieces_and_is_undone_as_one(
    make_cluster, reviewer, monkeypatch
):
    monkeypatch.setattr(bulk, "PIECE", 2)
    made = [make_cluster([f"{name} one", f"{name} two"]) for name in "abcdefg"]
    Cluster.objects.update(probability=0.99, has_near_miss=False)
    Cluster.objects.filter(pk=made[0].pk).update(has_near_miss=True)
    before = snapshot()
    run = bulk.queue_approval(reviewer, 0.9, excluded=[made[1].pk], comment="sure")
    later = make_cluster(["late one", "late two"])
    Cluster.objects.filter(pk=later.pk).update(probability=0.99, has_near_miss=False)
    later_state = snapshot()

    bulk.work(run, seconds=0)
    assert (run.status, run.counts["decided"]) == ("queued", 2), "a piece, then others get a turn"
    bulk.work(run)

    assert (run.status, run.counts) == ("succeeded", {"decided": 5, "left_out": 0})
    assert run.progress_total == 5
    left = set(Cluster.objects.filter(status="open").values_list("pk", flat=True))
    assert left == {made[0].pk, made[1].pk, later.pk}
    assert set(MergeDecision.objects.values_list("comment", flat=True)) == {"sure"}
    undo = bulk.work(
        bulk.queue_undo(reviewer, batch.decisions_in_force(run.batch), batch=run.batch)
    )
    assert (undo.status, undo.counts["decided"]) == ("succeeded", 5)
    assert snapshot() == later_state != before


def test_a_cancelled_bulk_run_keeps_what_it_did_and_needs_the_permission(
    judged, reviewer, viewer, monkeypatch
):
    monkeypatch.setattr(bulk, "PIECE", 1)
    run = bulk.queue_approval(reviewer, 0.9)
    bulk.work(run, seconds=0)
    bulk.BulkRun.objects.get(pk=run.pk).cancel()
    bulk.work(run)
    run.refresh_from_db()
    assert (run.status, MergeDecision.objects.count()) == ("cancelled", 1)
    with pytest.raises(Forbidden):
        bulk.queue_approval(viewer, 0.9)
    orphan = bulk.BulkRun.objects.create(status="queued", least_probability=0.9)
    assert "no longer exists" in bulk.work(orphan).error
    assert (orphan.status, MergeDecision.objects.count()) == ("failed", 1)
    with pytest.raises(ReviewError):
        bulk.queue_approval(reviewer, 0.2)


def test_an_unticked_cluster_stays_out_when_clustering_proposes_its_members_again(
    make_cluster, make_insight, reviewer
):
    one, two, three = (make_insight(f"late {word}") for word in ("one", "two", "three"))
    unticked = make_cluster([one, two])
    again = make_cluster([one, two, three])
    other = make_cluster([three, make_insight("late four")])
    Cluster.objects.update(probability=0.99, has_near_miss=False)
    Cluster.objects.filter(pk=unticked.pk).update(status="superseded")

    run = bulk.work(bulk.queue_approval(reviewer, 0.9, excluded=[unticked.pk]))

    assert run.counts["decided"] == 1
    assert MergeDecision.objects.get().cluster == other
    again.refresh_from_db()
    assert again.status == "open"
