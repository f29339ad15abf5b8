"""The join by lists: what it finds, held against the whole join, and what it says of itself."""

import numpy as np
import pytest

from insights.clustering import similarity
from insights.clustering.join import partition
from insights.clustering.join.partition import PartitionedJoin
from insights.clustering.similarity import Cancelled, candidate_pairs, merged


def clustered(seed, n, d=64, topics=60, spread=0.8):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((topics, d))[rng.integers(0, topics, n)]
    rows = rows + spread * rng.standard_normal((n, d))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def keys(pairs, n):
    return pairs.left.astype(np.int64) * n + pairs.right


def assert_equal(one, other):
    for name in ("left", "right", "similarity"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.capped == other.capped


@pytest.mark.parametrize("threshold", [0.5, 0.64, 0.7, 0.8])
def test_lists_find_nearly_all_pairs_and_measure_how_many(monkeypatch, threshold):
    vectors = clustered(1, 6000)
    exact = candidate_pairs(vectors, threshold)
    monkeypatch.setattr(similarity, "EXACT_UP_TO", 1000)
    found = candidate_pairs(vectors, threshold)
    recall = np.isin(keys(exact, 6000), keys(found, 6000)).mean()
    assert recall >= 0.99
    assert found.recall == pytest.approx(recall, abs=0.01)
    assert found.sampled > 0
    assert (exact.recall, exact.sampled) == (1.0, 0)


def test_few_pairs_are_compared_for_it(monkeypatch):
    vectors = clustered(2, 8000)
    join = PartitionedJoin.of(vectors, 0.64, most=50)
    reaching = join._reaching(range(len(join.centres)))
    compared = sum(map(len, reaching)) * len(vectors) / len(join.centres)
    assert compared < len(vectors) ** 2 / 5


@pytest.mark.parametrize("most", [None, 3])
def test_one_list_finds_what_the_whole_join_finds(monkeypatch, most):
    vectors = clustered(3, 3000)
    join = PartitionedJoin.of(vectors, 0.64, most=most, lists=1)
    shards = [join.compare(lists, most) for lists in join.shards]
    found = merged(join, shards, most)
    assert_equal(found, candidate_pairs(vectors, 0.64, max_neighbours=most))
    assert found.recall == 1.0


@pytest.mark.parametrize("most", [None, 4])
def test_the_shards_and_their_order_change_nothing(monkeypatch, tmp_path, most):
    vectors = np.concatenate([clustered(4, 2000), clustered(4, 500)])  # equal rows, so ties
    join = PartitionedJoin.of(vectors, 0.6, most=most)
    whole = merged(join, [join.compare(range(len(join.centres)), most)], most)
    assert whole.capped > 0 or most is None
    join.save(tmp_path)
    again = PartitionedJoin.load(tmp_path)
    monkeypatch.setattr(partition, "SHARD_ROWS", 150)
    shards = again.shards
    assert len(shards) > 10
    assert [number for lists in shards for number in lists] == list(range(len(join.centres)))
    parts = [again.compare(lists, most) for lists in reversed(shards)]
    assert_equal(merged(again, parts, most), whole)


def test_more_near_rows_in_a_list_than_one_product_takes_are_all_found(monkeypatch):
    monkeypatch.setattr(partition, "WIDTH", 64)
    vectors = clustered(5, 900, topics=2, spread=0.5)
    join = PartitionedJoin.of(vectors, 0.6, most=None, lists=2)
    found = merged(join, [join.compare(range(2), None)], None)
    assert_equal(found, candidate_pairs(vectors, 0.6, max_neighbours=None))


def test_what_is_not_found_lowers_the_recall():
    vectors = clustered(6, 3000)
    join = PartitionedJoin.of(vectors, 0.64, most=50)
    (left, right, _), _ = join.compare(range(len(join.centres)), 50)
    half = slice(None, None, 2)
    assert join.recall(left[half], right[half]) == pytest.approx(0.5, abs=0.1)


def test_the_join_by_lists_can_be_cancelled_and_tells_its_progress(monkeypatch):
    monkeypatch.setattr(similarity, "EXACT_UP_TO", 100)
    monkeypatch.setattr(partition, "SHARD_ROWS", 300)
    vectors = clustered(7, 3000)
    done = []
    candidate_pairs(vectors, 0.7, progress=done.append)
    assert done == sorted(done)
    assert done[-1] == 3000
    with pytest.raises(Cancelled):
        candidate_pairs(vectors, 0.7, cancelled=lambda: True)


@pytest.mark.parametrize("n", [2, 5])
def test_hardly_any_rows_and_rows_without_near_ones_are_taken(n):
    vectors = np.eye(64, dtype=np.float32)[:n]
    join = PartitionedJoin.of(vectors, 0.64, most=50)
    (left, _, _), left_out = join.compare(range(len(join.centres)), 50)
    assert (len(left), left_out) == (0, 0)


def test_with_the_lists_of_an_earlier_join_old_pairs_are_found_again_and_new_ones_as_a_run_would():
    vectors = clustered(8, 4000)
    before = PartitionedJoin.of(vectors[:3600], 0.6, most=None)
    old = merged(before, [before.compare(range(len(before.centres)), None)], None)
    now = PartitionedJoin.of(vectors, 0.6, most=None, like=before.lists)
    found = merged(now, [now.compare(range(len(now.centres)), None)], None)
    exact = candidate_pairs(vectors, 0.6, max_neighbours=None)

    assert len(old) < len(candidate_pairs(vectors[:3600], 0.6, max_neighbours=None))
    assert np.array_equal(keys(old, 4000), keys(found, 4000)[found.right < 3600])
    meet = before.lists.meet(vectors, exact.left, exact.right)
    assert np.array_equal(keys(exact, 4000)[meet], keys(found, 4000))
    assert found.recall < 1.0
    assert before.lists.suits(4500)
    assert not before.lists.suits(4501)
