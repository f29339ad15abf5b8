"""Grouping, held against scipy's average linkage and against what it promises."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from insights.clustering.grouping import MAX_SIZE, ConstraintConflict, group, propose_split
from insights.clustering.similarity import Cancelled


def symmetric(seed, n):
    """Random scores to six decimals: averages all but never tie, so that scipy merges alike."""
    matrix = np.triu(np.round(np.random.default_rng(seed).random((n, n)), 6), 1)
    return matrix + matrix.T


def geometric(seed, n, d=3):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, d))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.round(rows @ rows.T, 6)


def above(matrix, threshold):
    i, j = np.triu_indices(len(matrix), 1)
    near = matrix[i, j] >= threshold
    return i[near], j[near], matrix[i, j][near]


def grouped(matrix, threshold, **options):
    options.setdefault("scores", lambda i, j: matrix[i, j])
    return group(len(matrix), *above(matrix, threshold), threshold=threshold, **options)


def members(groups):
    return [found.members for found in groups]


def upgma(matrix, threshold):
    """scipy's average linkage, cut at `threshold`."""
    tree = linkage(squareform(1 - matrix, checks=False), method="average")
    label = fcluster(tree, 1 - threshold, criterion="distance")
    clusters = [tuple(np.flatnonzero(label == one).tolist()) for one in np.unique(label)]
    return sorted(cluster for cluster in clusters if len(cluster) > 1)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("make", [symmetric, geometric])
def test_without_constraints_it_is_average_linkage(make, threshold):
    for seed in range(25):
        matrix = make(seed, 40)
        assert members(grouped(matrix, threshold, max_size=40)) == upgma(matrix, threshold)


def greedy(matrix, threshold, max_size, must_not_link):
    """One merge at a time over all pairs of clusters: slow, and plain to see."""
    clusters = [(i,) for i in range(len(matrix))]
    apart = {frozenset(pair) for pair in must_not_link}
    while True:
        best = None
        for x in clusters:
            for y in clusters:
                if x >= y or len(x) + len(y) > max_size:
                    continue
                if any(frozenset((i, j)) in apart for i in x for j in y):
                    continue
                average = round(float(matrix[np.ix_(x, y)].mean()), 9)
                if average >= threshold and (best is None or (-average, x[0], y[0]) < best[0]):
                    best = (-average, x[0], y[0]), x, y
        if best is None:
            return sorted(cluster for cluster in clusters if len(cluster) > 1)
        _, x, y = best
        clusters = [one for one in clusters if one not in (x, y)] + [tuple(sorted(x + y))]


@pytest.mark.parametrize("max_size", [2, 3, 5])
def test_merging_all_nearest_at_once_is_merging_one_at_a_time(max_size):
    for seed in range(15):
        matrix = geometric(seed, 25)
        rng = np.random.default_rng(seed)
        apart = [(i, j) for i, j in rng.integers(0, 25, (30, 2)).tolist() if i != j]
        found = grouped(matrix, 0.6, max_size=max_size, must_not_link=apart)
        assert members(found) == greedy(matrix, 0.6, max_size, apart)


@st.composite
def problems(draw):
    n = draw(st.integers(2, 18))
    seed = draw(st.integers(0, 2**32 - 1))
    # Few levels, so that ties are common.
    levels = draw(st.sampled_from([3, 10, 10**6]))
    rng = np.random.default_rng(seed)
    matrix = np.round(rng.integers(0, levels + 1, (n, n)) / levels, 6)
    matrix = np.triu(matrix, 1) + np.triu(matrix, 1).T
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] != p[1])
    return (
        matrix,
        draw(st.sampled_from([0.2, 0.5, 0.8])),
        draw(st.lists(pair, max_size=4)),
        draw(st.lists(pair, max_size=6)),
        draw(st.integers(2, 8)),
        rng,
    )


def components(n, pairs):
    """Connected components by union-find."""
    parent = list(range(n))

    def find(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for i, j in pairs:
        parent[find(i)] = find(j)
    return [find(i) for i in range(n)]


@settings(deadline=None, derandomize=True, max_examples=300)
@given(problems())
def test_what_groups_promise(problem):
    matrix, threshold, must_link, must_not_link, max_size, rng = problem
    n = len(matrix)
    linked = components(n, must_link)
    assume(all(linked[i] != linked[j] for i, j in must_not_link))
    options = {"must_link": must_link, "must_not_link": must_not_link, "max_size": max_size}
    groups = grouped(matrix, threshold, **options)

    place = {}
    for at, found in enumerate(groups):
        assert len(found.members) > 1
        assert list(found.members) == sorted(set(found.members))
        place |= dict.fromkeys(found.members, at)
    assert sum(len(found.members) for found in groups) == len(place), "an item is in two groups"
    assert members(groups) == sorted(members(groups))

    for i, j in must_not_link:
        assert i not in place or place[i] != place.get(j)
    for i, j in must_link:
        assert place[i] == place[j]
    together = components(n, [*must_link, *zip(*above(matrix, threshold)[:2], strict=True)])
    for found in groups:
        sets = {linked[i] for i in found.members}
        assert len(found.members) <= max_size or len(sets) == 1
        assert len({together[i] for i in found.members}) == 1
        inside = [matrix[i, j] for i in found.members for j in found.members if i < j]
        if len(sets) == len(found.members):
            assert found.mean >= threshold - 1e-9
        assert found.mean == pytest.approx(np.mean(inside))
        assert found.lowest == min(inside)
        i, j, score = found.weakest
        assert score == matrix[i, j]
        assert found.lowest <= score <= max(inside)

    # The order and the direction of what comes in change nothing.
    left, right, score = above(matrix, threshold)
    order = rng.permutation(len(left))
    turn = rng.random(len(left)) < 0.5
    shuffled = group(
        n,
        np.where(turn, left, right)[order],
        np.where(turn, right, left)[order],
        score[order],
        threshold=threshold,
        scores=lambda i, j: matrix[i, j],
        must_link=[(j, i) for i, j in reversed(must_link)],
        must_not_link=[(j, i) for i, j in reversed(must_not_link)],
        max_size=max_size,
    )
    assert shuffled == groups


def test_numbering_the_items_otherwise_gives_the_same_groups():
    for seed in range(10):
        matrix = geometric(seed, 40, d=6)
        order = np.random.default_rng(seed).permutation(40)
        original = grouped(matrix, 0.5, max_size=6)
        renumbered = grouped(matrix[np.ix_(order, order)], 0.5, max_size=6)
        back = sorted(tuple(sorted(order[list(found)].tolist())) for found in members(renumbered))
        assert back == members(original)


def chain(n, step):
    """Unit vectors fanned out over a half circle, `step` radians apart: neighbours are alike."""
    angle = np.arange(n) * step
    return np.round(np.cos(angle[:, None] - angle[None, :]), 6)


def test_a_chain_whose_ends_are_unlike_is_never_one_group():
    matrix = chain(10, 0.3)
    found = grouped(matrix, 0.9)
    assert len(found) > 1
    for one in found:
        assert one.mean >= 0.9
        assert one.lowest > 0.6


def test_without_a_score_function_unlisted_pairs_count_nothing():
    # a-b-c where a and c are not listed: (0.9 + 0) / 2 is under the threshold.
    listed = [0, 1], [1, 2], [0.95, 0.9]
    assert members(group(3, *listed, threshold=0.6)) == [(0, 1)]

    def half(i, j):
        return np.full(len(i), 0.5)

    (found,) = group(3, *listed, threshold=0.6, scores=half)
    assert found.members == (0, 1, 2)
    assert found.weakest == (1, 2, 0.9)
    assert found.lowest == 0.5
    assert found.mean == pytest.approx((0.95 + 0.9 + 0.5) / 3)


def test_the_score_function_is_asked_only_for_pairs_that_are_not_listed():
    matrix = geometric(1, 30)
    listed = set(zip(*(end.tolist() for end in above(matrix, 0.5)[:2]), strict=True))
    asked = set()

    def scores(i, j):
        asked.update(zip(i.tolist(), j.tolist(), strict=True))
        return matrix[i, j]

    grouped(matrix, 0.5, scores=scores)
    assert asked
    assert not asked & listed


def test_a_pair_that_a_model_judged_out_keeps_its_group_apart_without_forbidding_it():
    pairs = [0, 0, 1], [1, 2, 2]
    assert members(group(3, *pairs, [0.95, 0.9, 0.85], threshold=0.7)) == [(0, 1, 2)]
    assert members(group(3, *pairs, [0.95, 0.9, 0.1], threshold=0.7)) == [(0, 1)]


def test_float32_scores_at_the_threshold_count_as_reaching_it():
    score = np.array([0.7], dtype=np.float32)
    assert float(score[0]) < 0.7
    assert members(group(2, [0], [1], score, threshold=0.7)) == [(0, 1)]


def test_an_average_at_the_threshold_counts_as_reaching_it():
    across = [0.5, 0.85, 0.95, 0.9]
    assert sum(across) / 4 < 0.8  # in floating point only
    found = group(4, [0, 2, 0, 0, 1, 1], [1, 3, 2, 3, 2, 3], [0.99, 0.99, *across], threshold=0.8)
    assert members(found) == [(0, 1, 2, 3)]


def test_equal_scores_are_merged_in_the_order_of_the_items():
    left, right = np.triu_indices(5, 1)
    found = group(5, left, right, np.full(10, 0.8), threshold=0.7, max_size=2)
    assert members(found) == [(0, 1), (2, 3)]


def test_a_must_link_set_above_the_size_bound_stays_whole_and_takes_nothing_in():
    matrix = np.full((8, 8), 0.9)
    found = grouped(matrix, 0.5, max_size=3, must_link=[(0, 1), (1, 2), (2, 3)])
    assert members(found) == [(0, 1, 2, 3), (4, 5, 6)]


def test_must_link_holds_whatever_the_scores_say():
    (found,) = group(4, [], [], [], threshold=0.9, must_link=[(3, 1)])
    assert found.members == (1, 3)
    assert found.mean == 0.0


def test_a_must_not_link_pair_stays_apart_through_every_chain():
    matrix = np.full((6, 6), 0.9)
    found = grouped(matrix, 0.5, must_not_link=[(5, 0)])
    assert not any({0, 5} <= set(one) for one in members(found))
    assert sorted(sum(members(found), ())) in ([0, 1, 2, 3, 4], [1, 2, 3, 4, 5])


def test_conflicting_constraints_name_the_pair():
    with pytest.raises(ConstraintConflict, match="1 and 4 must not be linked") as caught:
        group(
            6, [], [], [], threshold=0.5, must_link=[(1, 2), (4, 2)], must_not_link=[(0, 5), (4, 1)]
        )
    assert caught.value.pair == (1, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [1, 0], [0.5, 0.6]), r"\(0, 1\) is listed twice"),
        (([2], [2], [0.5]), r"\(2, 2\) in the pair list"),
        (([0], [3], [0.5]), r"\(0, 3\) in the pair list is not a pair of two of the items 0..2"),
        (([-1], [1], [0.5]), r"\(-1, 1\)"),
        (([0], [1], [np.nan]), r"score of \(0, 1\) is not finite"),
        (([0], [1], [0.5, 0.6]), "1 pairs but 2 scores"),
    ],
)
def test_pairs_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        group(3, *arguments, threshold=0.5)


def test_constraints_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match=r"\(1, 7\) in must_link"):
        group(3, [], [], [], threshold=0.5, must_link=[(7, 1)])
    with pytest.raises(ValueError, match="max_size is 1"):
        group(3, [], [], [], threshold=0.5, max_size=1)


def test_no_items_have_no_groups():
    assert group(0, [], [], [], threshold=0.5) == []
    assert group(3, [], [], [], threshold=0.5) == []


def test_grouping_can_be_cancelled():
    with pytest.raises(Cancelled):
        grouped(geometric(1, 30), 0.5, cancelled=lambda: True)


def test_a_giant_chained_component_is_grouped_without_its_square():
    n = 20_000
    rng = np.random.default_rng(5)
    angle = np.sort(rng.random(n)) * n * 0.05
    left = np.repeat(np.arange(n), 20)
    right = left + np.tile(np.arange(1, 21), n)
    left, right = left[right < n], right[right < n]

    def scores(i, j):
        return np.cos(np.minimum(np.abs(angle[i] - angle[j]), np.pi))

    score = scores(left, right)
    near = score >= 0.9
    found = group(n, left[near], right[near], score[near], threshold=0.9, scores=scores)
    assert all(len(one.members) <= MAX_SIZE and one.mean >= 0.9 for one in found)
    assert len(found) > n // 20


def test_a_component_that_must_be_merged_in_one_order_ends():
    # Scores fall along the chain: in each round only one pair is each other's nearest.
    n = 3000
    score = np.linspace(0.99, 0.8, n - 1)
    found = group(n, np.arange(n - 1), np.arange(1, n), score, threshold=0.7)
    assert members(found) == [(i, i + 1) for i in range(0, n, 2)]


def weakest_by_removal(matrix):
    """The highest score at which the links of that score or more still join all the items."""
    n = len(matrix)
    for score in sorted(set(matrix[np.triu_indices(n, 1)].tolist()), reverse=True):
        if len(set(components(n, zip(*above(matrix, score)[:2], strict=True)))) == 1:
            return score
    raise AssertionError("never joined")


def test_the_weakest_link_is_what_joins_the_last_part():
    for seed in range(30):
        matrix = symmetric(seed, 9)
        (found,) = group(
            9,
            *above(matrix, 0.0),
            threshold=0.0,
            max_size=9,
            must_link=[(0, i) for i in range(9)][1:],
        )
        i, j, score = found.weakest
        assert score == weakest_by_removal(matrix) == matrix[i, j]
        one, other = propose_split(found.members, lambda i, j, matrix=matrix: matrix[i, j])
        assert sorted(one + other) == list(range(9))
        assert one[0] == 0
        assert matrix[np.ix_(one, other)].max() == score
        assert (i in one) != (j in one)


def test_a_split_separates_the_two_topics_of_a_group():
    matrix = np.full((5, 5), 0.6)
    for topic in ((0, 3), (1, 2, 4)):
        matrix[np.ix_(topic, topic)] = 0.9
    scores = {"scores": lambda i, j: matrix[i, j]}
    assert propose_split((4, 3, 2, 1, 0), **scores) == ((0, 3), (1, 2, 4))


def test_one_item_cannot_be_split():
    with pytest.raises(ValueError, match="2 or more"):
        propose_split((3,), lambda i, j: np.zeros(len(i)))


def test_what_belongs_together_stays_whole_beyond_a_screen():
    left, right = np.triu_indices(30, 1)
    (found,) = group(30, left, right, np.full(len(left), 0.9), threshold=0.7)
    assert found.members == tuple(range(30))
