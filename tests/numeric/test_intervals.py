"""Intervals of a share, against published figures and scipy's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from insights.intervals import exact_interval, exact_lower_bound, wilson_interval

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_both_give_the_published_figures():
    """Newcombe (1998), table I: 81 of 263, by Clopper and Pearson and by Wilson."""
    assert exact_interval(81, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_exact_interval_is_scipys(count, confidence):
    found = binomtest(*count).proportion_ci(confidence, method="exact")
    assert exact_interval(*count, confidence) == pytest.approx((found.low, found.high), abs=1e-9)


@given(counts)
def test_the_one_sided_bound_is_scipys(count):
    found = binomtest(*count, alternative="greater").proportion_ci(0.95, method="exact")
    assert exact_lower_bound(*count) == pytest.approx(found.low, abs=1e-9)


def test_299_successes_in_a_row_prove_99_in_100_and_298_do_not():
    assert exact_lower_bound(298, 298) < 0.99 <= exact_lower_bound(299, 299)


def test_without_a_count_nothing_is_known():
    assert exact_interval(0, 0) == wilson_interval(0, 0) == (0.0, 1.0)
    assert exact_lower_bound(0, 0) == 0.0
