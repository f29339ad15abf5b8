"""Recall and precision of the candidate pairs by cosine threshold, for the local embedder.

    DATA=../shared/data python -m benchmarks.similarity_threshold

First table, labelled pairs from DATA/argkp21 and DATA/mrpc: recall is the share of true pairs at or
above the threshold, precision the share of true ones among all pairs at or above it.

Second table, the demo corpus: all pairs of its distinct statements; pairs within one gold cluster
are true. `candidates` as above; `near misses` are the false candidates within one family (same
fact, other number, date, name ...), which no threshold can separate. `clusters` are the groups that
a reviewer sees without a model, average linkage at the same threshold: recall and precision of the
pairs inside, how many there are, and how many hold true pairs only. `perfect judge` is the recall
of the groups if a model judged each candidate correctly: an upper bound for this threshold.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from insights.clustering.grouping import Group, group
from insights.clustering.similarity import CandidatePairs, candidate_pairs, pair_similarity
from insights.embedding import Embedder
from insights.embedding.minilm.embedder import OnnxMiniLM

GOLD = Path(__file__).resolve().parents[1] / "dedup_project" / "demo" / "corpus" / "gold.csv"
PAIR_FILES = [
    "argkp21/train.jsonl",
    "argkp21/dev.jsonl",
    "argkp21/test.jsonl",
    "mrpc/train.jsonl",
    "mrpc/test.jsonl",
]
THRESHOLDS = np.arange(50, 91, 2) / 100


CERTAIN_AT_LEAST = 0.7  # what an average of the model's verdicts must reach in a clustering run


@dataclass
class LabelledPairs:
    """Labelled pairs. `similarity`: (m,) float32, cosine; `same`: (m,) bool."""

    similarity: NDArray[np.float32]
    same: NDArray[np.bool_]

    def recall_and_precision(self, threshold: float) -> str:
        chosen = self.similarity >= threshold
        return _shares(int((chosen & self.same).sum()), int(self.same.sum()), int(chosen.sum()))


@dataclass
class Corpus:
    """Distinct statements: `vectors` (n, 384) float32; `cluster` and `family` (n,) of names."""

    vectors: NDArray[np.float32]
    cluster: NDArray[np.str_]
    family: NDArray[np.str_]

    def same(self, left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.bool_]:
        return self.cluster[left] == self.cluster[right]

    def true_pairs(self) -> int:
        sizes = np.unique(self.cluster, return_counts=True)[1]
        return int((sizes * (sizes - 1) // 2).sum())

    def row(self, threshold: float) -> list[str]:
        pairs = candidate_pairs(self.vectors, threshold, max_neighbours=None)
        same = self.same(pairs.left, pairs.right)
        family = self.family[pairs.left]
        near_miss = ~same & (family != "") & (family == self.family[pairs.right])
        groups = self._grouped(pairs, pairs.similarity, threshold)
        judged = self._grouped(pairs, same.astype(float), CERTAIN_AT_LEAST)
        found, chosen = self._pairs_inside(groups)
        pure = sum(len(set(self.cluster[list(one.members)])) == 1 for one in groups)
        return [
            _shares(int(same.sum()), self.true_pairs(), len(pairs)),
            f"{len(pairs):,}",
            f"{near_miss.sum():,}",
            _shares(found, self.true_pairs(), chosen),
            f"{len(groups)}",
            f"{pure}",
            f"{self._pairs_inside(judged)[0] / self.true_pairs():.2f}",
        ]

    def _grouped(
        self, pairs: CandidatePairs, score: NDArray[np.floating], threshold: float
    ) -> list[Group]:
        apart = score < threshold
        return group(
            len(self.vectors),
            pairs.left,
            pairs.right,
            score,
            threshold=threshold,
            scores=partial(pair_similarity, self.vectors),
            must_not_link=zip(pairs.left[apart].tolist(), pairs.right[apart].tolist(), strict=True),
        )

    def _pairs_inside(self, groups: list[Group]) -> tuple[int, int]:
        """Count the pairs inside the groups: true ones, and all."""
        true = total = 0
        for one in groups:
            members = np.array(one.members)
            i, j = np.triu_indices(len(members), k=1)
            true += int(self.same(members[i], members[j]).sum())
            total += len(i)
        return true, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("DATA", "../shared/data"), type=Path)
    data = parser.parse_args().data
    for file in [GOLD, *(data / name for name in PAIR_FILES)]:
        if not file.is_file():
            sys.exit(
                f"{file} is not there. Give the folder of the public data: DATA=../shared/data"
            )

    embedder = OnnxMiniLM()
    sets = {name: _labelled_pairs(embedder, data / name) for name in PAIR_FILES}
    print("Cells: recall / precision. Heads: true pairs of all pairs.\n")
    _table(
        [
            f"{name.removesuffix('.jsonl')}, {pairs.same.sum():,} of {len(pairs.same):,}"
            for name, pairs in sets.items()
        ],
        lambda threshold: [pairs.recall_and_precision(threshold) for pairs in sets.values()],
    )

    corpus = _corpus(embedder, GOLD)
    print(f"\nDemo corpus: {len(corpus.vectors)} statements, {corpus.true_pairs()} true pairs.\n")
    _table(
        ["candidates", "count", "near misses", "clusters", "count", "pure", "perfect judge"],
        corpus.row,
    )


def _table(head: list[str], row: Callable[[float], list[str]]) -> None:
    print("| cosine at least |", " | ".join(head), "|")
    print("|---:" * (len(head) + 1) + "|")
    for threshold in THRESHOLDS:
        print(f"| {threshold:.2f} |", " | ".join(row(threshold)), "|")


def _shares(found: int, true: int, chosen: int) -> str:
    return f"{found / true:.2f} / " + (f"{found / chosen:.2f}" if chosen else "-")


def _labelled_pairs(embedder: Embedder, file: Path) -> LabelledPairs:
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = list(dict.fromkeys(text for row in rows for text in (row["text1"], row["text2"])))
    place = {text: index for index, text in enumerate(texts)}
    vectors = embedder.embed(texts)
    left = vectors[[place[row["text1"]] for row in rows]]
    right = vectors[[place[row["text2"]] for row in rows]]
    same = np.array([row["label"] == 1 for row in rows])
    return LabelledPairs((left * right).sum(axis=1), same)


def _corpus(embedder: Embedder, gold: Path) -> Corpus:
    """Return each statement once; ingestion finds exact repeats by their hash."""
    with gold.open(encoding="utf-8", newline="") as lines:
        rows = list({row["statement"]: row for row in csv.DictReader(lines)}.values())
    return Corpus(
        embedder.embed([row["statement"] for row in rows]),
        np.array([row["cluster"] for row in rows]),
        np.array([row["family"] for row in rows]),
    )


if __name__ == "__main__":
    main()
