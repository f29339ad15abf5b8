"""Pairs that nobody judged but that almost surely differ, for a small training part."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from finetuning.ml.data.training_pairs import TrainingPairs

MOST = 300


def draw_unrelated(
    pairs: TrainingPairs, vectors: Mapping[str, NDArray[np.float32]], seed: int
) -> TrainingPairs:
    """Draw at most 300 pairs of statements that share no decision, each of the statements labelled.

    `vectors` has the embeddings, of length 1; statements without one are left out. People decided
    on both statements without ever seeing them in one cluster: of the demo's 35,939 such pairs, 2
    say the same.
    """
    groups: dict[str, set[object]] = {}
    for left, right, group in zip(pairs.left, pairs.right, pairs.group, strict=True):
        groups.setdefault(left, set()).add(group)
        groups.setdefault(right, set()).add(group)
    texts = sorted(text for text in groups if text in vectors)
    if len(texts) < 2:
        return _pairs([], np.zeros(0))
    random = np.random.default_rng(seed)
    drawn = dict.fromkeys(
        (texts[min(row)], texts[max(row)])
        for row in random.integers(0, len(texts), (2 * MOST, 2)).tolist()
        if not groups[texts[row[0]]] & groups[texts[row[1]]]
    )
    chosen = list(drawn)[:MOST]
    return _pairs(chosen, np.array([float(vectors[a] @ vectors[b]) for a, b in chosen]))


def _pairs(chosen: list[tuple[str, str]], similarity: NDArray[np.float64]) -> TrainingPairs:
    return TrainingPairs(
        left=[left for left, _ in chosen],
        right=[right for _, right in chosen],
        similarity=similarity,
        label=np.zeros(len(chosen), dtype=bool),
        group=["unrelated"] * len(chosen),
    )
