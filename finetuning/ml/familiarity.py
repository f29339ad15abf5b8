"""Measure how far a pair is from what a version was trained on."""

import base64
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

# 8-bit vectors of this many statements take 0.4 MB at 384 dimensions.
SKETCH = 1024
GRID = np.linspace(0.0, 1.0, 101)
OUTER = 0.005  # share of the training pairs beyond each end of a feature's range


@dataclass(frozen=True)
class Familiarity:
    """A sketch of a training set.

    sketch: (k, d) int8, sampled training statements' embeddings times 127.
    nearest: (101,) quantiles, over the sketch, of a statement's largest cosine to a statement of
        another decision.
    low, high: (f,) range of each feature in training.
    outside: (101,) quantiles, over the training pairs, of the share of features out of range.
    """

    sketch: NDArray[np.int8]
    nearest: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    outside: NDArray[np.float64]

    @classmethod
    def fit(
        cls, vectors: ArrayLike, group: Sequence[Hashable], features: ArrayLike, seed: int = 42
    ) -> Self:
        """Sketch a training set.

        vectors: (s, d), rows of length 1, the training statements' embeddings.
        group: (s,), the decision of each statement; nearness within one says nothing.
        features: (n, f) of the training pairs.
        """
        all_vectors, values = np.asarray(vectors, np.float32), np.asarray(features, np.float64)
        drawn = np.random.default_rng(seed).permutation(len(all_vectors))[:SKETCH]
        sketch = np.round(all_vectors[drawn] * 127).clip(-127, 127).astype(np.int8)
        numbers = {one: number for number, one in enumerate(dict.fromkeys(group))}
        decision = np.array([numbers[group[row]] for row in drawn], dtype=np.int64)
        cosine = _cosine(all_vectors[drawn], sketch)
        cosine[decision[:, np.newaxis] == decision] = -1.0
        nearest = cosine.max(axis=1, initial=-1.0)
        low, high = np.quantile(values, (OUTER, 1 - OUTER), axis=0)
        outside = ((values < low) | (values > high)).mean(axis=1)
        return cls(sketch, np.quantile(nearest, GRID), low, high, np.quantile(outside, GRID))

    def __call__(
        self, vectors_a: ArrayLike, vectors_b: ArrayLike, features: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the familiarity of n pairs, (n,) in 0..1.

        vectors_a, vectors_b: (n, d), rows of length 1; features: (n, f), in the trained order.

        It is the least of three ranks: of each statement, the share of training statements that
        are further from their nearest neighbour of another decision; of the features, the share of
        training pairs with at least as many out of range. 0.05 is thus as strange as the strangest
        twentieth of the training set (by the weakest of three ranks), and 0 stranger than all.
        """
        values = np.asarray(features, np.float64)
        outside = ((values < self.low) | (values > self.high)).mean(axis=1)
        ranks = [
            _share_at_most(self.nearest, self.nearest_cosine(vectors_a)),
            _share_at_most(self.nearest, self.nearest_cosine(vectors_b)),
            _share_at_most(-self.outside[::-1], -outside),
        ]
        return np.min(ranks, axis=0)

    def nearest_cosine(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """Return each vector's cosine to the nearest sketched statement, (n,)."""
        return _cosine(np.asarray(vectors, np.float32), self.sketch).max(axis=1, initial=-1.0)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, about 0.5 MB."""
        return {
            "dimensions": int(self.sketch.shape[1]),
            "sketch": base64.b64encode(self.sketch.tobytes()).decode(),
            **{name: np.round(getattr(self, name), 6).tolist() for name in _NUMBERS},
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Raises ValueError or KeyError for a sketch that was damaged."""
        data = np.frombuffer(base64.b64decode(stored["sketch"], validate=True), dtype=np.int8)
        numbers = {name: np.array(stored[name], dtype=np.float64) for name in _NUMBERS}
        return cls(data.reshape(-1, stored["dimensions"]), **numbers)


_NUMBERS = ("nearest", "low", "high", "outside")


def _cosine(vectors: NDArray[np.float32], sketch: NDArray[np.int8]) -> NDArray[np.float64]:
    known = sketch.astype(np.float32)
    known /= np.maximum(np.linalg.norm(known, axis=1, keepdims=True), 1e-9)
    return (vectors @ known.T).astype(np.float64)


def _share_at_most(
    quantiles: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of a distribution, given by its 101 quantiles, that is at most `value`.

    0 below its least value, 1 from its largest on; within ties the upper end counts.
    """
    place = np.searchsorted(quantiles, value, side="right")
    return np.where(place == 0, 0.0, (place - 1) / (len(quantiles) - 1)).clip(0.0, 1.0)
