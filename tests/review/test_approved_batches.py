"""All above a probability approved as one, and undone as one."""

import pytest

from insights.models import (
    Cluster,
    MergeDecision,
    ReviewEvent,
)
from insights.review import batch
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
    undone = batch.undo_batch(reviewer, result.batch)
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
