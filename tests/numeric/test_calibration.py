"""A calibrated 0.90 means 0.90, and never claims more than the labels can bear."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from finetuning.ml.calibration import fit_sigmoid

labelled = st.lists(
    st.tuples(st.floats(-8, 8).map(lambda score: round(score, 3)), st.booleans()),
    min_size=4,
    max_size=60,
).filter(lambda rows: len({label for _, label in rows}) == 2)


@example([(-2.339, True), (4.636, True), (4.636, False), (-2.339, False)])  # it says nothing
@example([(0.1, False), (0.1, True), (0.1, True)])  # whose standard deviation is not quite 0
@given(labelled)
def test_a_higher_score_never_gets_a_lower_probability(rows):
    score, label = (np.array(column) for column in zip(*rows, strict=True))
    probability = fit_sigmoid(score, label).probability(np.linspace(-10, 10, 101))
    assert np.isfinite(probability).all()
    assert (np.diff(probability) >= 0).all()


def test_the_fit_is_the_least_cross_entropy_to_platts_targets():
    random = np.random.default_rng(3)
    score = random.normal(size=300)
    label = random.random(300) < expit(2 * score - 1)
    positives = int(label.sum())
    target = np.where(label, (positives + 1) / (positives + 2), 1 / (300 - positives + 2))

    def loss(parameters):
        logits = parameters[0] * score + parameters[1]
        return np.sum(np.logaddexp(0, logits) - target * logits)

    fitted = fit_sigmoid(score, label)
    best = minimize(loss, (1.0, 0.0), method="BFGS").x
    assert (fitted.slope, fitted.intercept) == pytest.approx(tuple(best), abs=1e-3)


def test_scores_that_are_too_sure_come_back_to_what_is_observed():
    random = np.random.default_rng(5)
    truth = random.normal(size=4000)
    label = random.random(4000) < expit(truth)
    fitted = fit_sigmoid(3 * truth[:2000] + 1, label[:2000])
    assert fitted.slope == pytest.approx(1 / 3, rel=0.15)
    probability = fitted.probability(3 * truth[2000:] + 1)
    near = np.abs(probability - 0.8) < 0.1
    assert label[2000:][near].mean() == pytest.approx(probability[near].mean(), abs=0.06)


def test_ten_and_ten_labels_apart_cannot_claim_certainty():
    score = np.concatenate([np.linspace(-2, -1, 10), np.linspace(1, 2, 10)])
    probability = fit_sigmoid(score, score > 0).probability(score)
    assert 0.85 < probability.max() < 0.97
    assert 0.03 < probability.min() < 0.15


def test_a_score_that_ranks_the_wrong_way_round_gets_the_base_rate_and_keeps_its_order():
    low, high = fit_sigmoid([1.0, 2.0, 3.0, 4.0], [1, 1, 0, 0]).probability([0.0, 9.0])
    assert low < high
    assert (low, high) == (pytest.approx(0.5, abs=0.02), pytest.approx(0.5, abs=0.02))


def test_a_score_that_never_varies_gets_the_base_rate():
    assert fit_sigmoid([2.0] * 4, [1, 1, 1, 0]).probability([2.0])[0] == pytest.approx(4 / 6)
