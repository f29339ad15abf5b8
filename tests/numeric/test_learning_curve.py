"""The power law of a learning curve."""

import pytest

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
