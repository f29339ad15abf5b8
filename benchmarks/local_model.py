"""The local model against plain similarity on public pairs, trained and tested on official parts.

    DATA=../shared/data python -m benchmarks.local_model [--pairs N]

First table, one row a set: the model and the similarity-only baseline are trained on the same part
and measured on the same test pairs, which neither has seen. AP is average precision; F1 is at the
threshold that was best on the training part (by out-of-fold probability for the model); Brier and
ECE are of the calibrated probability. `gain` is the difference in AP with its 95 % bootstrap
interval, `p` McNemar's test of the decisions at 0.5. `seconds` are of features and training.

Second table, what labels are worth: the same test pairs after training on the first pairs only.

The qqp set has no official split: pairs that share no question with the rest are held out.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetuning.ml.comparison import compare
from finetuning.ml.folds import linked_groups
from finetuning.ml.learners.similarity import SimilarityBaseline, best_f1_threshold
from finetuning.ml.metrics import Evaluation, decision_scores, evaluate
from finetuning.ml.training import TrainedLocalModel, train
from finetuning.ml.training_pairs import TrainingDataError, TrainingPairs
from insights.clustering.similarity import pair_similarity
from insights.embedding.minilm.embedder import OnnxMiniLM

ROOT = Path(__file__).resolve().parents[1]
LABEL_COUNTS = (30, 100, 300, 1000, 3000)
PUBLISHED = {
    "argkp21": "",
    "mrpc": "F1 .889 BERT-base, fine-tuned",
    "qqp": "",
    "em_abt-buy": "F1 .877 gpt-4o-mini, .941 fine-tuned",
}


@dataclass
class Result:
    trained: TrainedLocalModel
    model: Evaluation
    baseline: Evaluation
    model_f1: float
    gain: str
    p_value: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("DATA", "../shared/data"), type=Path)
    parser.add_argument("--pairs", default=8000, type=int, help="at most this many to train on")
    arguments = parser.parse_args()
    files = [arguments.data / name / "train.jsonl" for name in PUBLISHED]
    for file in files:
        if not file.is_file():
            sys.exit(
                f"{file} is not there. Give the folder of the public data: DATA=../shared/data"
            )

    parts = {name: _parts(arguments.data / name, arguments.pairs) for name in PUBLISHED}
    print(
        "| set | trained on | tested on (same) | AP: cosine | model | gain | F1: cosine | model "
        "| Brier: cosine | model | ECE | p | seconds | published elsewhere |"
    )
    print("|---" + "|---:" * 12 + "|---|")
    for name, (known, held_out) in parts.items():
        print(_row(name, known, held_out, measure(known, held_out)), flush=True)

    print("\n| AP / Brier after labels | cosine |", " | ".join(f"{n:,}" for n in LABEL_COUNTS), "|")
    print("|---" + "|---:" * (len(LABEL_COUNTS) + 1) + "|")
    for name, (known, held_out) in parts.items():
        print(_labels_row(name, known, held_out), flush=True)


def measure(known: TrainingPairs, held_out: TrainingPairs) -> Result:
    started = time.perf_counter()
    trained = train(known)
    seconds = time.perf_counter() - started
    baseline = SimilarityBaseline.fit(known.similarity, known.label)
    probability = trained.model.predict_probability(
        held_out.left, held_out.right, held_out.similarity
    )
    seen = trained.out_of_fold
    threshold = (
        best_f1_threshold(seen.probability[seen.seen], seen.label[seen.seen])
        if seen.seen.any()
        else 0.5
    )
    versus = compare(baseline.predict_probability(held_out.similarity), probability, held_out.label)
    gain = versus.average_precision
    return Result(
        trained=trained,
        model=evaluate(probability, held_out.label),
        baseline=baseline.evaluate(held_out.similarity, held_out.label),
        model_f1=decision_scores(probability, held_out.label, threshold).f1,
        gain=f"{gain.difference:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]" if gain else "-",
        p_value=versus.decisions.p_value,
        seconds=seconds,
    )


def _row(name: str, known: TrainingPairs, held_out: TrainingPairs, result: Result) -> str:
    model, baseline = result.model, result.baseline
    cells = [
        name,
        f"{len(known):,}",
        f"{len(held_out):,} ({held_out.label.mean():.0%})",
        f"{baseline.average_precision:.3f}",
        f"{model.average_precision:.3f}",
        result.gain,
        f"{baseline.decisions.f1:.3f}",
        f"{result.model_f1:.3f}",
        f"{baseline.brier:.3f}",
        f"{model.brier:.3f}",
        f"{model.calibration_error:.3f}",
        f"{result.p_value:.1g}",
        f"{result.seconds:.1f}",
        PUBLISHED[name],
    ]
    return f"| {' | '.join(cells)} |"


def _labels_row(name: str, known: TrainingPairs, held_out: TrainingPairs) -> str:
    cosine = SimilarityBaseline.fit(known.similarity, known.label)
    plain = cosine.evaluate(held_out.similarity, held_out.label)
    cells = [f"{plain.average_precision:.3f} / {plain.brier:.3f}"]
    for count in LABEL_COUNTS:
        try:
            model = train(_take(known, np.arange(min(count, len(known))))).model
        except TrainingDataError:
            cells.append("too few of one kind")
            continue
        measured = evaluate(
            model.predict_probability(held_out.left, held_out.right, held_out.similarity),
            held_out.label,
        )
        cells.append(f"{measured.average_precision:.3f} / {measured.brier:.3f}")
    return f"| {name} | {' | '.join(cells)} |"


def _parts(folder: Path, most: int) -> tuple[TrainingPairs, TrainingPairs]:
    rows = _rows(folder / "train.jsonl")
    if (folder / "test.jsonl").is_file():
        known, test = _sample(rows, most), _rows(folder / "test.jsonl")
        return _with_similarity(known), _with_similarity(test)
    rows = _sample([row for row in rows if row["src"] == "cs224n"], most * 5 // 4)
    component = linked_groups(
        [row["text1"] for row in rows], [row["text2"] for row in rows], range(len(rows))
    )
    pairs, held_out = _with_similarity(rows), component % 5 == 0
    return _take(pairs, np.flatnonzero(~held_out)), _take(pairs, np.flatnonzero(held_out))


def _rows(file: Path) -> list[dict]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _sample(rows: list[dict], most: int) -> list[dict]:
    """Return a random sample, in random order."""
    return [rows[index] for index in np.random.default_rng(0).permutation(len(rows))[:most]]


def _with_similarity(rows: list[dict]) -> TrainingPairs:
    left, right = [row["text1"] for row in rows], [row["text2"] for row in rows]
    return TrainingPairs(
        left=left,
        right=right,
        similarity=_similarity(left, right),
        label=np.array([bool(row["label"]) for row in rows]),
        group=[f"{row['topic']} {row['stance']}" if "topic" in row else row["id"] for row in rows],
    )


def _similarity(left: list[str], right: list[str]) -> NDArray[np.float64]:
    """Return cosines under the local embedder, cached between runs."""
    digest = hashlib.sha256("\n".join([*left, *right]).encode()).hexdigest()[:16]
    kept = ROOT / "var" / "benchmarks" / f"pairs-{digest}.npy"
    if not kept.is_file():
        print(f"Embedding {len(left):,} pairs into {kept}.", file=sys.stderr)
        vectors = OnnxMiniLM().embed([*left, *right])
        rows = np.arange(len(left))
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, pair_similarity(vectors, rows, rows + len(left)))
    return np.load(kept).astype(np.float64)


def _take(pairs: TrainingPairs, rows: NDArray[np.intp]) -> TrainingPairs:
    return TrainingPairs(
        left=[pairs.left[row] for row in rows],
        right=[pairs.right[row] for row in rows],
        similarity=pairs.similarity[rows],
        label=pairs.label[rows],
        group=[pairs.group[row] for row in rows],
    )


if __name__ == "__main__":
    main()
