"""Two models are told apart no sooner than the pairs allow."""

import numpy as np

from finetuning.ml.comparison import bootstrap_average_precision
from finetuning.ml.metrics import average_precision


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
    result = bootstrap_average_precision(weak, weak, label, resamples=50)
    assert (result.low, result.high) == (0.0, 0.0)


def test_with_one_class_only_there_is_no_ranking_to_compare():
    assert bootstrap_average_precision([0.2, 0.9], [0.7, 0.8], [1, 1]) is None
