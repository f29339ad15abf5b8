"""The clustering run: stable ids, people's decisions first, cancel leaves nothing."""

from typing import ClassVar

import pytest

from insights.clustering import evidence, pipeline
from insights.clustering.run import AlreadyRunning, run_clustering
from insights.decider import PairVerdict
from insights.jobs.locks import advisory_lock
from insights.models import Cluster, ClusteringRun, PairLabel
from insights.review.actions import ApproveCluster, RejectCluster
from tests.conftest import unit_vector

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _without_model(settings):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    settings.CANDIDATE_SIMILARITY = 0.6


@pytest.fixture
def corpus(make_insight):
    """Three that are alike at about 0.81 to each other, two that are alike at 0.7, one alone."""
    center, other = unit_vector("center"), unit_vector("other")
    a, b, c = (make_insight(text, unit_vector(text, near=center, cosine=0.9)) for text in "abc")
    d = make_insight("d", other)
    e = make_insight("e", unit_vector("e", near=other, cosine=0.7))
    return {"a": a, "b": b, "c": c, "d": d, "e": e, "f": make_insight("f")}


def open_clusters():
    return {
        "".join(sorted(cluster.members.values_list("insight__statement", flat=True))): cluster
        for cluster in Cluster.objects.filter(status="open")
    }


def test_alike_insights_are_proposed_with_the_evidence(corpus):
    run = run_clustering()
    clusters = open_clusters()
    assert set(clusters) == {"abc", "de"}
    assert run.status == "succeeded"
    assert run.counts["opened"] == 2
    pair = clusters["de"].pairs.get()
    assert pair.similarity == pytest.approx(0.7, abs=0.01)
    assert (pair.reason, pair.probability) == ("similarity", None)
    assert clusters["abc"].weakest_similarity == pytest.approx(0.81, abs=0.1)
    assert clusters["abc"].members.get(position=0).insight == clusters["abc"].proposed_canonical


def test_a_cluster_that_is_open_and_unchanged_keeps_its_id_and_version(corpus):
    run_clustering()
    before = {key: (c.pk, c.version) for key, c in open_clusters().items()}
    second = run_clustering()
    assert {key: (c.pk, c.version) for key, c in open_clusters().items()} == before
    assert second.counts["kept"] == 2


def test_the_guard_reads_a_pair_once_until_its_rules_change(make_insight, monkeypatch):
    topic = unit_vector("rota")
    for text in ("The rota lists 5 homes.", "The rota lists 6 homes."):
        make_insight(text, unit_vector(text, near=topic, cosine=0.9))
    run_clustering()
    (before,) = open_clusters().values()
    pair = before.pairs.get()
    assert pair.is_contradiction

    compare = evidence.compare
    monkeypatch.setattr(evidence, "compare", None)
    make_insight("f")
    assert run_clustering().counts["kept"] == 1
    assert before.pairs.get().pk == pair.pk

    monkeypatch.setattr(evidence, "compare", lambda one, other: compare("The same.", "The same."))
    monkeypatch.setattr("insights.clustering.run.rules", lambda: "other rules")
    assert not run_clustering(only_new=True).only_new
    assert not before.pairs.get().is_contradiction


def test_a_cluster_that_is_no_longer_proposed_is_superseded(corpus, make_insight):
    run_clustering()
    old = open_clusters()["de"]
    make_insight("g", unit_vector("g", near=unit_vector("other"), cosine=0.95))
    run_clustering()
    assert set(open_clusters()) == {"abc", "deg"}
    old.refresh_from_db()
    assert old.status == "superseded"


def test_what_a_person_rejected_is_not_proposed_again(corpus, reviewer):
    run_clustering()
    RejectCluster(cluster_id=open_clusters()["abc"].pk, actor=reviewer).execute()
    run_clustering()
    assert set(open_clusters()) == {"de"}


def test_two_that_are_kept_apart_may_each_be_proposed_with_a_third(corpus, make_cluster, reviewer):
    apart = make_cluster([corpus["a"], corpus["b"]])
    RejectCluster(cluster_id=apart.pk, actor=reviewer).execute()
    run = run_clustering()
    assert set(open_clusters()) in ({"ac", "de"}, {"bc", "de"})
    assert run.counts["overtaken"] == 0


def test_not_the_same_as_one_means_not_the_same_as_what_it_was_merged_into(corpus, reviewer):
    run_clustering()
    a, b, c = (corpus[name].pk for name in "abc")
    # a and b are one, c is not; then a new twin of the canonical must not pull c in again.
    ApproveCluster(
        cluster_id=open_clusters()["abc"].pk,
        actor=reviewer,
        members=frozenset((a, b)),
        canonical_id=b,
    ).execute()
    PairLabel.objects.filter(insight1__in=(b, c), insight2__in=(b, c)).delete()
    assert PairLabel.objects.filter(is_same=False).count() == 1, "only a and c"
    run_clustering()
    assert set(open_clusters()) == {"de"}


def test_a_verdict_above_takes_a_pair_in_and_one_below_leaves_it_out(corpus, settings):
    settings.DUPLICATE_DECIDER = f"{__name__}.Judge"
    run = run_clustering()
    clusters = open_clusters()
    assert set(clusters) == {"ab"}
    assert clusters["ab"].probability == pytest.approx(0.95)
    assert clusters["ab"].pairs.get().reason == "model"
    assert run.model_version == "version 1"
    assert run.counts["judged"] == 4


class Judge:
    """Sure of a and b, in doubt about all others."""

    model_version = "version 1"
    out_below = 0.7

    def check(self, insights):
        raise AssertionError("clustering does not merge")

    def judge(self, pairs):
        return [
            PairVerdict(True, 0.95, 0.95)
            if {p.insight1.statement, p.insight2.statement} == {"a", "b"}
            else PairVerdict(True, 0.6, 0.6)
            for p in pairs
        ]


class Divided(Judge):
    """Judges a pair of the three by its statements; one pair is doubted, the others hold it."""

    out_below = 0.3
    says: ClassVar[dict[str, float]] = {"ab": 0.92, "ac": 0.5, "bc": 0.1}

    def judge(self, pairs):
        said = [
            self.says.get("".join(sorted((p.insight1.statement, p.insight2.statement))), 0.1)
            for p in pairs
        ]
        return [PairVerdict(p >= 0.5, p, max(p, 1 - p)) for p in said]


class Doubtful(Judge):
    """Sure within p and within q; links them with just the least probability."""

    out_below = 0.3

    def judge(self, pairs):
        sure = [p.insight1.statement[0] == p.insight2.statement[0] for p in pairs]
        return [PairVerdict(p, 0.9 if p else 0.3, 0.9) for p in sure]


def test_a_doubted_pair_is_outweighed_by_the_others_and_kept_apart_by_people_alone(
    corpus, settings, make_cluster, reviewer
):
    settings.DUPLICATE_DECIDER = f"{__name__}.Divided"
    run_clustering()
    assert set(open_clusters()) == {"abc"}, "the average from ab to c is 0.3; de is below"
    RejectCluster(cluster_id=make_cluster([corpus["b"], corpus["c"]]).pk, actor=reviewer).execute()
    run_clustering()
    assert set(open_clusters()) == {"ab"}


def test_pairs_that_the_model_cannot_judge_are_grouped_as_without_a_model(
    corpus, settings, monkeypatch
):
    run_clustering()
    by_similarity = set(open_clusters())
    settings.DUPLICATE_DECIDER = f"{__name__}.Judge"
    monkeypatch.setattr(Judge, "judge", lambda self, pairs: [None] * len(pairs))
    for bar in (0.2, 0.9):
        monkeypatch.setattr(Judge, "out_below", bar)
        run_clustering()
        assert set(open_clusters()) == by_similarity


def test_the_cosines_of_strangers_do_not_pass_for_probabilities(make_insight, settings):
    """Two pairs, one doubtful link between them; the other links lie below the candidates."""
    settings.DUPLICATE_DECIDER = f"{__name__}.Doubtful"
    center = unit_vector("center")
    vectors = {
        f"{side}{n}": unit_vector(side, near=center, cosine=cosine + n / 100)
        for side, cosine in (("p", 0.8), ("q", 0.75))
        for n in (0, 1)
    }
    for statement, vector in vectors.items():
        make_insight(statement, vector)
    links = sorted(vectors[f"p{n}"] @ vectors[f"q{m}"] for n in (0, 1) for m in (0, 1))
    assert links[0] > 0.5
    settings.CANDIDATE_SIMILARITY = float(links[-1] + links[-2]) / 2
    run_clustering()
    assert set(open_clusters()) == {"p0p1", "q0q1"}


def test_clusters_are_bounded_in_size(make_insight):
    center = unit_vector("center")
    for n in range(9):
        make_insight(f"s{n}", unit_vector(f"s{n}", near=center, cosine=0.95))
    run_clustering(max_size=4)
    sizes = sorted(Cluster.objects.values_list("size", flat=True))
    assert sizes[-1] == 4
    assert sum(sizes) in (8, 9)


def test_a_cancelled_run_writes_nothing(corpus):
    def cancel_it(step, done, total):
        ClusteringRun.objects.update(cancel_requested_at="2026-01-01T00:00Z")

    run = run_clustering(progress=cancel_it)
    assert run.status == "cancelled"
    assert not Cluster.objects.exists()


def test_a_failed_run_says_why_and_writes_nothing(corpus, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(pipeline, "store_proposals", fails)
    with pytest.raises(RuntimeError):
        run_clustering()
    run = ClusteringRun.objects.get()
    assert (run.status, run.error) == ("failed", "RuntimeError: disk on fire")
    assert run.counts["insights"] == run.counts["affected"] == 6, "what it had counted until then"
    assert "opened" not in run.counts
    assert "group" in run.timings
    assert not Cluster.objects.exists()


def test_what_was_decided_while_the_run_computed_is_left_out(corpus, reviewer, monkeypatch):
    run_clustering()
    cluster = open_clusters()["abc"]
    original = pipeline.Clustering._explain

    def decided_meanwhile(self, *args):
        proposals = original(self, *args)
        RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
        return proposals

    monkeypatch.setattr(pipeline.Clustering, "_explain", decided_meanwhile)
    run = run_clustering()
    assert run.counts["overtaken"] == 1
    assert set(open_clusters()) == {"de"}


def test_a_run_that_a_crash_left_behind_is_closed_by_the_next(corpus):
    left = ClusteringRun.objects.create()
    run_clustering()
    left.refresh_from_db()
    assert left.status == "failed"
    assert "process died" in left.error


@pytest.mark.django_db(transaction=True)
def test_a_second_run_at_once_says_so_and_leaves():
    import threading

    from django.db import connection

    held, done = threading.Event(), threading.Event()

    def hold():
        with advisory_lock("clustering") as free:
            assert free
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    try:
        with pytest.raises(AlreadyRunning, match="already running"):
            run_clustering()
    finally:
        done.set()
        thread.join()
    assert not ClusteringRun.objects.exists()
