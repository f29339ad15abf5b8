"""The similarity join, held against brute force in float64."""

import numpy as np
import pytest

from insights.clustering import similarity as join
from insights.clustering.join import top_pairs
from insights.clustering.join.integers import WIDTH, IntegerRows
from insights.clustering.similarity import (
    Cancelled,
    candidate_pairs,
    pair_similarity,
)


@pytest.fixture(autouse=True, params=["floats", "integers"])
def _first_pass(request, monkeypatch):
    """Every test runs with both: few rows are compared in float32, many in integers first."""
    if request.param == "integers":
        monkeypatch.setattr(join, "_FEW", 0)


def unit(rows):
    rows = np.asarray(rows, dtype=np.float64)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def clustered(seed, n, d=32, topics=10, spread=0.8):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((topics, d))
    return unit(centres[rng.integers(0, topics, n)] + spread * rng.standard_normal((n, d)))


def cosines(rows, others):
    return np.round(rows.astype(np.float64) @ others.astype(np.float64).T, 6)


def brute_force(vectors, threshold):
    matrix = cosines(vectors, vectors)
    return {
        (i, j): matrix[i, j]
        for i in range(len(vectors))
        for j in range(i + 1, len(vectors))
        if matrix[i, j] >= threshold
    }


def brute_force_top(vectors, threshold, most):
    pairs = brute_force(vectors, threshold)
    neighbours = {i: [] for i in range(len(vectors))}
    for (i, j), similarity in pairs.items():
        neighbours[i].append((-similarity, j))
        neighbours[j].append((-similarity, i))
    kept = {(min(i, j), max(i, j)) for i in neighbours for _, j in sorted(neighbours[i])[:most]}
    return {pair: pairs[pair] for pair in kept}, len(pairs) - len(kept)


def as_dict(pairs):
    found = dict(
        zip(
            zip(pairs.left.tolist(), pairs.right.tolist(), strict=True),
            pairs.similarity.tolist(),
            strict=True,
        )
    )
    assert len(found) == len(pairs), "a pair was given twice"
    return found


def assert_same(pairs, expected):
    found = as_dict(pairs)
    assert found.keys() == expected.keys()
    for pair, similarity in expected.items():
        assert found[pair] == np.float32(similarity)


@pytest.mark.parametrize("threshold", [-0.2, 0.3, 0.6, 0.9])
def test_the_join_finds_what_brute_force_finds(threshold):
    vectors = clustered(1, 300)
    pairs = candidate_pairs(vectors, threshold, max_neighbours=None, block=64)
    assert_same(pairs, brute_force(vectors, threshold))
    assert pairs.capped == 0


def test_pairs_come_sorted_with_the_lower_index_left():
    pairs = candidate_pairs(clustered(2, 200), 0.3, block=17)
    assert (pairs.left < pairs.right).all()
    order = np.lexsort((pairs.right, pairs.left))
    assert (order == np.arange(len(pairs))).all()
    assert (pairs.left.dtype, pairs.right.dtype, pairs.similarity.dtype) == (
        np.int32,
        np.int32,
        np.float32,
    )


@pytest.mark.parametrize("block", [1, 7, 64, 150, 299, 300, 5000])
def test_the_block_size_changes_nothing(block):
    vectors = clustered(3, 300)
    whole = candidate_pairs(vectors, 0.4, block=1024, max_neighbours=5)
    blocked = candidate_pairs(vectors, 0.4, block=block, max_neighbours=5)
    for name in ("left", "right", "similarity"):
        assert np.array_equal(getattr(whole, name), getattr(blocked, name))
    assert whole.capped == blocked.capped > 0


def test_a_pair_exactly_at_the_threshold_is_found_in_every_block_size():
    # Thresholds taken from the data itself are where float32 rounding would show.
    vectors = clustered(4, 120, d=384)
    matrix = cosines(vectors, vectors)
    inside = matrix[np.triu_indices(120, 1)]
    for threshold in np.random.default_rng(0).choice(inside, 40).tolist():
        for block in (7, 50, 1024):
            pairs = candidate_pairs(vectors, threshold, block=block, max_neighbours=None)
            assert len(pairs) == np.count_nonzero(inside >= threshold)


def test_identical_rows_are_found_at_a_threshold_of_one():
    row = clustered(5, 1, d=384)
    pairs = candidate_pairs(np.repeat(row, 3, axis=0), 1.0)
    assert as_dict(pairs) == {(0, 1): 1.0, (0, 2): 1.0, (1, 2): 1.0}


@pytest.mark.parametrize("most", [1, 3, 20])
def test_the_cap_keeps_the_most_similar_of_either_side(most):
    vectors = clustered(6, 200)
    expected, left_out = brute_force_top(vectors, 0.2, most)
    pairs = candidate_pairs(vectors, 0.2, max_neighbours=most, block=32)
    assert_same(pairs, expected)
    assert pairs.capped == left_out > 0


@pytest.mark.parametrize("weed_after", [1, 100, 1500])
def test_weeding_while_pairs_come_in_loses_none_that_belong(monkeypatch, weed_after):
    monkeypatch.setattr(top_pairs, "_WEED_AFTER", weed_after)
    vectors = clustered(7, 250)
    expected, left_out = brute_force_top(vectors, 0.0, 4)
    pairs = candidate_pairs(vectors, 0.0, max_neighbours=4, block=32)
    assert_same(pairs, expected)
    assert pairs.capped == left_out


def test_a_neighbour_that_is_better_by_a_millionth_displaces_the_best_so_far(monkeypatch):
    monkeypatch.setattr(top_pairs, "_WEED_AFTER", 1)
    gram = np.array([[1, 0.5, 0.5], [0.5, 1, 0.500001], [0.5, 0.500001, 1]])
    pairs = candidate_pairs(unit(np.linalg.cholesky(gram)), 0.4, max_neighbours=1, block=1)
    assert as_dict(pairs).keys() == {(0, 1), (1, 2)}


def test_a_cap_that_nothing_reaches_leaves_nothing_out():
    vectors = clustered(8, 100)
    assert candidate_pairs(vectors, 0.5, max_neighbours=99).capped == 0
    assert_same(candidate_pairs(vectors, 0.5, max_neighbours=99), brute_force(vectors, 0.5))


@pytest.mark.parametrize("weed_after", [1, 10**6])
def test_many_equal_rows_stay_within_the_cap(monkeypatch, weed_after):
    monkeypatch.setattr(top_pairs, "_WEED_AFTER", weed_after)
    vectors = np.repeat(clustered(9, 2), 150, axis=0)
    pairs = candidate_pairs(vectors, 0.9, max_neighbours=3, block=50)
    expected, left_out = brute_force_top(vectors, 0.9, 3)
    assert_same(pairs, expected)
    assert pairs.capped == left_out


@pytest.mark.parametrize("threshold", [0.5, 0.64, 0.85])
def test_the_integer_pass_lets_every_pair_through(threshold):
    """Although cut and rounded, also where a row is unlike all of the sample."""
    vectors = clustered(20, 2 * WIDTH + 300, d=384, topics=300, spread=0.4)
    vectors[7] = 0
    vectors[7, 3] = 1
    vectors[WIDTH + 5] = vectors[7]
    short = IntegerRows(vectors, threshold)
    assert short.dimensions < 384
    matrix = cosines(vectors, vectors)
    found = 0
    for start, stop in ((0, 300), (WIDTH - 50, WIDTH + 50), (2 * WIDTH, len(vectors))):
        left = short.left(start, stop)
        for block in range(3):
            i, j = short.passing(left, start, block, threshold)
            passed = np.zeros((stop - start, WIDTH), dtype=bool)
            passed[i - start, j - block * WIDTH] = True
            near = matrix[start:stop, block * WIDTH : (block + 1) * WIDTH] >= threshold
            found += np.count_nonzero(near)
            assert passed[:, : near.shape[1]][near].all()
            assert np.count_nonzero(passed) < near.size / 4, "it picks"
    assert found > 100


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(monkeypatch, threads):
    monkeypatch.setattr(top_pairs, "_WEED_AFTER", 1000)
    vectors = clustered(21, WIDTH + 700, topics=40)
    one = candidate_pairs(vectors, 0.6, max_neighbours=5, block=100, threads=threads)
    other = candidate_pairs(vectors, 0.6, max_neighbours=5)
    assert one.capped == other.capped > 0
    for name in ("left", "right", "similarity"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_pair_similarity_gives_the_figures_of_the_join():
    vectors = clustered(12, 90, d=384)
    pairs = candidate_pairs(vectors, 0.1, block=32)
    again = pair_similarity(vectors, pairs.left, pairs.right)
    assert np.array_equal(again.astype(np.float32), pairs.similarity)


def test_none_and_one_row_have_no_pairs():
    for n in (0, 1):
        pairs = candidate_pairs(clustered(13, 1)[:n], 0.1)
        assert len(pairs) == 0
        assert pairs.capped == 0


def test_progress_counts_rows_up_to_all_of_them():
    done = []
    candidate_pairs(clustered(14, 100), 0.5, block=30, progress=done.append)
    assert done == [30, 60, 90, 100]


def test_a_join_can_be_cancelled_between_blocks():
    asked = []

    def cancelled():
        asked.append(True)
        return len(asked) == 3

    done = []
    with pytest.raises(Cancelled):
        candidate_pairs(
            clustered(15, 100), 0.5, block=20, progress=done.append, cancelled=cancelled
        )
    assert done == [20, 40]


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan, np.inf])
def test_a_row_that_is_not_of_length_one_is_named(value):
    vectors = clustered(16, 10)
    vectors[7] = value
    with pytest.raises(ValueError, match=r"1 of 10 rows of vectors .* row 7 .*normalise"):
        candidate_pairs(vectors, 0.5)


def test_rows_from_a_float16_column_are_taken():
    vectors = clustered(17, 50, d=384)
    assert len(candidate_pairs(vectors.astype(np.float16), 0.5)) > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"threshold": float("nan")}, "threshold is nan"),
        ({"block": 0}, "block is 0"),
        ({"max_neighbours": 0}, "max_neighbours is 0"),
    ],
)
def test_senseless_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        candidate_pairs(clustered(18, 5), **{"threshold": 0.5, **arguments})


def test_vectors_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(32,\)"):
        candidate_pairs(clustered(19, 1)[0], 0.5)
