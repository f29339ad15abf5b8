"""The measures, held against scikit-learn, and what must always be true of them."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from finetuning.ml.metrics import (
    MetricInputError,
    average_precision,
    brier_score,
    decision_scores,
    evaluate,
    expected_calibration_error,
    log_loss,
    reliability_bins,
    roc_auc,
)

# One decimal place, so that many probabilities are tied.
probabilities = st.integers(0, 10).map(lambda tenth: tenth / 10)
measured = st.lists(st.tuples(probabilities, st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: len({label for _, label in rows}) == 2
)


@given(measured)
def test_every_measure_agrees_with_scikit_learn_also_with_ties(rows):
    p, y = (np.array(column) for column in zip(*rows, strict=True))
    scores = decision_scores(p, y, 0.5)
    said = p >= 0.5
    precision, recall, f1, _ = oracle.precision_recall_fscore_support(
        y, said, average="binary", zero_division=0
    )
    assert (scores.precision, scores.recall, scores.f1) == pytest.approx((precision, recall, f1))
    assert scores.accuracy == pytest.approx(oracle.accuracy_score(y, said))
    assert average_precision(p, y) == pytest.approx(oracle.average_precision_score(y, p))
    assert roc_auc(p, y) == pytest.approx(oracle.roc_auc_score(y, p))
    assert brier_score(p, y) == pytest.approx(oracle.brier_score_loss(y, p))
    assert log_loss(p, y) == pytest.approx(
        oracle.log_loss(y, np.clip(p, 1e-15, 1 - 1e-15), labels=[False, True])
    )


@given(measured)
def test_average_precision_lies_between_zero_and_one_and_only_the_order_matters(rows):
    p, y = (np.array(column) for column in zip(*rows, strict=True))
    value = average_precision(p, y)
    assert 0 < value <= 1
    assert average_precision(np.exp(3 * p) - 7, y) == pytest.approx(value)


def test_average_precision_and_auc_need_both_classes():
    assert average_precision([0.1, 0.9], [1, 1]) is None
    assert roc_auc([0.1, 0.9], [0, 0]) is None
    assert evaluate([0.1, 0.9], [1, 1]).as_dict()["average_precision"] is None


def test_reliability_bins_hold_every_pair_once_and_show_what_was_observed():
    p = [0.0, 0.05, 0.1, 0.55, 0.95, 1.0]
    bins = reliability_bins(p, [0, 0, 1, 1, 1, 0])
    assert [one.count for one in bins] == [2, 1, 0, 0, 0, 1, 0, 0, 0, 2]
    assert (bins[9].mean_predicted, bins[9].observed) == (pytest.approx(0.975), 0.5)
    assert bins[2].observed is None
    assert (bins[2].observed_low, bins[2].observed_high) == (0.0, 1.0)


def test_the_calibration_error_is_the_weighted_gap():
    bins = reliability_bins([0.2, 0.2, 0.8, 0.8], [0, 0, 1, 0])
    assert expected_calibration_error(bins) == pytest.approx(0.5 * 0.2 + 0.5 * 0.3)


def test_an_evaluation_is_plain_json_with_the_decisions_on_top():
    stored = evaluate([0.9, 0.2, 0.6], [1, 0, 0], threshold=0.7).as_dict()
    again = json.loads(json.dumps(stored, allow_nan=False))
    assert (again["threshold"], again["precision"], again["f1"]) == (0.7, 1.0, 1.0)
    assert len(again["reliability"]) == 10


@pytest.mark.parametrize(
    ("probability", "label", "message"),
    [
        ([], [], "No pair to measure"),
        ([0.5], [1, 0], "one of each"),
        ([0.5, 1.5], [1, 0], "1.5 at position 1"),
        ([math.nan], [1], "nan at position 0"),
        ([0.5], [2], "Labels must be 0"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_the_reason(probability, label, message):
    with pytest.raises(MetricInputError, match=message):
        evaluate(probability, label)
