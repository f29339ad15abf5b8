"""Regrouping what a change can reach gives the same as regrouping everything."""

from functools import partial
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.clustering.assisted import asking_order
from insights.clustering.grouping import group
from insights.clustering.incremental import affected, brought_up_to_date
from insights.clustering.join.known import KnownPairs, ids_as_bytes
from insights.clustering.similarity import (
    Cancelled,
    CandidatePairs,
    candidate_pairs,
    pair_similarity,
)
from tests.clustering_core.test_similarity import clustered

THRESHOLD = 0.5


def partition(vectors, pairs, score=None, rows=None, **constraints):
    rows = np.arange(len(vectors)) if rows is None else rows
    groups = group(
        len(rows),
        pairs.left,
        pairs.right,
        pairs.similarity if score is None else score,
        threshold=THRESHOLD,
        scores=partial(pair_similarity, vectors[rows]),
        max_size=4,
        **constraints,
    )
    return {tuple(rows[list(one.members)].tolist()) for one in groups}


def touching(groups, rows):
    return {one for one in groups if set(one) & set(rows)}


@settings(deadline=None)  # the first call loads the integer product
@given(seed=st.integers(0, 10_000), changed=st.integers(0, 6), cap=st.integers(2, 60))
def test_it_is_the_same_partition_as_grouping_everything(seed, changed, cap):
    vectors = clustered(seed, 60)
    rng = np.random.default_rng(seed)
    seeds = rng.choice(60, changed, replace=False)
    linked = [tuple(pair) for pair in rng.choice(60, (3, 2), replace=False).tolist()]
    everything = candidate_pairs(vectors, THRESHOLD, max_neighbours=cap)
    said = rng.random((60, 60))  # a model, that keeps most pairs apart

    def score(pairs, rows):
        return np.where(
            said[rows[pairs.left], rows[pairs.right]] < 0.4, 0.1, pairs.similarity
        ).astype(float)

    found = affected(
        60,
        everything,
        seeds,
        linked=linked,
        connects=lambda pairs: score(pairs, np.arange(60)) >= THRESHOLD,
    )

    local = {row: at for at, row in enumerate(found.rows.tolist())}
    inside = [(local[a], local[b]) for a, b in linked if a in local]
    some = partition(
        vectors, found.pairs, score(found.pairs, found.rows), found.rows, must_link=inside
    )
    every = partition(vectors, everything, score(everything, np.arange(60)), must_link=linked)
    assert set(seeds.tolist()) <= set(local)
    assert some == touching(every, found.rows.tolist())
    assert all(set(one) <= set(local) for one in some)


def test_its_pairs_are_those_of_a_run_over_everything():
    everything = candidate_pairs(clustered(4, 200), 0.3, max_neighbours=3)
    found = affected(200, everything, [0, 17])
    inside = np.isin(everything.left, found.rows) & np.isin(everything.right, found.rows)
    assert len(found.rows) > 2
    np.testing.assert_array_equal(found.rows[found.pairs.left], everything.left[inside])
    np.testing.assert_array_equal(found.rows[found.pairs.right], everything.right[inside])
    np.testing.assert_array_equal(found.pairs.similarity, everything.similarity[inside])


@settings(deadline=None)
@given(
    seed=st.integers(0, 10_000),
    gone=st.integers(0, 8),
    changed=st.integers(0, 8),
    cap=st.integers(1, 60),
)
def test_pairs_brought_up_to_date_are_those_of_a_run_over_everything(seed, gone, changed, cap):
    rng = np.random.default_rng(seed)
    before = clustered(seed, 60)
    stays = np.sort(rng.permutation(60)[gone:])
    places = np.full(60, -1)
    places[stays] = np.arange(len(stays))
    now = np.concatenate([before[stays], clustered(seed + 1, 70)[60:]])
    other = rng.choice(len(stays), changed, replace=False)
    now[other] = clustered(seed + 2, 70)[:changed]
    old = candidate_pairs(before, THRESHOLD, max_neighbours=cap)
    known = KnownPairs(np.zeros((60, 16), np.uint8), old.left, old.right, old.similarity)

    found, compared = brought_up_to_date(
        known, places, now, [*other, *range(len(stays), len(now))], THRESHOLD, max_neighbours=cap
    )

    everything = candidate_pairs(now, THRESHOLD, max_neighbours=cap)
    np.testing.assert_array_equal(found.left, everything.left)
    np.testing.assert_array_equal(found.right, everything.right)
    np.testing.assert_array_equal(found.similarity, everything.similarity)
    assert compared <= len(now) ** 2


def test_the_work_grows_with_what_is_new_and_not_with_the_square():
    alone = np.eye(300, dtype=np.float32)
    none = candidate_pairs(alone[:290], THRESHOLD)
    known = KnownPairs(np.zeros((290, 16), np.uint8), none.left, none.right, none.similarity)
    new = range(290, 300)
    assert brought_up_to_date(known, np.arange(290), alone, new, THRESHOLD)[1] == 10 * 300


def test_known_pairs_come_back_from_their_file_with_the_rows_that_are_left(tmp_path):
    ids = [uuid4() for _ in range(3)]
    pairs = candidate_pairs(clustered(1, 3), -1.0)
    kept = KnownPairs(ids_as_bytes(ids), pairs.left, pairs.right, pairs.similarity)
    kept.save(tmp_path / "pairs.npz")
    found = KnownPairs.load(tmp_path / "pairs.npz")
    np.testing.assert_array_equal(found.right, pairs.right)
    assert found.rows({ids[2]: 0, ids[0]: 1}).tolist() == [1, -1, 0]
    assert KnownPairs.load(tmp_path / "others.npz") is None


def test_nothing_changed_is_no_work():
    found = affected(30, candidate_pairs(clustered(1, 30), THRESHOLD), [])
    assert (len(found.rows), len(found.pairs)) == (0, 0)


def test_it_can_be_cancelled():
    with pytest.raises(Cancelled):
        affected(30, candidate_pairs(clustered(1, 30), THRESHOLD), [0], cancelled=lambda: True)


def test_pairs_of_one_row_are_asked_together():
    rng = np.random.default_rng(0)
    places = rng.permutation(200)  # a ring of neighbours, whose rows are spread at random
    ring = np.sort(np.column_stack([places, np.roll(places, 1)]), axis=1)
    ring = ring[np.lexsort(ring.T[::-1])].astype(np.int32)
    pairs = CandidatePairs(ring[:, 0], ring[:, 1], np.ones(200, np.float32), 0)
    order = asking_order(200, pairs)
    assert sorted(order.tolist()) == list(range(200))

    def readings(asked):
        return sum(len(np.unique(ring[asked[at : at + 20]])) for at in range(0, 200, 20))

    assert readings(order) < 0.7 * readings(np.arange(200))
