"""Features of the token alignment: how well each token of one statement is found in the other.

Greedy matching of contextual token vectors weighted by IDF, as in BERTScore (Zhang et al. 2020).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finetuning.ml.features.corpus import STEPS, Corpus

LAYERS = 2  # those that `TokenReader` gives
_NAMES = ("coverage", "worst", "gap", "gaps")
ALIGNMENT: tuple[tuple[str, str], ...] = tuple(
    (f"{name}_{end}_{layer}", "meaning")
    for layer in ("words", "context")
    for name in _NAMES
    for end in ("low", "high")
)


class Tokens(Protocol):
    """ids: (t,) int64 of the vocabulary; states: (LAYERS, t, d), rows of length 1."""

    @property
    def ids(self) -> NDArray[np.int64]: ...
    @property
    def states(self) -> NDArray[np.float16]: ...


@dataclass(frozen=True, slots=True)
class _Side:
    """Weight (t,) and best match (LAYERS, t) of each token."""

    weight: NDArray[np.float64]
    best: NDArray[np.float64]

    def measures(self) -> NDArray[np.float64]:
        """Return (LAYERS, 4): coverage, worst match, largest and summed IDF * (1 - best match)."""
        gap = self.weight * (1 - self.best)
        total = self.weight.sum() + 1e-9
        return np.column_stack(
            [self.best @ self.weight / total, self.best.min(1), gap.max(1), gap.sum(1)]
        )


def alignment(corpus: Corpus, left: Tokens, right: Tokens) -> list[float]:
    """Return the features of `ALIGNMENT`; the same whichever statement comes first."""
    if not (len(left.ids) and len(right.ids)):
        return [0.0] * len(ALIGNMENT)
    # Not `matmul`: BLAS hands even such small products to threads, and waits for them.
    cosine = np.einsum(
        "ltd,lsd->lts", left.states.astype(np.float32), right.states.astype(np.float32)
    ).astype(np.float64)
    sides = [
        _Side(corpus.tokens[one.ids] / STEPS, cosine.max(axis)).measures()
        for one, axis in ((left, 2), (right, 1))
    ]
    return np.sort(np.stack(sides, axis=-1), axis=-1).reshape(-1).tolist()
