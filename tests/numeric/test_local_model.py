"""The stored model: explains itself, survives storage exactly, and trusts no file."""

import copy
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetuning.ml.features import FEATURES
from finetuning.ml.local_model import LocalModel, ModelFileError
from finetuning.ml.training import train


@pytest.fixture(scope="module")
def model(labelled) -> LocalModel:
    return train(labelled).model


def test_the_contributions_add_up_to_the_score_and_the_weightiest_comes_first(model, labelled):
    for row in range(0, 40, 7):
        pair = labelled.left[row], labelled.right[row], float(labelled.similarity[row])
        parts = model.explain(*pair)
        score = model.score([pair[0]], [pair[1]], [pair[2]])[0]
        assert sum(part.contribution for part in parts) + model.bias == pytest.approx(score)
        assert sorted(part.feature for part in parts) == sorted(spec.name for spec in FEATURES)
        sizes = [abs(part.contribution) for part in parts]
        assert sizes == sorted(sizes, reverse=True)
        probability = model.predict_probability([pair[0]], [pair[1]], [pair[2]])[0]
        assert probability == model.calibration.probability(score)


def test_each_sentence_says_what_was_seen_and_which_way_it_leans(model):
    parts = {one.feature: one for one in model.explain("Rotas are slow", "Rotas are slow", 0.99)}
    assert parts["cosine"].sentence.startswith("The embeddings are 0.99 alike (speaks for a merge")
    assert parts["version_conflict"].sentence == (
        "The versions do not contradict each other (makes no difference)"
    )


def test_a_stored_model_comes_back_the_same(model, labelled):
    text = json.dumps(model.to_json())
    again = LocalModel.from_json(json.loads(text))
    assert again == model
    assert again.digest == model.digest
    assert len(text) < 6000
    pairs = labelled.left, labelled.right, labelled.similarity
    assert (again.predict_probability(*pairs) == model.predict_probability(*pairs)).all()


def test_the_probability_does_not_depend_on_which_statement_comes_first(model, labelled):
    there = model.predict_probability(labelled.left, labelled.right, labelled.similarity)
    back = model.predict_probability(labelled.right, labelled.left, labelled.similarity)
    assert (there == back).all()


def changed(model: LocalModel, path: str, value: object) -> dict:
    stored = copy.deepcopy(model.to_json())
    *way, last = [int(key) if key.isdigit() else key for key in path.split("/")]
    place = stored
    for key in way:
        place = place[key]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return stored


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "pickle", "format is 'pickle'"),
        ("version", 2, "version is '2', this program reads 1"),
        ("version", True, "version is 'True'"),
        ("schema", 0, "schema is '0'"),
        ("schema", KeyError, "the model lacks schema"),
        ("surprise", 1, "unknown surprise"),
        ("features", {}, "features must be a list"),
        ("features/0", KeyError, "missing: cosine; unknown: none"),
        ("features/0", 7, r"features\[0\] must be an object, not int"),
        ("features/0/name", "cosinus", "missing: cosine; unknown: cosinus"),
        ("features/0/name", ["cosine"], "missing: cosine"),
        ("features/1/weight", "1.0", "cosine_above_0.7.weight must be a number, not str"),
        ("features/1/weight", math.nan, "weight is nan, outside"),
        ("features/1/mean", math.inf, "mean is inf, outside"),
        ("features/1/mean", 10**400, "mean is 1000"),
        ("features/1/mean", False, "mean must be a number, not bool"),
        ("features/1/scale", 0.0, "scale is 0.0, outside"),
        ("bias", None, "bias must be a number, not NoneType"),
        ("calibration", [1, 0], "calibration must be an object"),
        ("calibration/slope", -0.1, "calibration.slope is -0.1, outside 0"),
        ("calibration/intercept", KeyError, "calibration lacks intercept"),
        ("features/0/weight", 0.123, "sha256 does not match"),
        ("sha256", "0" * 64, "sha256 does not match"),
    ],
)
def test_a_file_that_was_not_written_by_this_program_is_refused_with_the_reason(
    model, path, value, message
):
    with pytest.raises(ModelFileError, match=message):
        LocalModel.from_json(changed(model, path, value))


def test_features_in_another_order_are_refused(model):
    stored = model.to_json()
    stored["features"].reverse()
    with pytest.raises(ModelFileError, match="each once and in order"):
        LocalModel.from_json(stored)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values)
def test_whatever_json_is_given_it_is_refused_in_the_same_way(value):
    with pytest.raises(ModelFileError):
        LocalModel.from_json(value)


@given(st.sampled_from(["features", "bias", "calibration", "version", "sha256"]), json_values)
def test_no_part_of_a_model_can_be_replaced_by_anything_else(model, part, value):
    stored = model.to_json()
    if json.dumps(stored[part]) == json.dumps(value):
        return
    with pytest.raises(ModelFileError):
        LocalModel.from_json({**stored, part: value})


def test_the_digest_covers_every_number(model):
    digests = {model.digest}
    for change in ({"bias": 1.0}, {"mean": (0.5, *model.mean[1:])}):
        digests.add(LocalModel(**{**vars(model), **change}).digest)
    assert len(digests) == 3


def test_the_largest_numbers_that_are_taken_still_give_a_probability(model):
    stored = model.to_json()
    huge = LocalModel(
        mean=(-1e9,) * len(FEATURES),
        scale=(1e-9,) * len(FEATURES),
        weight=(1e9,) * len(FEATURES),
        bias=-1e9,
        calibration=model.calibration,
    )
    assert stored != huge.to_json()
    loaded = LocalModel.from_json(huge.to_json())
    assert np.isfinite(loaded.predict_probability(["a"], ["b"], [0.5])).all()
