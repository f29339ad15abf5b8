"""The value of a threshold, and the choice of one."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetuning.ml.metrics import decision_scores
from finetuning.ml.thresholds import GROUPED, choose_threshold, link_threshold, threshold_curve
from insights.intervals import exact_lower_bound

measured = st.lists(
    st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1, max_size=80
)


@given(measured, st.floats(0, 1))
def test_the_curve_agrees_with_deciding_one_threshold_at_a_time(rows, threshold):
    p, y = (np.array(column) for column in zip(*rows, strict=True))
    (point,) = threshold_curve(p, y, [threshold])
    plain = decision_scores(p, y, threshold)
    assert point.selected == plain.true_positives + plain.false_positives
    assert (point.precision or 0.0) == pytest.approx(plain.precision)
    assert point.recall == pytest.approx(plain.recall)
    assert point.coverage == point.selected / len(rows)


@given(measured)
def test_a_higher_threshold_never_covers_more(rows):
    p, y = (np.array(column) for column in zip(*rows, strict=True))
    covered = [point.coverage for point in threshold_curve(p, y)]
    assert covered == sorted(covered, reverse=True)
    assert covered[0] == 1.0


def test_the_lowest_threshold_whose_bound_reaches_the_target_is_chosen():
    p = np.concatenate([np.full(400, 0.97), np.full(300, 0.93), np.full(100, 0.91)])
    y = np.concatenate([np.ones(400), np.ones(300), np.zeros(100)])
    chosen = choose_threshold(p, y, target_precision=0.99)
    assert (chosen.threshold, chosen.reached) == (0.93, True)
    assert chosen.point.selected == 700
    assert chosen.point.precision_low == exact_lower_bound(700, 700)
    json.dumps(chosen.as_dict(), allow_nan=False)


def test_the_threshold_is_never_below_the_floor():
    chosen = choose_threshold(np.full(500, 0.6), np.ones(500), floor=0.9)
    assert (chosen.threshold, chosen.reached, chosen.point.selected) == (0.9, False, 0)
    sure = choose_threshold(np.full(500, 0.95), np.ones(500), floor=0.9)
    assert (sure.threshold, sure.reached) == (0.9, True)


@pytest.mark.parametrize(("count", "reached"), [(298, False), (299, True)])
def test_few_pairs_cannot_prove_a_high_precision_however_faultless(count, reached):
    chosen = choose_threshold(np.full(count, 0.99), np.ones(count), target_precision=0.99)
    assert chosen.reached is reached


def expected_f1(p, threshold):
    return 2 * p[p >= threshold].sum() / (np.count_nonzero(p >= threshold) + p.sum())


@pytest.mark.parametrize("seed", range(5))
def test_the_link_threshold_is_a_share_of_the_one_with_the_highest_expected_f1(seed):
    p = np.random.default_rng(seed).beta(0.5, 2, 300).round(3)
    found = link_threshold(np.append(p, np.nan)) / GROUPED
    assert expected_f1(p, found) == pytest.approx(max(expected_f1(p, t) for t in p), abs=0.002)
    assert found <= 0.5 + 1e-3, "half of the best F1, which is 1 at most"


def test_there_is_no_link_threshold_where_nothing_is_known():
    assert link_threshold(np.full(3, np.nan)) is None
    assert link_threshold(np.empty(0)) is None
