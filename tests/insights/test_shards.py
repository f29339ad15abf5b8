"""A join cut into shards: the clusters of one process, whoever takes them, dies or cancels."""

import numpy as np
import pytest
from django.conf import settings as django_settings

from insights.clustering import shards
from insights.clustering.join import partition
from insights.clustering.run import run_clustering
from insights.clustering.similarity import candidate_pairs
from insights.models import Cluster, ClusteringRun
from insights.tasks import compare_shards
from tests.conftest import unit_vector
from tests.insights.test_killed import kill_when, start


@pytest.fixture(autouse=True)
def _small_shards(settings, monkeypatch):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    settings.CANDIDATE_SIMILARITY = 0.6
    monkeypatch.setattr(shards, "SHARDED_ABOVE", 10)
    monkeypatch.setattr(partition, "SHARD_ROWS", 8)
    monkeypatch.setattr(partition, "_TARGET", 1.0)
    monkeypatch.setattr(shards, "enqueue", lambda *sent: True)


@pytest.fixture
def fill(make_insight):
    """Each test has statements of its own: equal vectors share a folder, also across processes."""

    def make(name, count):
        for number in range(count):
            topic = unit_vector(f"topic {number % 12}")
            text = f"{name} {number}"
            make_insight(text, unit_vector(text, near=topic, cosine=0.75 + number % 5 / 25))

    return make


def clusters():
    return set(Cluster.objects.filter(status="open").values_list("fingerprint", flat=True))


def folders():
    root = django_settings.VAR / "joins"
    return list(root.iterdir()) if root.is_dir() else []


@pytest.mark.django_db
def test_sharded_incremental_and_plain_runs_give_the_same_clusters(fill, monkeypatch):
    fill("a", 50)
    sharded = run_clustering()
    assert sharded.counts["pair_recall"] == 1.0
    assert sharded.counts["pairs_sampled"] == sharded.counts["candidate_pairs"] * 2
    first = clusters()
    assert len(first) > 5
    with monkeypatch.context() as plain:
        plain.setattr(shards, "SHARDED_ABOVE", 10**6)
        assert "pair_recall" not in run_clustering().counts
        assert clusters() == first
    fill("b", 20)
    assert run_clustering(only_new=True).only_new
    incremental = clusters()
    assert incremental != first
    run_clustering()
    assert clusters() == incremental
    with monkeypatch.context() as plain:
        plain.setattr(shards, "SHARDED_ABOVE", 10**6)
        run_clustering()
        assert clusters() == incremental
    assert not folders()


@pytest.mark.django_db
def test_what_other_workers_have_compared_is_not_compared_again(fill, monkeypatch):
    fill("helped", 50)
    helped, compared = [], []
    compare = partition.PartitionedJoin.compare

    def counted(self, lists, most, **more):
        compared.append(lists)
        return compare(self, lists, most, **more)

    def help_at_once(task, *arguments):
        assert task == "insights.tasks.compare_shards"
        helped.append(compare_shards(*arguments)["compared"])

    monkeypatch.setattr(partition.PartitionedJoin, "compare", counted)
    monkeypatch.setattr(shards, "enqueue", help_at_once)
    run_clustering()
    assert helped[0] > 3
    assert sum(helped) == helped[0] == len(compared) == len(set(compared))


@pytest.mark.django_db
def test_a_cancelled_run_stops_the_helpers_and_leaves_no_files(fill, monkeypatch):
    fill("cancelled", 50)
    sent = []

    def cancel_then_help(task, *arguments):
        ClusteringRun.objects.get().cancel()
        sent.append(arguments)
        assert compare_shards(*arguments) == {"compared": 0}

    monkeypatch.setattr(shards, "enqueue", cancel_then_help)
    assert run_clustering().status == "cancelled"
    assert not clusters()
    assert not folders()
    assert compare_shards(*sent[0]) == {"skipped": "the run has ended"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_shard_of_a_killed_worker_is_taken_again(fill, monkeypatch, tmp_path):
    fill("killed", 50)
    marker = tmp_path / "second shard"
    workers = []

    def one_worker_dies(task, run, folder):
        if workers:
            return
        workers.append(
            start(
                "from pathlib import Path\n"
                "from insights.clustering.join import partition\n"
                "partition.SHARD_ROWS = 8\n"
                "compare, calls = partition.PartitionedJoin.compare, []\n"
                "def slow(*args, **more):\n"
                "    calls.append(1)\n"
                "    if len(calls) == 2:\n"
                f"        Path({str(marker)!r}).touch()\n"
                "        time.sleep(60)\n"
                "    return compare(*args, **more)\n"
                "partition.PartitionedJoin.compare = slow\n"
                "from insights.tasks import compare_shards\n"
                f"compare_shards({run!r}, {folder!r})"
            )
        )
        kill_when(workers[0], marker.exists)
        assert len(list((django_settings.VAR / "joins" / folder).glob("*.npz"))) == 1

    monkeypatch.setattr(shards, "enqueue", one_worker_dies)
    run_clustering()
    assert workers
    after_the_death = clusters()
    monkeypatch.setattr(shards, "SHARDED_ABOVE", 10**6)
    assert run_clustering().counts["superseded"] == 0
    assert clusters() == after_the_death != set()


@pytest.mark.django_db
def test_a_run_that_starts_again_goes_on_with_the_shards_that_were_done(monkeypatch):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((12, 384))[rng.integers(0, 12, 100)]
    rows = rows + 0.5 * rng.standard_normal((100, 384))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    run = ClusteringRun.objects.create(parameters={"threshold": 0.6})
    seen = []

    def die(done):
        seen.append(done)
        if 0 < done < 100:
            raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(shards.shutil, "rmtree", lambda *args, **more: None)
        with pytest.raises(KeyboardInterrupt):
            shards.joined(run, vectors, die)
    again = []
    pairs, lists = shards.joined(run, vectors, again.append)
    assert lists.suits(100)
    assert again[0] == seen[-1] > 0
    assert np.array_equal(pairs.left, candidate_pairs(vectors, 0.6).left)
    assert not folders()
