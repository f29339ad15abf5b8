"""Features of a pair of statements, as numbers that a person can follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insights.text.facts.fact import Facts, read_facts
from insights.text.facts.kinds import DifferenceKind
from insights.text.guard.near_miss import differences
from insights.text.normalise import normalise
from insights.text.tokens import TokenKind, tokens

# Raised when a feature's meaning changes: models trained on the older meaning are refused.
FEATURE_SCHEMA = 1

LONG_WORD = 7
# Cutting words short conflates their forms nearly as well as a stemmer (McNamee et al. 2009).
STEM = 5
STOP_WORDS = frozenset(
    """
    a about also an and any are as at be been being but by can could did do does for from had has
    have he her him his how i if in into is it its just may me might must my of on or our she should
    so some such than that the their them then there these they this those to too us very was we
    were what when where which who whom whose why will with would you your
    """.split()
)


@dataclass(frozen=True)
class FeatureSpec:
    """One feature. `shown` words its value for a reader, `zero` a value of 0 where that differs."""

    name: str
    description: str
    shown: str
    zero: str = ""

    def sentence(self, value: float) -> str:
        """Say the value in plain words."""
        return self.zero if self.zero and value == 0 else self.shown.format(value)


_TEXT_FEATURES = (
    FeatureSpec("cosine", "Cosine of the embeddings", "The embeddings are {:.2f} alike"),
    FeatureSpec(
        "cosine_above_0.7",
        "max(0, cosine - 0.7): a bend, since a step in cosine weighs more among the near",
        "The embeddings are {:.2f} above 0.70 alike",
        "The embeddings are at most 0.70 alike",
    ),
    FeatureSpec(
        "cosine_above_0.9",
        "max(0, cosine - 0.9): a second bend, among the nearly equal",
        "The embeddings are {:.2f} above 0.90 alike",
        "The embeddings are at most 0.90 alike",
    ),
    FeatureSpec(
        "word_jaccard",
        "Shared words of all words (Jaccard 1912)",
        "{:.0%} of all words stand in both",
        "No word stands in both",
    ),
    FeatureSpec(
        "stem_jaccard",
        f"Content words in both, each by its first {STEM} letters, of all such",
        "{:.0%} of the content words' stems stand in both",
        "No stem of a content word stands in both",
    ),
    FeatureSpec(
        "content_coverage",
        "Shared words of the statement that has more, stop words aside",
        "{:.0%} of the fuller statement's content words stand in the other",
        "No content word stands in both",
    ),
    FeatureSpec(
        "content_unshared",
        "log(1 + content words of the fuller statement that the other lacks)",
        "The fuller statement says more than the other ({:.1f})",
        "The fuller statement adds no content word",
    ),
    FeatureSpec(
        "long_word_jaccard",
        f"Shared words of {LONG_WORD} letters or more, of all such words: rarer than short ones",
        "{:.0%} of the long words stand in both",
        "No long word stands in both",
    ),
    FeatureSpec(
        "trigram_dice",
        "Character trigrams in both (Dice 1945): word forms and compounds",
        "{:.0%} of the letter sequences are alike",
    ),
    FeatureSpec(
        "trigram_containment",
        "Shared character trigrams of the shorter statement",
        "{:.0%} of the shorter statement's letter sequences are in the other",
    ),
    FeatureSpec(
        "edit_similarity",
        "Longest common subsequence of words, twice, by all words (indel similarity)",
        "{:.0%} of the words come in the same order",
        "No words come in the same order",
    ),
    FeatureSpec(
        "length_ratio",
        "Words of the shorter statement by words of the longer",
        "The shorter statement has {:.0%} of the longer one's length",
    ),
    FeatureSpec(
        "code_overlap",
        "Shared words with a digit, of all such words",
        "{:.0%} of the numbers and codes stand in both",
        "No number or code stands in both",
    ),
    FeatureSpec(
        "code_shared",
        "1 when a word with a digit stands in both",
        "A number or code stands in both",
        "No number or code stands in both",
    ),
    FeatureSpec(
        "code_conflict",
        "1 when each has a word with a digit that the other lacks",
        "Each has a number or code that the other lacks",
        "Not both have a number or code that the other lacks",
    ),
)
_DIFFERENCES = (
    (DifferenceKind.NUMBER, "number", "numbers"),
    (DifferenceKind.DATE, "date or time", "dates or times"),
    (DifferenceKind.UNIT, "unit", "units"),
    (DifferenceKind.VERSION, "version", "versions"),
    (DifferenceKind.NAME, "name", "names"),
    (DifferenceKind.NEGATION, "negation or opposite", "negations or opposites"),
)
FEATURES: tuple[FeatureSpec, ...] = (
    *_TEXT_FEATURES,
    *(
        FeatureSpec(
            f"{kind}_conflict",
            f"1 when the two state different {many}",
            f"The {many} differ",
            f"The {many} do not contradict each other",
        )
        for kind, _, many in _DIFFERENCES
    ),
    *(
        FeatureSpec(
            f"{kind}_one_sided",
            f"1 when only one of the two states a {one}",
            f"Only one statement has a {one}",
            f"No {one} stands in one statement only",
        )
        for kind, one, _ in _DIFFERENCES
    ),
    FeatureSpec(
        "any_conflict",
        "1 when the two state different facts of any of these kinds",
        "A fact of one statement contradicts the other",
        "No fact of one statement contradicts the other",
    ),
    FeatureSpec(
        "any_difference",
        "1 when the two differ in a fact of any of these kinds, contradicting or one-sided",
        "The statements do not state the same facts",
        "The statements state the same facts",
    ),
)


class _Statement:
    """The sets that every comparison of one statement needs, made once."""

    def __init__(self, text: str) -> None:
        self.facts = read_facts(text)
        cut = tokens(normalise(text))
        self.words = [token.text for token in cut if token.kind is not TokenKind.PUNCTUATION]
        self.vocabulary = frozenset(self.words)
        self.content = self.vocabulary - STOP_WORDS
        self.long_words = frozenset(word for word in self.content if len(word) >= LONG_WORD)
        self.stems = frozenset(word[:STEM] for word in self.content)
        self.codes = frozenset(word for word in self.content if _has_digit(word))
        line = f" {' '.join(self.words)} "
        self.trigrams = frozenset(map("".join, zip(line, line[1:], line[2:], strict=False)))


# Reading the facts of a statement costs far more than comparing two, and an insight comes back in
# pair after pair. 2,048 statements are some tens of MB.
_read = lru_cache(maxsize=2048)(_Statement)


def pair_features(
    left: Sequence[str], right: Sequence[str], similarity: ArrayLike
) -> NDArray[np.float64]:
    """One row a pair and one column a feature of `FEATURES`: (n, f) float64, finite.

    `similarity` is the cosine of the embeddings, (n,). A pair has the same row whichever statement
    comes first. ValueError when the three differ in length or a similarity is not finite.
    """
    cosine = np.asarray(similarity, dtype=np.float64)
    if not (len(left) == len(right) and cosine.shape == (len(left),)):
        raise ValueError(
            f"{len(left)} left statements, {len(right)} right ones and similarities of shape "
            f"{cosine.shape}: give one of each for every pair."
        )
    if not np.isfinite(cosine).all():
        place = int(np.argmin(np.isfinite(cosine)))
        raise ValueError(f"The similarity of pair {place} is {cosine[place]}, not a number.")
    known = {text: _read(text) for text in {*left, *right}}
    rows = [_compare(known[a], known[b]) for a, b in zip(left, right, strict=True)]
    text = np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES) - 3)
    bends = [np.maximum(cosine - bend, 0.0) for bend in (0.7, 0.9)]
    return np.column_stack([cosine, *bends, text])


def _compare(left: _Statement, right: _Statement) -> tuple[float, ...]:
    shared = len(left.vocabulary & right.vocabulary)
    shared_content = len(left.content & right.content)
    shared_stems = len(left.stems & right.stems)
    shared_long = len(left.long_words & right.long_words)
    shared_trigrams = len(left.trigrams & right.trigrams)
    shared_codes = len(left.codes & right.codes)
    fuller = max(len(left.content), len(right.content))
    shorter, longer = sorted((len(left.words), len(right.words)))
    trigrams = sorted((len(left.trigrams), len(right.trigrams)))
    codes = sorted((len(left.codes), len(right.codes)))
    return (
        _share(shared, len(left.vocabulary) + len(right.vocabulary) - shared),
        _share(shared_stems, len(left.stems) + len(right.stems) - shared_stems),
        _share(shared_content, fuller),
        np.log1p(fuller - shared_content),
        _share(shared_long, len(left.long_words) + len(right.long_words) - shared_long),
        _share(2 * shared_trigrams, sum(trigrams)),
        _share(shared_trigrams, trigrams[0]),
        _share(2 * common_subsequence(left.words, right.words), shorter + longer),
        _share(shorter, longer),
        _share(shared_codes, sum(codes) - shared_codes),
        float(shared_codes > 0),
        float(codes[0] > shared_codes),
        *_disagreements(left.facts, right.facts),
    )


def _disagreements(left: Facts, right: Facts) -> list[float]:
    found = {(one.kind, one.one_sided) for one in differences(left, right)}
    conflicts = [float((kind, False) in found) for kind, _, _ in _DIFFERENCES]
    one_sided = [float((kind, True) in found) for kind, _, _ in _DIFFERENCES]
    return [*conflicts, *one_sided, max(conflicts), float(bool(found))]


def common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest common subsequence, bit-parallel (Hyyrö 2004): microseconds."""
    places: dict[str, int] = {}
    for index, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << index
    full = (1 << len(left)) - 1
    unmatched = full
    for word in right:
        matched = unmatched & places.get(word, 0)
        unmatched = (unmatched + matched) | (unmatched - matched)
    return len(left) - (unmatched & full).bit_count()


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
