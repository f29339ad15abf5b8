"""Features of the text alone: shared words, order, lengths, codes and contradicting facts."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from finetuning.ml.features.polarity import Polarity, turned
from insights.text.facts.differences import differences
from insights.text.facts.fact import read_facts
from insights.text.facts.kinds import DifferenceKind
from insights.text.normalise import normalise
from insights.text.tokens import TokenKind, common_subsequence, tokens

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


_KINDS = (
    DifferenceKind.NUMBER,
    DifferenceKind.DATE,
    DifferenceKind.UNIT,
    DifferenceKind.VERSION,
    DifferenceKind.NAME,
    DifferenceKind.NEGATION,
)
# (name, group): the group that an explanation counts the feature in.
SURFACE: tuple[tuple[str, str], ...] = (
    ("cosine", "meaning"),
    ("cosine_above_0.7", "meaning"),  # a bend: a step in cosine weighs more among the near
    ("cosine_above_0.9", "meaning"),
    ("word_jaccard", "words"),
    ("stem_jaccard", "words"),
    ("content_coverage", "words"),
    ("content_unshared", "words"),
    ("long_word_jaccard", "words"),
    ("trigram_dice", "words"),
    ("trigram_containment", "words"),
    ("edit_similarity", "words"),
    ("length_ratio", "length"),
    ("code_overlap", "codes"),
    ("code_shared", "codes"),
    ("code_conflict", "codes"),
    *((f"{kind}_conflict", "facts") for kind in _KINDS),
    *((f"{kind}_one_sided", "facts") for kind in _KINDS),
    ("any_conflict", "facts"),
    ("any_difference", "facts"),
)


class _Statement:
    """The sets that each comparison of a statement needs, made once."""

    def __init__(self, text: str) -> None:
        self.facts, self.polarity = read_facts(text), Polarity.of(text)
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


def surface_features(
    left: Sequence[str], right: Sequence[str], similarity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return one row a pair and one column a feature of `SURFACE`: (n, 29) float64."""
    known = {text: _read(text) for text in {*left, *right}}
    rows = [_compare(known[a], known[b]) for a, b in zip(left, right, strict=True)]
    text = np.array(rows, dtype=np.float64).reshape(len(rows), len(SURFACE) - 3)
    bends = [np.maximum(similarity - bend, 0.0) for bend in (0.7, 0.9)]
    return np.column_stack([similarity, *bends, text])


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
        *_disagreements(left, right),
    )


def _disagreements(left: _Statement, right: _Statement) -> list[float]:
    found = {(one.kind, one.one_sided) for one in differences(left.facts, right.facts)}
    found -= {(DifferenceKind.NEGATION, one_sided) for one_sided in (False, True)}
    if any(sides := turned(left.polarity, right.polarity)):
        found.add((DifferenceKind.NEGATION, not all(sides)))
    conflicts = [float((kind, False) in found) for kind in _KINDS]
    one_sided = [float((kind, True) in found) for kind in _KINDS]
    return [*conflicts, *one_sided, max(conflicts), float(bool(found))]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
