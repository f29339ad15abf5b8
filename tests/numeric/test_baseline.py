"""Plain similarity, measured in the same units as a model."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from finetuning.ml.learners.similarity import SimilarityBaseline, best_f1_threshold
from finetuning.ml.metrics import average_precision


@given(
    st.lists(
        st.tuples(st.integers(0, 9).map(lambda n: n / 10), st.booleans()), min_size=1, max_size=40
    ).filter(lambda rows: any(label for _, label in rows))
)
def test_no_other_threshold_has_a_better_f1(rows):
    score, label = (np.array(column) for column in zip(*rows, strict=True))
    found = best_f1_threshold(score, label)
    best = max(f1_score(label, score >= threshold) for threshold in score)
    assert f1_score(label, score >= found) == pytest.approx(best)


def test_the_baseline_decides_by_its_threshold_and_ranks_by_the_cosine():
    random = np.random.default_rng(2)
    label = random.random(400) < 0.2
    cosine = np.clip(random.normal(np.where(label, 0.8, 0.6), 0.1), -1, 1)
    baseline = SimilarityBaseline.fit(cosine[:200], label[:200])
    measured = baseline.evaluate(cosine[200:], label[200:])
    assert measured.decisions.threshold == baseline.threshold
    said = cosine[200:] >= baseline.threshold
    assert measured.decisions.f1 == pytest.approx(f1_score(label[200:], said))
    assert measured.average_precision == average_precision(cosine[200:], label[200:])
    assert measured.brier < 0.16
    assert json.loads(json.dumps(baseline.as_dict()))["threshold"] == baseline.threshold
