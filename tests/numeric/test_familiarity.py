"""How far a pair is from the training set, and the honest record of that set."""

import json

import numpy as np
import pytest

from finetuning.ml.familiarity import SKETCH, Familiarity
from finetuning.ml.out_of_fold import OutOfFold


def unit(values):
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def cloud(random, count, centre):
    return unit(centre + random.normal(0, 0.15, (count, 32))).astype(np.float32)


@pytest.fixture(scope="module")
def known():
    random = np.random.default_rng(0)
    centre, other = unit(random.normal(size=(2, 32)))
    sketch = Familiarity.fit(
        cloud(random, 1500, centre), np.arange(1500) // 2, random.normal(size=(700, 10))
    )
    return sketch, random, centre, other


def test_pairs_of_the_same_kind_are_about_as_familiar_as_the_training_statements(known):
    sketch, random, centre, _ = known
    found = sketch(
        cloud(random, 4000, centre), cloud(random, 4000, centre), random.normal(size=(4000, 10))
    )
    # The least of two independent ranks is below 0.1 in 19 of 100, and the features add a few.
    assert 0.14 < np.mean(found < 0.1) < 0.30
    assert found.min() >= 0
    assert found.max() <= 1


def test_one_strange_statement_makes_the_pair_strange_whichever_side_it_is_on(known):
    sketch, random, centre, other = known
    near, far = cloud(random, 200, centre), cloud(random, 200, other)
    values = random.normal(size=(200, 10))
    assert sketch(near, far, values).max() == 0
    assert sketch(far, near, values).max() == 0


def test_features_out_of_the_trained_range_make_a_pair_strange(known):
    sketch, random, centre, _ = known
    near = cloud(random, 50, centre)
    assert sketch(near, near, np.full((50, 10), 30.0)).max() == 0


def test_nearness_within_a_decision_says_nothing():
    random = np.random.default_rng(1)
    lone = unit(random.normal(size=(200, 32))).astype(np.float32)
    twins = np.repeat(lone, 2, axis=0)
    sketch = Familiarity.fit(twins, np.arange(400) // 2, random.normal(size=(50, 3)))
    assert sketch.nearest[-1] < 0.9


def test_what_is_stored_comes_back_and_stays_small(known):
    sketch, random, centre, _ = known
    text = json.dumps(sketch.to_json(), allow_nan=False)
    again = Familiarity.from_json(json.loads(text))
    assert len(sketch.sketch) == SKETCH
    a, b, values = cloud(random, 9, centre), cloud(random, 9, centre), random.normal(size=(9, 10))
    assert again(a, b, values) == pytest.approx(sketch(a, b, values), abs=0.02)


def test_a_record_comes_back_with_its_gaps():
    record = OutOfFold(np.array([0.25, np.nan]), np.array([True, False]), np.array([0.5, 0.75]))
    again = OutOfFold.from_json(json.loads(json.dumps(record.to_json(), allow_nan=False)))
    assert again.seen.tolist() == [True, False]
    assert again.probability[0] == 0.25
    assert again.label.tolist() == [True, False]
    assert again.similarity.tolist() == [0.5, 0.75]


def test_a_record_with_a_part_cut_off_is_refused():
    with pytest.raises(ValueError, match="different lengths"):
        OutOfFold.from_json({"probability": [0.5], "label": "", "similarity": [0.5]})
