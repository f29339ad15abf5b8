"""Agreement of clusters with gold, against counting every pair and every item by hand."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetuning.ml.cluster_metrics import bcubed, pairwise_scores

assignments = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25)


@given(assignments)
def test_pairwise_scores_equal_counting_every_pair(rows):
    predicted, gold = zip(*rows, strict=True)
    pairs = list(combinations(rows, 2))
    said = [a[1] == b[1] for a, b in pairs if a[0] == b[0]]
    real = [a[0] == b[0] for a, b in pairs if a[1] == b[1]]
    scores = pairwise_scores(predicted, gold)
    assert scores.precision == pytest.approx(sum(said) / len(said) if said else 1.0)
    assert scores.recall == pytest.approx(sum(real) / len(real) if real else 1.0)


@given(assignments)
def test_bcubed_equals_the_mean_over_items(rows):
    predicted, gold = zip(*rows, strict=True)

    def mean(side: int, other: int) -> float:
        shares = []
        for item in rows:
            cluster = [one for one in rows if one[side] == item[side]]
            shares.append(sum(one[other] == item[other] for one in cluster) / len(cluster))
        return sum(shares) / len(shares)

    scores = bcubed(predicted, gold)
    assert scores.precision == pytest.approx(mean(0, 1))
    assert scores.recall == pytest.approx(mean(1, 0))


def test_the_published_example_of_bcubed():
    # Amigó et al. (2009), figure 1 style: a big pure cluster and a mixed one.
    scores = bcubed(["a", "a", "a", "b", "b"], [1, 1, 2, 2, 2])
    assert scores.precision == pytest.approx((2 * 2 / 3 + 1 / 3 + 2 * 1) / 5)
    assert scores.recall == pytest.approx((2 * 1 + 1 / 3 + 2 * 2 / 3) / 5)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_gold_agrees_with_itself_and_swapping_the_sides_swaps_precision_and_recall(gold):
    for measure in (pairwise_scores, bcubed):
        assert measure(gold, gold).f1 == pytest.approx(1.0)
        one_way, other_way = measure(gold, [0] * len(gold)), measure([0] * len(gold), gold)
        assert (one_way.precision, one_way.recall) == pytest.approx(
            (other_way.recall, other_way.precision)
        )


def test_unequal_lengths_and_nothing_are_refused():
    with pytest.raises(ValueError, match="zip"):
        pairwise_scores([1, 2], [1])
    with pytest.raises(ValueError, match="No item"):
        bcubed([], [])
