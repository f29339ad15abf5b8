"""Every feature is symmetric and measures what its name says."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetuning.ml.features import ALL_FEATURES, TEXT_FEATURES, PairFeatures
from finetuning.ml.features.corpus import Corpus, words
from insights.embedding.minilm.embedder import OnnxMiniLM
from insights.text.tokens import common_subsequence

WORDS = (
    "the nurses carers 12 15 % minutes not never May 2024 v2.1 Leeds wait longer shorter km".split()
)
statements = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), st.text(max_size=40)
)


CORPUS = ("The nurses wait at Leeds", "The carers wait", "Never wait longer", "A rota is shorter")
plain = PairFeatures(Corpus.of(CORPUS))


def pair_features(left, right, similarity):
    return plain(left, right, similarity)


def features(left: str, right: str, similarity: float = 0.8) -> dict[str, float]:
    row = pair_features([left], [right], [similarity])[0]
    return dict(zip((name for name, _ in TEXT_FEATURES), row.tolist(), strict=True))


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
        ("Sickness never rises", "Sickness rarely rises", "negation_conflict"),
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


def test_every_feature_has_a_name_of_its_own():
    names = [name for name, _ in ALL_FEATURES]
    assert len(set(names)) == len(names)


def test_words_split_by_a_space_match_the_word_without_it():
    split = features("Sony dvdr 3570 recorder", "Sony dvdr3570 recorder")
    assert split["unmatched_high"] > 0
    assert split["glued_unmatched_high"] == 0
    assert split["models_conflict"] == 0
    other = features("Sony dvdr3570 recorder", "Sony dvdr3580 recorder")
    assert other["models_conflict"] == 1
    assert other["glued_unmatched_low"] > 0


def test_a_rare_word_that_is_missing_weighs_more_than_a_common_one():
    common = features("nurses wait", "nurses")
    rare = features("nurses zugzwang", "nurses")
    assert rare["rarest_unmatched_high"] > common["rarest_unmatched_high"] > 0


def test_the_idf_is_log_of_statements_by_document_frequency():
    corpus = Corpus.of(CORPUS)
    assert corpus.idf("wait") == pytest.approx(np.log(5 / 3), abs=1e-4)
    assert corpus.idf("nurses") == corpus.idf("unseen") == pytest.approx(np.log(5))


def test_the_word_cosine_is_scikit_learns():
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["the nurses wait wait", "the carers wait in the hall", "a rota", "nurses rota the"]
    tables = Corpus.of(texts)
    oracle = TfidfVectorizer(analyzer=words, sublinear_tf=True, smooth_idf=False).fit(texts)
    oracle.idf_ = np.array([tables.idf(word) for word in oracle.get_feature_names_out()])
    matrix = oracle.transform(texts)
    found = PairFeatures(tables)(texts[:3], texts[1:], [0.5] * 3)
    place = [name for name, _ in TEXT_FEATURES].index("word_tfidf")
    expected = [(matrix[row] @ matrix[row + 1].T)[0, 0] for row in range(3)]
    assert found[:, place] == pytest.approx(expected)


def test_token_states_add_an_alignment_that_finds_every_token_of_the_same_text():
    reader = OnnxMiniLM(threads=1)
    text, other = "The nurses wait for the rota", "Staff are waiting for a schedule"
    tables = Corpus.of([text, other], reader.token_ids([text, other]))
    compare = PairFeatures(tables, reader)
    rows = compare([text, text, other, "?"], [text, other, text, text], [1.0, 0.6, 0.6, 0.1])
    row = dict(zip((name for name, _ in ALL_FEATURES), rows[0], strict=True))
    assert row["coverage_low_words"] == pytest.approx(1, abs=1e-3)
    assert row["gap_high_context"] == pytest.approx(0, abs=1e-2)
    assert rows[1].tolist() == rows[2].tolist()
    assert np.isfinite(rows).all()


def test_no_pair_gives_no_row():
    assert pair_features([], [], []).shape == (0, len(TEXT_FEATURES))


@pytest.mark.parametrize(
    ("right", "similarity", "message"),
    [(["b"], [0.5, 0.6], "one of each"), ([], [0.5], "one of each"), (["b"], [np.nan], "pair 0")],
)
def test_what_does_not_fit_together_is_refused(right, similarity, message):
    with pytest.raises(ValueError, match=message):
        pair_features(["a"], right, similarity)


@pytest.mark.parametrize(
    ("left", "right", "conflicts"),
    [
        (
            "Night staff prefer fixed to rotating patterns.",
            "Night staff like rotating patterns better than fixed ones.",
            1,
        ),
        (
            "No-shows rose with the new rota.",
            "The number of no-shows went down with the new rota.",
            1,
        ),
        ("Drafts that were not saved are lost.", "Drafts are saved every few seconds.", 1),
        ("All guests got a key.", "Some guests got a key.", 1),
        ("The form is not difficult.", "The form is easy.", 0),
        ("Early and late trains are full.", "Late and early trains are full.", 0),
    ],
)
def test_claims_that_turn_conflict_however_little_is_aligned(left, right, conflicts):
    found = features(left, right)
    assert (found["negation_conflict"], found["any_difference"]) == (conflicts, conflicts)
