"""Sets of labelled pairs, embedded once, as the benchmarks of learning read them."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedup_project.demo.gold import Gold
from finetuning.ml.data.folds import linked_groups
from finetuning.ml.data.training_pairs import TrainingPairs
from insights.clustering.grouping import group
from insights.clustering.similarity import candidate_pairs, pair_similarity
from insights.embedding.minilm.embedder import OnnxMiniLM

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class LabelledSet:
    """Train and test parts; without an official test part, two fifths with own statements.

    `gold`: the group of each statement, where all are known.
    """

    name: str
    train: TrainingPairs
    test: TrainingPairs
    gold: Mapping[str, str] = field(default_factory=dict)


def labelled_sets(
    folder: Path,
    most: int,
    encoder: OnnxMiniLM,
    *,
    only: Collection[str] | None = None,
    holding: str = "train.jsonl",
) -> list[LabelledSet]:
    """Read each folder with train.jsonl and `holding`; `most` is the most training pairs of each.

    `only`: names of folders; None for all.
    """
    found = sorted(path.parent for path in folder.glob("*/train.jsonl"))
    return [
        _read(path, most, encoder)
        for path in found
        if (path / holding).is_file() and (not only or path.name in only)
    ]


def demo_set(encoder: OnnxMiniLM, candidates: float, most_members: int) -> LabelledSet:
    """Return the bundled corpus: its early clusters, decided by the gold; the later candidates.

    Early are the first two thirds of the statements. `candidates`: the least similarity.
    """
    statements, gold = zip(*Gold().statements(), strict=True)
    vectors, early = encoder.embed(statements), len(statements) * 2 // 3
    near = candidate_pairs(vectors[:early], candidates)
    clusters = group(
        early,
        near.left,
        near.right,
        near.similarity,
        threshold=candidates,
        scores=partial(pair_similarity, vectors[:early]),
        max_size=most_members,
    )
    decided = [
        (one, other, number)
        for number, cluster in enumerate(clusters)
        for at, one in enumerate(cluster.members)
        for other in cluster.members[at + 1 :]
    ]
    near = candidate_pairs(vectors, candidates)
    later = [
        (one, other, row)
        for row, (one, other) in enumerate(
            zip(near.left.tolist(), near.right.tolist(), strict=True)
        )
        if max(one, other) >= early
    ]

    def pairs(rows: list[tuple[int, int, int]]) -> TrainingPairs:
        left, right, decision = (list(column) for column in zip(*rows, strict=True))
        return TrainingPairs(
            left=[statements[row] for row in left],
            right=[statements[row] for row in right],
            similarity=pair_similarity(vectors, np.array(left), np.array(right)),
            label=np.array([gold[one] == gold[other] for one, other, _ in rows]),
            group=decision,
        )

    return LabelledSet("demo", pairs(decided), pairs(later), dict(Gold().statements()))


def take(pairs: TrainingPairs, rows: Iterable[int] | NDArray[np.intp]) -> TrainingPairs:
    """Return the pairs of these rows."""
    index = np.array(list(rows), dtype=np.intp)
    return TrainingPairs(
        left=[pairs.left[row] for row in index],
        right=[pairs.right[row] for row in index],
        similarity=pairs.similarity[index],
        label=pairs.label[index],
        group=[pairs.group[row] for row in index],
    )


def _read(folder: Path, most: int, encoder: OnnxMiniLM) -> LabelledSet:
    rows = _rows(folder / "train.jsonl")
    if (folder / "test.jsonl").is_file():
        known = _pairs(_sample(rows, most), encoder)
        return LabelledSet(folder.name, known, _pairs(_rows(folder / "test.jsonl"), encoder))
    natural = [row for row in rows if row.get("src", "cs224n") == "cs224n"]
    pairs = _pairs(_sample(natural, most * 5 // 3), encoder)
    held_out = linked_groups(pairs.left, pairs.right, pairs.group) % 5 < 2
    return LabelledSet(
        folder.name,
        take(pairs, np.flatnonzero(~held_out)),
        take(pairs, np.flatnonzero(held_out)),
    )


def _rows(file: Path) -> list[dict]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _sample(rows: list[dict], most: int) -> list[dict]:
    """Shuffle, so that the first rows are a sample too."""
    return [rows[index] for index in np.random.default_rng(0).permutation(len(rows))[:most]]


def _pairs(rows: list[dict], encoder: OnnxMiniLM) -> TrainingPairs:
    left, right = [row["text1"] for row in rows], [row["text2"] for row in rows]
    return TrainingPairs(
        left=left,
        right=right,
        similarity=_similarity(left, right, encoder),
        label=np.array([bool(row["label"]) for row in rows]),
        group=[f"{row['topic']} {row['stance']}" if "topic" in row else row["id"] for row in rows],
    )


def _similarity(left: list[str], right: list[str], encoder: OnnxMiniLM) -> NDArray[np.float64]:
    """Return cosines under the local embedder, cached from run to run."""
    digest = hashlib.sha256("\n".join([*left, *right]).encode()).hexdigest()[:16]
    kept = ROOT / "var" / "benchmarks" / f"pairs-{digest}.npy"
    if not kept.is_file():
        vectors = encoder.embed([*left, *right])
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, np.einsum("ij,ij->i", vectors[: len(left)], vectors[len(left) :]))
    return np.load(kept).astype(np.float64)
