"""The power law of a learning curve, and the index of a distribution that moved."""

import numpy as np
import pytest

from finetuning.ml.drift import index_by_chance, quantile_edges, shares, stability_index
from finetuning.ml.learning_curve import fit_power_law, nested_sizes


def test_a_known_power_law_is_found_again():
    sizes = [20, 40, 80, 160, 320]
    law = fit_power_law(sizes, [0.05 + 0.8 * n**-0.6 for n in sizes])
    assert law.floor == pytest.approx(0.05, abs=0.01)
    assert law.exponent == pytest.approx(0.6, abs=0.05)
    assert law.expected_gain(320, 50) == pytest.approx(0.8 * (320**-0.6 - 370**-0.6), rel=0.1)


def test_a_curve_that_does_not_fall_promises_nothing():
    law = fit_power_law([20, 40, 80, 160], [0.1, 0.1, 0.1, 0.1])
    assert law.expected_gain(160, 50) == pytest.approx(0, abs=1e-9)
    rising = fit_power_law([20, 40, 80, 160], [0.1, 0.12, 0.14, 0.2])
    assert rising.expected_gain(160, 50) == pytest.approx(0, abs=1e-9)


def test_three_points_say_nothing():
    assert fit_power_law([20, 40, 80], [0.3, 0.2, 0.1]) is None


def test_sizes_grow_from_twenty_to_all():
    assert nested_sizes(0) == []
    assert nested_sizes(12) == [12]
    sizes = nested_sizes(400)
    assert (sizes[0], sizes[-1], len(sizes)) == (20, 400, 6)
    assert sizes == sorted(set(sizes))


def test_the_same_distribution_has_an_index_near_0_and_a_moved_one_does_not():
    random = np.random.default_rng(5)
    first = random.normal(0.7, 0.1, 4000)
    assert stability_index(first, random.normal(0.7, 0.1, 4000)) < 0.01
    assert 0.1 < stability_index(first, random.normal(0.75, 0.1, 4000)) < 0.5
    assert stability_index(first, random.normal(0.9, 0.05, 4000)) > 1


def test_an_empty_side_is_an_error():
    with pytest.raises(ValueError, match="at least one value"):
        stability_index([], [0.5])


@pytest.mark.parametrize(("expected", "actual"), [(400, 40), (4000, 100), (2000, 2000)])
def test_chance_alone_stays_under_its_bound_in_95_of_100_weeks(expected, actual):
    random = np.random.default_rng(11)
    bound = index_by_chance(expected, actual)
    over = sum(
        stability_index(random.normal(size=expected), random.normal(size=actual)) > bound
        for _ in range(400)
    )
    assert 0.01 < over / 400 < 0.08


def test_bands_hold_equal_shares_of_what_they_were_drawn_from():
    values = np.random.default_rng(3).normal(size=1000)
    edges = quantile_edges(values, 5)
    assert shares(values, edges) == pytest.approx([0.2] * 5)
    assert shares([values.max() + 1], edges) == [0, 0, 0, 0, 1]
    assert shares([], edges) == [0] * 5
