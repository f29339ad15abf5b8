"""Regrouping what a change can reach gives the same as regrouping everything."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.clustering.grouping import group
from insights.clustering.incremental import affected
from insights.clustering.similarity import Cancelled, candidate_pairs, pair_similarity
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
        vectors,
        seeds,
        THRESHOLD,
        linked=linked,
        max_neighbours=cap,
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
    vectors = clustered(4, 200)
    found = affected(vectors, [0, 17], 0.3, max_neighbours=3)
    everything = candidate_pairs(vectors, 0.3, max_neighbours=3)
    inside = np.isin(everything.left, found.rows) & np.isin(everything.right, found.rows)
    assert len(found.rows) > 2
    np.testing.assert_array_equal(found.rows[found.pairs.left], everything.left[inside])
    np.testing.assert_array_equal(found.rows[found.pairs.right], everything.right[inside])
    np.testing.assert_array_equal(found.pairs.similarity, everything.similarity[inside])


def test_the_work_grows_with_what_is_new_and_not_with_the_square():
    alone = np.eye(500, dtype=np.float32)
    assert affected(alone, [3], THRESHOLD).compared == 500
    assert affected(alone, range(10), THRESHOLD).compared == 10 * 500


def test_nothing_changed_is_no_work():
    found = affected(clustered(1, 30), [], THRESHOLD)
    assert (len(found.rows), len(found.pairs), found.compared) == (0, 0, 0)


def test_it_can_be_cancelled():
    with pytest.raises(Cancelled):
        affected(clustered(1, 30), [0], THRESHOLD, cancelled=lambda: True)
