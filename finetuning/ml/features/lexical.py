"""Features that weigh words by their rarity in a corpus (TF-IDF; Spärck Jones 1972)."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from finetuning.ml.features.corpus import STEPS, Corpus, grams, words

LEXICAL: tuple[tuple[str, str], ...] = (
    ("idf_jaccard", "words"),
    ("idf_containment", "words"),
    ("idf_coverage", "words"),
    ("rarest_unmatched_low", "unmatched"),
    ("rarest_unmatched_high", "unmatched"),
    ("unmatched_low", "unmatched"),
    ("unmatched_high", "unmatched"),
    # The same, once words that the other writes with or without a space are matched.
    ("glued_rarest_low", "unmatched"),
    ("glued_rarest_high", "unmatched"),
    ("glued_unmatched_low", "unmatched"),
    ("glued_unmatched_high", "unmatched"),
    ("glued_coverage_low", "words"),
    ("glued_coverage_high", "words"),
    ("letter_tfidf", "words"),
    ("word_tfidf", "words"),
    ("models_agree", "codes"),
    ("models_conflict", "codes"),
    ("models_one_sided", "codes"),
    ("first_word", "words"),
    ("length_low", "length"),
    ("length_high", "length"),
)
SHORTEST_INSIDE = 5  # letters: shorter words occur inside other words by chance


@dataclass(frozen=True, slots=True)
class Read:
    """A statement read for comparison: weights by word, sparse letter vector, glued forms."""

    order: list[str]
    weight: dict[str, float]
    tfidf: dict[str, float]
    gram_at: NDArray[np.int64]
    gram_weight: NDArray[np.float64]
    glued: str
    joined: frozenset[str]
    models: frozenset[str]


class Lexical:
    """Compare statements by the rarity of what they share; bounded memory."""

    def __init__(self, corpus: Corpus, most: int = 4096) -> None:
        self._corpus, self._most = corpus, most
        self._known: dict[str, Read] = {}

    def read(self, text: str) -> Read:
        """Return the parts of a statement, kept for the next comparison."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= self._most:
                self._known.pop(next(iter(self._known)))
            found = self._known[text] = self._read(text)
        return found

    def _read(self, text: str) -> Read:
        order = words(text)
        weight = {word: self._corpus.idf(word) for word in order}
        tfidf = {w: (1 + np.log(n)) * weight[w] for w, n in Counter(order).items()}
        length = float(np.sqrt(sum(value * value for value in tfidf.values()))) or 1.0
        at, count = np.unique(grams(text), return_counts=True)
        values = (1 + np.log(count)) * self._corpus.grams[at] / STEPS
        return Read(
            order,
            weight,
            {word: float(value) / length for word, value in tfidf.items()},
            at,
            values / (np.linalg.norm(values) or 1.0),
            "".join(order),
            frozenset(a + b for a, b in pairwise(order)),
            frozenset(word for word in weight if _is_model(word)),
        )

    def unmatched(self, left: str, right: str) -> tuple[dict[str, float], dict[str, float]]:
        """Return each side's words that the other lacks, glued or not, with their IDF."""
        a, b = self.read(left), self.read(right)
        return _glued(_lacking(a, b), a, b), _glued(_lacking(b, a), b, a)

    def compare(self, left: str, right: str) -> list[float]:
        """Return the features of `LEXICAL`; the same whichever statement comes first."""
        a, b = self.read(left), self.read(right)
        shared = sum(value for word, value in a.weight.items() if word in b.weight)
        totals = sum(a.weight.values()), sum(b.weight.values())
        low, high = sorted(totals)
        lacking = _lacking(a, b), _lacking(b, a)
        glued = _glued(lacking[0], a, b), _glued(lacking[1], b, a)
        coverage = sorted(
            1 - sum(one.values()) / (total or 1.0) for one, total in zip(glued, totals, strict=True)
        )
        _, at_a, at_b = np.intersect1d(a.gram_at, b.gram_at, True, return_indices=True)
        ours, theirs = a.models - b.models, b.models - a.models
        alone = sorted((len(ours & glued[0].keys()), len(theirs & glued[1].keys())))
        return [
            shared / (low + high - shared or 1.0),
            shared / (low or 1.0),
            shared / (high or 1.0),
            *_rarest_and_sum(lacking),
            *_rarest_and_sum(glued),
            *coverage,
            float(a.gram_weight[at_a] @ b.gram_weight[at_b]),
            _dot(a.tfidf, b.tfidf),
            float(len(a.models & b.models) + len(ours | theirs) - sum(alone)),
            *map(float, alone),
            float(a.order[:1] == b.order[:1]),
            *(float(np.log1p(n)) for n in sorted((len(a.order), len(b.order)))),
        ]


def _is_model(word: str) -> bool:
    digits = sum(character.isdigit() for character in word)
    return len(word) >= 3 and digits > 0


def _lacking(a: Read, b: Read) -> dict[str, float]:
    return {word: value for word, value in a.weight.items() if word not in b.weight}


def _glued(lacking: dict[str, float], a: Read, b: Read) -> dict[str, float]:
    """Return the words left unmatched once "dvdr3570" matches "dvdr 3570"."""
    parts = [whole for whole in b.weight if whole in a.joined]
    return {
        word: value
        for word, value in lacking.items()
        if not (
            word in b.joined
            or any(word in whole for whole in parts)
            or (len(word) >= SHORTEST_INSIDE and word in b.glued)
        )
    }


def _rarest_and_sum(sides: tuple[dict[str, float], dict[str, float]]) -> list[float]:
    rarest = sorted(max(one.values(), default=0.0) for one in sides)
    return [*rarest, *sorted(sum(one.values()) for one in sides)]


def _dot(a: dict[str, float], b: dict[str, float]) -> float:
    # In one order, so that the sum is the same bits both ways round.
    return sum(a[word] * b[word] for word in sorted(a.keys() & b.keys()))
