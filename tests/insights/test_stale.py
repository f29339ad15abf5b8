"""Facts that were true when they were read and no longer when the result is written."""

import pytest

from insights.decider import DuplicateCheck
from insights.ingest import store
from insights.ingest.pipeline import process
from insights.ingest.readers import read_source
from insights.ingest.sources import queue_processing, register
from insights.models import Insight, InsightSource, MergeDecision, RunStatus
from insights.review.actions import (
    ApproveCluster,
    ChangeDecision,
    MergeAutomatically,
    RejectCluster,
    UndoDecision,
    UnmergeInsight,
)
from insights.review.errors import ReviewError, Stale
from insights.review.labels import _decisions_about

pytestmark = pytest.mark.django_db


def ingest(*rows):
    data = ("insight\n" + "\n".join(f'"{row}"' for row in rows) + "\n").encode()
    source, _ = register("rows.csv", data, read_source("rows.csv", data))
    return process(source)


def merge_automatically(canonical, duplicate):
    return MergeAutomatically(
        canonical_id=canonical.pk, duplicate_id=duplicate.pk, model_id=None, model_version="v1"
    ).execute()


def approve(cluster, canonical, actor):
    return ApproveCluster(cluster_id=cluster.pk, actor=actor, canonical_id=canonical.pk).execute()


def test_a_repeat_is_linked_to_what_an_undo_has_just_taken_out(
    settings, make_cluster, make_insight, reviewer, monkeypatch
):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    a, b = make_insight("Nurses swap shifts by text."), make_insight("Shifts are swapped by text.")
    merged = approve(make_cluster([a, b]), a, reviewer)
    lock = store.lock_insights

    def undone_before_the_lock(ids):
        if not MergeDecision.objects.get().is_undone:
            UndoDecision(decision_id=merged.pk, actor=reviewer).execute()
        return lock(ids)

    monkeypatch.setattr(store, "lock_insights", undone_before_the_lock)
    ingest(b.statement)

    place = InsightSource.objects.get(source__name="rows.csv")
    assert (place.origin_insight, place.insight) == (b, b)


def test_a_run_that_goes_on_leaves_older_insights_alone(settings, make_insight, monkeypatch):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    make_insight("Payroll closes on the 20th.")
    run = ingest("Payroll closes on the 20th.", "Exports are slow.")
    type(run).objects.filter(pk=run.pk).update(status=RunStatus.FAILED)
    asked = []

    def check(self, insights):
        asked.extend(insight.statement for insight in insights)
        return [DuplicateCheck(should_merge=False) for _ in insights]

    monkeypatch.setattr("insights.decider.SimilarityDecider.check", check)
    process(run.source, queued=queue_processing(run.source))

    assert asked == ["Exports are slow."]


def test_two_that_people_keep_apart_never_meet_in_one_merged_insight(
    make_cluster, make_insight, reviewer
):
    a, b, c = (make_insight(name) for name in ("alpha", "beta", "gamma"))
    RejectCluster(cluster_id=make_cluster([b, c]).pk, actor=reviewer).execute()

    assert merge_automatically(a, b) is not None
    assert merge_automatically(a, c) is None, "b is in there"
    assert Insight.objects.get(pk=c.pk).status == "active"


def test_a_cluster_of_which_a_part_was_merged_elsewhere_is_not_opened_again(
    make_cluster, make_insight, reviewer, second_reviewer
):
    a, b, c = (make_insight(name) for name in ("alpha", "beta", "gamma"))
    cluster = make_cluster([a, b])
    rejected = RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    approve(make_cluster([a, c]), c, second_reviewer)

    UndoDecision(decision_id=rejected.pk, actor=reviewer).execute()

    cluster.refresh_from_db()
    assert cluster.status == "superseded"
    with pytest.raises(Stale, match=r"“alpha” .* rene merged it"):
        RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()


def test_a_decision_is_not_changed_when_a_part_was_merged_elsewhere(
    make_cluster, make_insight, reviewer, second_reviewer
):
    a, b, c = (make_insight(name) for name in ("alpha", "beta", "gamma"))
    cluster = make_cluster([a, b])
    rejected = RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    approve(make_cluster([a, c]), c, second_reviewer)

    with pytest.raises(Stale, match=r"“alpha” .* rene merged it"):
        ChangeDecision(
            decision_id=rejected.pk, to=ApproveCluster(cluster_id=cluster.pk, actor=reviewer)
        ).execute()

    rejected.refresh_from_db()
    assert not rejected.is_undone


def test_the_decision_in_the_way_of_putting_back_is_the_one_that_is_named(
    make_cluster, make_insight, reviewer
):
    """Beta is taken out of alpha, then alpha is merged into beta; a later part leaves beta out."""
    a, b, c, d = (make_insight(name) for name in ("alpha", "beta", "gamma", "delta"))
    merged = approve(make_cluster([a, b]), a, reviewer)
    taken_out = UnmergeInsight(decision_id=merged.pk, insight_id=b.pk, actor=reviewer).execute()
    in_the_way = approve(make_cluster([a, c]), c, reviewer)
    last = approve(make_cluster([c, b]), b, reviewer)
    ApproveCluster(
        cluster_id=make_cluster([b, d, make_insight("epsilon")]).pk,
        actor=reviewer,
        members=frozenset({d.pk, Insight.objects.get(statement="epsilon").pk}),
    ).execute()

    with pytest.raises(ReviewError, match=str(last.pk)):
        UndoDecision(decision_id=taken_out.pk, actor=reviewer).execute()

    UndoDecision(decision_id=last.pk, actor=reviewer).execute()
    UndoDecision(decision_id=taken_out.pk, actor=reviewer).execute()
    assert Insight.objects.get(pk=b.pk).merged_into == c
    assert not in_the_way.is_undone


def test_labels_are_computed_from_decisions_about_two_of_the_insights_at_least(
    make_cluster, make_insight, reviewer
):
    a, b, c = (make_insight(name) for name in ("alpha", "beta", "gamma"))
    both = RejectCluster(cluster_id=make_cluster([a, b]).pk, actor=reviewer).execute()
    RejectCluster(cluster_id=make_cluster([a, c]).pk, actor=reviewer).execute()
    assert _decisions_about({a.pk, b.pk}) == [both]
