"""The features of a pair: one row of numbers, symmetric in the two statements."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finetuning.ml.features.alignment import ALIGNMENT, Tokens, alignment
from finetuning.ml.features.corpus import Corpus
from finetuning.ml.features.lexical import LEXICAL, Lexical
from finetuning.ml.features.surface import SURFACE, surface_features

# Raised when a feature's meaning changes: models trained on the older meaning are refused.
FEATURE_SCHEMA = 2
TEXT_FEATURES = (*SURFACE, *LEXICAL)
ALL_FEATURES = (*TEXT_FEATURES, *ALIGNMENT)
# Features that grow with the length of the statements or the rarity of their words, so their range
# belongs to a topic; all others are shares.
_GROWING = (
    "rarest_unmatched", "unmatched", "glued_rarest", "glued_unmatched", "first_word", "length_low",
    "length_high", "worst", "gap",
)  # fmt: skip
TOPICAL = [at for at, (name, _) in enumerate(ALL_FEATURES) if name.startswith(_GROWING)]
CHUNK = 256  # pairs whose token states are in memory at a time


class TokenReader(Protocol):
    """An embedder that also gives the states of its tokens, such as `OnnxMiniLM`."""

    def token_states(self, texts: Sequence[str]) -> Sequence[Tokens]: ...
    def token_ids(self, texts: Sequence[str]) -> Sequence[NDArray[np.int64]]: ...


class PairFeatures:
    """Computes features by one corpus, with token states where a reader gives them."""

    def __init__(self, corpus: Corpus, reader: TokenReader | None = None) -> None:
        self.corpus, self._reader = corpus, reader
        self.lexical = Lexical(corpus)

    def __call__(
        self, left: Sequence[str], right: Sequence[str], similarity: ArrayLike
    ) -> NDArray[np.float64]:
        """Return one row a pair: (n, f) float64, finite, f = 50, or 66 with a token reader.

        `similarity` is the cosine of the embeddings, (n,). Raises ValueError when the three differ
        in length or a similarity is not finite.
        """
        cosine = np.asarray(similarity, dtype=np.float64)
        _refuse_unfit(left, right, cosine)
        # In one order, so that rounding is the same whichever statement comes first.
        pairs = [(min(pair), max(pair)) for pair in zip(left, right, strict=True)]
        text = surface_features([a for a, _ in pairs], [b for _, b in pairs], cosine)
        lexical = np.array([self.lexical.compare(a, b) for a, b in pairs], dtype=np.float64)
        parts = [text, lexical.reshape(len(pairs), len(LEXICAL))]
        if self._reader is not None:
            rows: list[list[float]] = []
            for start in range(0, len(pairs), CHUNK):
                rows += self._aligned(pairs[start : start + CHUNK], self._reader)
            parts.append(np.array(rows, dtype=np.float64).reshape(len(pairs), len(ALIGNMENT)))
        return np.hstack(parts)

    def _aligned(self, pairs: Sequence[tuple[str, str]], reader: TokenReader) -> list[list[float]]:
        texts = sorted({text for pair in pairs for text in pair if text.strip()})
        known = dict(zip(texts, reader.token_states(texts), strict=True))
        return [
            alignment(self.corpus, known[a], known[b])
            if a in known and b in known
            else [0.0] * len(ALIGNMENT)
            for a, b in pairs
        ]


def _refuse_unfit(left: Sequence[str], right: Sequence[str], cosine: NDArray[np.float64]) -> None:
    if not (len(left) == len(right) and cosine.shape == (len(left),)):
        raise ValueError(
            f"{len(left)} left statements, {len(right)} right ones and similarities of shape "
            f"{cosine.shape}: give one of each for every pair."
        )
    if not np.isfinite(cosine).all():
        place = int(np.argmin(np.isfinite(cosine)))
        raise ValueError(f"The similarity of pair {place} is {cosine[place]}, not a number.")
