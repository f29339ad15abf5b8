"""Decisions during a clustering run, and what the run says about clusters that it keeps."""

import pytest

from insights.clustering import pipeline
from insights.clustering.run import run_clustering
from insights.models import Cluster, InsightSource, ProcessingRun, Source
from insights.review.actions import RejectCluster, SplitCluster, UndoDecision
from tests.conftest import unit_vector

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _without_model(settings):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    settings.CANDIDATE_SIMILARITY = 0.6


@pytest.fixture
def alike(make_insight):
    center = unit_vector("center")
    return [make_insight(name, unit_vector(name, near=center, cosine=0.95)) for name in "abcd"]


@pytest.fixture
def meanwhile(monkeypatch):
    """Does something when the run has computed its groups and not yet written them."""
    explain = pipeline.Clustering._explain

    def when_computed(act):
        def patched(self, *args):
            act()
            return explain(self, *args)

        monkeypatch.setattr(pipeline.Clustering, "_explain", patched)

    return when_computed


def open_clusters():
    return sorted(
        "".join(sorted(cluster.members.values_list("insight__statement", flat=True)))
        for cluster in Cluster.objects.filter(status="open")
    )


def test_what_was_just_split_is_not_proposed_again(alike, meanwhile, reviewer):
    """A and c were only kept apart after the run had read the labels."""
    run_clustering()
    whole = Cluster.objects.get(status="open")
    groups = [[alike[0].pk, alike[1].pk], [alike[2].pk, alike[3].pk]]
    meanwhile(SplitCluster(cluster_id=whole.pk, actor=reviewer, groups=groups).execute)

    run = run_clustering()

    whole.refresh_from_db()
    assert (open_clusters(), whole.status) == ([], "split")
    assert (run.counts["superseded"], run.counts["overtaken"]) == (0, 1)


def test_what_an_undo_has_just_opened_is_not_proposed_with_others_too(
    alike, make_cluster, meanwhile, reviewer
):
    """The run still keeps a and b apart and groups one of them with c and d."""
    a, b, *_ = alike
    decision = RejectCluster(cluster_id=make_cluster([a, b]).pk, actor=reviewer).execute()
    meanwhile(UndoDecision(decision_id=decision.pk, actor=reviewer).execute)

    run_clustering()

    assert open_clusters() == ["ab"]


def test_a_cluster_that_an_undo_opened_again_stays_open(
    alike, make_insight, make_cluster, meanwhile, reviewer
):
    x, y = make_insight("x"), make_insight("y")
    decision = RejectCluster(cluster_id=make_cluster([x, y]).pk, actor=reviewer).execute()
    meanwhile(UndoDecision(decision_id=decision.pk, actor=reviewer).execute)

    run_clustering()

    assert open_clusters() == ["abcd", "xy"]


def test_a_source_of_two_members_counts_once(alike):
    run_clustering()
    assert InsightSource.objects.values("source").distinct().count() == 1
    assert Cluster.objects.get(status="open").source_count == 1


def test_a_cluster_that_is_kept_counts_the_sources_that_came_since(alike):
    run_clustering()
    source = Source.objects.create(name="more.txt", title="More", content=b"", size=0)
    InsightSource.objects.create(
        insight=alike[0],
        origin_insight=alike[0],
        source=source,
        run=ProcessingRun.objects.create(source=source),
        ordinal=0,
        locator="¶ 1",
        statement="a",
    )

    run_clustering()

    assert Cluster.objects.get(status="open").source_count == 2


def test_new_evidence_reaches_the_pairs_of_a_cluster_that_is_kept(alike, monkeypatch):
    run_clustering()
    Cluster.objects.update(has_contradiction=True)  # as by an older guard
    cluster = Cluster.objects.get(status="open")
    cluster.pairs.update(is_contradiction=True)
    monkeypatch.setattr("insights.clustering.run.rules", lambda: "newer rules")

    run_clustering()

    cluster.refresh_from_db()
    assert not cluster.has_contradiction
    assert not cluster.pairs.filter(is_contradiction=True).exists()
