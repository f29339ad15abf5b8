"""Two models are told apart no sooner than the pairs allow."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest

from finetuning.ml.comparison import bootstrap_average_precision, compare, mcnemar
from finetuning.ml.metrics import average_precision


@pytest.mark.parametrize(("only_first", "only_second"), [(0, 0), (1, 9), (9, 1), (5, 5), (40, 61)])
def test_mcnemar_is_the_exact_binomial_test_on_the_discordant_pairs(only_first, only_second):
    first = np.repeat([True, False, True], [only_first, only_second, 30])
    second = np.repeat([False, True, True], [only_first, only_second, 30])
    result = mcnemar(first, second)
    n = only_first + only_second
    expected = binomtest(only_first, n).pvalue if n else 1.0
    assert (result.only_first_right, result.only_second_right) == (only_first, only_second)
    assert result.p_value == pytest.approx(expected)


def _scores(seed: int = 1, count: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    label = random.random(count) < 0.4
    weak = 1 / (1 + np.exp(-random.normal(label * 0.6, 1.0)))
    strong = 1 / (1 + np.exp(-random.normal(label * 3.0, 1.0)))
    return weak, strong, label


def test_a_better_ranking_has_an_interval_above_zero_and_the_same_seed_the_same_interval():
    weak, strong, label = _scores()
    result = bootstrap_average_precision(weak, strong, label, resamples=200)
    assert result.difference == average_precision(strong, label) - average_precision(weak, label)
    assert 0 < result.low < result.difference < result.high
    assert result == bootstrap_average_precision(weak, strong, label, resamples=200)
    assert result != bootstrap_average_precision(weak, strong, label, resamples=200, seed=7)


def test_a_model_does_not_differ_from_itself():
    weak, _, label = _scores()
    result = compare(weak, weak, label, resamples=50)
    assert result.decisions.p_value == 1.0
    assert (result.average_precision.low, result.average_precision.high) == (0.0, 0.0)


def test_with_one_class_only_the_decisions_are_compared():
    result = compare([0.2, 0.9], [0.7, 0.8], [1, 1])
    assert result.average_precision is None
    assert json.loads(json.dumps(result.as_dict()))["decisions"]["only_second_right"] == 1
