"""Every feature is symmetric and measures what its name says."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetuning.ml.features import FEATURES, common_subsequence, pair_features

WORDS = (
    "the nurses carers 12 15 % minutes not never May 2024 v2.1 Leeds wait longer shorter km".split()
)
statements = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), st.text(max_size=40)
)


def features(left: str, right: str, similarity: float = 0.8) -> dict[str, float]:
    row = pair_features([left], [right], [similarity])[0]
    return dict(zip((spec.name for spec in FEATURES), row.tolist(), strict=True))


@settings(max_examples=300)
@given(statements, statements, st.floats(-1, 1))
def test_features_are_finite_and_do_not_depend_on_which_statement_comes_first(left, right, cosine):
    rows = pair_features([left, right], [right, left], [cosine, cosine])
    assert np.isfinite(rows).all()
    assert rows[0].tolist() == rows[1].tolist()


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abc"), max_size=9))
def test_the_common_subsequence_is_the_longest(left, right):
    table = np.zeros((len(left) + 1, len(right) + 1), dtype=int)
    for i, j in product(range(len(left)), range(len(right))):
        table[i + 1, j + 1] = (
            table[i, j] + 1 if left[i] == right[j] else max(table[i, j + 1], table[i + 1, j])
        )
    assert common_subsequence(left, right) == table[-1, -1]


def test_equal_statements_share_everything_and_differ_in_nothing():
    row = features("Rotas at Leeds take 12 minutes", "Rotas at Leeds take 12 minutes", 1.0)
    shared = {
        "word_jaccard",
        "stem_jaccard",
        "content_coverage",
        "long_word_jaccard",
        "trigram_dice",
    }
    shared |= {"trigram_containment", "edit_similarity", "length_ratio", "code_overlap"}
    assert {row[name] for name in shared} == {1.0}
    assert {
        value for name, value in row.items() if name.endswith(("conflict", "sided", "difference"))
    } == {0.0}


@pytest.mark.parametrize(
    ("left", "right", "raised"),
    [
        ("Rotas take 12 minutes", "Rotas take 15 minutes", "number_conflict"),
        ("Rotas take 12 minutes", "Rotas take 12 hours", "unit_conflict"),
        ("Rotas take 12 minutes", "Rotas take long", "number_one_sided"),
        ("It opened in May 2023", "It opened in June 2024", "date_conflict"),
        ("It broke in version 2.1", "It broke in version 2.2", "version_conflict"),
        ("Staff in Leeds agree", "Staff in York agree", "name_conflict"),
        ("Carers print the rota", "Carers do not print the rota", "negation_one_sided"),
        ("Sickness rose in winter", "Sickness fell in winter", "negation_conflict"),
        ("The model is DSC-W120", "The model is DSC-W130", "code_conflict"),
    ],
)
def test_a_near_miss_raises_its_own_feature(left, right, raised):
    row = features(left, right)
    assert row[raised] == 1.0
    assert row["any_conflict"] == float(raised.endswith("_conflict"))
    assert row["any_difference"] == 1.0


def test_the_same_words_in_another_order_lower_the_edit_similarity_only():
    straight = features("carers trust nurses", "carers trust nurses")
    swapped = features("carers trust nurses", "nurses trust carers")
    assert swapped["word_jaccard"] == straight["word_jaccard"] == 1.0
    assert swapped["edit_similarity"] < straight["edit_similarity"]


def test_word_forms_share_their_stem():
    row = features("managers scheduling shifts", "a manager schedules shifts")
    assert row["stem_jaccard"] == 1.0
    assert row["content_coverage"] < 0.5


@pytest.mark.parametrize(
    ("cosine", "above_070", "above_090"), [(0.6, 0, 0), (0.8, 0.1, 0), (1.0, 0.3, 0.1)]
)
def test_the_cosine_bends_at_seven_and_nine_tenths(cosine, above_070, above_090):
    row = features("a", "b", cosine)
    assert row["cosine"] == cosine
    assert row["cosine_above_0.7"] == pytest.approx(above_070)
    assert row["cosine_above_0.9"] == pytest.approx(above_090)


def test_every_feature_is_worded_for_a_reader_at_zero_and_above():
    names = [spec.name for spec in FEATURES]
    assert len(set(names)) == len(names)
    for spec in FEATURES:
        for value in (0.0, 0.5, 1.0):
            sentence = spec.sentence(value)
            assert sentence
            assert "{" not in sentence
        assert spec.description


def test_no_pair_gives_no_row():
    assert pair_features([], [], []).shape == (0, len(FEATURES))


@pytest.mark.parametrize(
    ("right", "similarity", "message"),
    [(["b"], [0.5, 0.6], "one of each"), ([], [0.5], "one of each"), (["b"], [np.nan], "pair 0")],
)
def test_what_does_not_fit_together_is_refused(right, similarity, message):
    with pytest.raises(ValueError, match=message):
        pair_features(["a"], right, similarity)
