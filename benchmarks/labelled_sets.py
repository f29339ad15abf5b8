"""Public sets of labelled pairs, embedded once, as the benchmarks of learning read them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetuning.ml.data.folds import linked_groups
from finetuning.ml.data.training_pairs import TrainingPairs
from insights.embedding.minilm.embedder import OnnxMiniLM

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class LabelledSet:
    """Train and test parts; without an official test part, a fifth with statements of its own."""

    name: str
    train: TrainingPairs
    test: TrainingPairs


def labelled_sets(folder: Path, most: int, encoder: OnnxMiniLM) -> list[LabelledSet]:
    """Read each folder that holds train.jsonl; `most` is the most training pairs of each."""
    found = sorted(path.parent for path in folder.glob("*/train.jsonl"))
    return [_read(path, most, encoder) for path in found]


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
    pairs = _pairs(_sample(natural, most * 5 // 4), encoder)
    held_out = linked_groups(pairs.left, pairs.right, pairs.group) % 5 == 0
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
    """Cosines under the local embedder, kept from run to run."""
    digest = hashlib.sha256("\n".join([*left, *right]).encode()).hexdigest()[:16]
    kept = ROOT / "var" / "benchmarks" / f"pairs-{digest}.npy"
    if not kept.is_file():
        vectors = encoder.embed([*left, *right])
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, np.einsum("ij,ij->i", vectors[: len(left)], vectors[len(left) :]))
    return np.load(kept).astype(np.float64)
