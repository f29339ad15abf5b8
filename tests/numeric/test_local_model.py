"""The stored model: explains itself, survives storage exactly, and trusts no file."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier

from finetuning.ml.calibration import Sigmoid
from finetuning.ml.features import TEXT_FEATURES, PairFeatures
from finetuning.ml.learners.logistic import Logistic
from finetuning.ml.learners.trees import OPTIONS, Trees
from finetuning.ml.local_model import LocalModel, ModelFileError, Part, _digest, corpus_of
from finetuning.ml.training import train


@pytest.fixture(scope="module")
def model(labelled) -> LocalModel:
    return train(labelled).model


@pytest.fixture(scope="module")
def forest(make_pairs) -> LocalModel:
    """A model of both learners: 600 labels that need an interaction."""
    pairs = make_pairs(150)
    values = PairFeatures(corpus_of([*pairs.left, *pairs.right], None))(
        pairs.left, pairs.right, pairs.similarity
    )
    parts = (
        Part(Logistic.fit(values, pairs.label, 0.1), Sigmoid(1.0, 0.1)),
        Part(Trees.fit(values, pairs.label), Sigmoid(0.8, 0.0)),
    )
    corpus = corpus_of([*pairs.left, *pairs.right], None)
    return LocalModel(corpus, False, np.median(values, axis=0), parts, Sigmoid(1.1, 0.0))


def test_the_linear_contributions_add_up_to_the_score_and_the_weightiest_comes_first(
    model, labelled
):
    assert model.kind == "logistic"
    centre = model.log_odds(model.reference[np.newaxis])[0]
    rows = range(0, 40, 7)
    pairs = [labelled.left[row] for row in rows], [labelled.right[row] for row in rows]
    explained = model.explain(*pairs, labelled.similarity[rows])
    for row, found in zip(rows, explained, strict=True):
        pair = labelled.left[row], labelled.right[row], float(labelled.similarity[row])
        score = model.score([pair[0]], [pair[1]], [pair[2]])[0]
        assert sum(one.contribution for one in found) + centre == pytest.approx(score)
        sizes = [abs(one.contribution) for one in found]
        assert sizes == sorted(sizes, reverse=True)
        probability = model.predict_probability([pair[0]], [pair[1]], [pair[2]])[0]
        assert probability == pytest.approx(1 / (1 + np.exp(-score)))


def test_each_sentence_says_what_was_seen_and_which_way_it_leans(forest):
    (found,) = forest.explain(["Three rotas are slow"], ["Rotas are slow"], [0.99])
    said = {one.group: one.sentence for one in found}
    assert "“three” only in one statement" in said["unmatched"]
    assert all(("merge" in one) or ("no difference" in one) for one in said.values())
    assert said["facts"].startswith("A fact is in one statement only")
    terms = {name for one in found for name in one.terms}
    assert terms == {name for name, _ in TEXT_FEATURES}


@pytest.mark.parametrize("which", ["model", "forest"])
def test_a_stored_model_comes_back_the_same(which, labelled, request):
    model = request.getfixturevalue(which)
    text = json.dumps(model.to_json())
    again = LocalModel.from_json(json.loads(text))
    assert again.digest == model.digest
    assert len(text) < 500_000
    pairs = labelled.left, labelled.right, labelled.similarity
    assert (again.predict_probability(*pairs) == model.predict_probability(*pairs)).all()


def test_the_trees_score_as_scikit_learns_do():
    random = np.random.default_rng(3)
    values = random.normal(size=(900, 12)).round(2)
    label = (values[:, 0] * values[:, 1] + random.normal(0, 0.5, 900)) > 0
    oracle = HistGradientBoostingClassifier(random_state=42, **OPTIONS).fit(values, label)
    asked = np.vstack([values, random.normal(size=(300, 12))])
    assert Trees.fit(values, label).score(asked) == pytest.approx(
        oracle.decision_function(asked), abs=1e-6
    )


def test_trees_that_would_never_end_are_refused(forest):
    stored = forest.parts[1].learner.to_json()
    with pytest.raises(ValueError, match="do not fit together"):
        Trees.from_json({**stored, "left": [0] * len(stored["left"])})


def test_a_model_of_token_states_says_so_when_there_are_none(model):
    aligned = replace(model, aligned=True)
    with pytest.raises(ModelFileError, match="token states of the local embedder"):
        aligned.predict_probability(["a"], ["b"], [0.5])


def test_a_pair_unlike_all_training_pairs_gets_no_extreme_score(model):
    learner = model.parts[0].learner
    far, edge = learner.score(np.full((1, 50), 1e6)), learner.score(learner.high[np.newaxis])
    assert far == pytest.approx(edge)


def test_the_probability_does_not_depend_on_which_statement_comes_first(model, labelled):
    there = model.predict_probability(labelled.left, labelled.right, labelled.similarity)
    back = model.predict_probability(labelled.right, labelled.left, labelled.similarity)
    assert (there == back).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "pickle"}, "format is 'pickle'"),
        ({"version": 1}, "version is '1', this program reads 2"),
        ({"schema": 0}, "schema is '0'"),
        ({"surprise": 1}, "sha256 does not match"),
        ({"reference": []}, "sha256 does not match"),
        ({"calibration": {"slope": -1.0, "intercept": 0.0}}, "sha256 does not match"),
        ({"sha256": "0" * 64}, "sha256 does not match"),
    ],
)
def test_a_file_that_was_not_written_by_this_program_is_refused_with_the_reason(
    model, change, message
):
    with pytest.raises(ModelFileError, match=message):
        LocalModel.from_json({**model.to_json(), **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"calibration": {"slope": -1.0, "intercept": 0.0}}, "calibration falls"),
        ({"parts": [{"kind": "pickle"}]}, "damaged"),
        ({"corpus": {}}, "damaged"),
        ({"features": ["cosine"]}, "trained with other features"),
    ],
)
def test_a_damaged_part_is_refused_even_with_a_fitting_digest(model, change, message):
    body = {**model.to_json(), **change}
    del body["sha256"]
    with pytest.raises(ModelFileError, match=message):
        LocalModel.from_json({**body, "sha256": _digest(body)})


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values)
def test_whatever_json_is_given_it_is_refused_in_the_same_way(value):
    with pytest.raises(ModelFileError):
        LocalModel.from_json(value)


@given(st.sampled_from(["features", "parts", "calibration", "version", "sha256"]), json_values)
def test_no_part_of_a_model_can_be_replaced_by_anything_else(model, part, value):
    stored = model.to_json()
    if json.dumps(stored[part]) == json.dumps(value):
        return
    with pytest.raises(ModelFileError):
        LocalModel.from_json({**stored, part: value})


def test_the_digest_covers_every_part(model):
    digests = {model.digest}
    for change in ({"calibration": Sigmoid(1.0, 0.5)}, {"reference": model.reference + 1}):
        digests.add(replace(model, **change).digest)
    assert len(digests) == 3
