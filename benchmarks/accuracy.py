"""Accuracy of the local model on public sets of labelled pairs, beside cosine and version 1.

    python -m benchmarks.accuracy --data ../shared/data [--guard pairs.tsv] [--only NAME ...]

Trained on the train part, measured on the test part. The document frequencies are those of the
statements that are judged, as in the application, where every insight is known before it is judged;
"frozen" keeps those of the training part. Version 1 is frozen here: 29 features of the text,
logistic regression, folds by all shared statements.
"""

import argparse
import csv
import os
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from benchmarks.cross_domain import MERGE_FROM
from benchmarks.labelled_sets import LabelledSet, labelled_sets, take
from finetuning.ml.calibration import fit_sigmoid
from finetuning.ml.data.folds import grouped_folds, linked_groups
from finetuning.ml.data.training_pairs import TrainingPairs
from finetuning.ml.features import PairFeatures
from finetuning.ml.features.surface import surface_features
from finetuning.ml.learners.logistic import Logistic
from finetuning.ml.learners.similarity import SimilarityBaseline, best_f1_threshold
from finetuning.ml.local_model import corpus_of
from finetuning.ml.metrics import average_precision, decision_scores, evaluate, log_loss
from finetuning.ml.thresholds import choose_threshold
from finetuning.ml.training import TrainedLocalModel, train
from insights.embedding.minilm.embedder import EightBitMiniLM, OnnxMiniLM
from insights.text.guard.compare import compare

PUBLISHED = {
    "mrpc": "F1 .889, BERT-base fine-tuned",
    "em_abt-buy": "F1 .877, gpt-4o-mini; .941 fine-tuned",
}
FEW = (20, 50, 100)
SEEDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("DATA", "../shared/data"), type=Path)
    parser.add_argument("--guard", type=Path, help="TSV: label, kind, first, second")
    parser.add_argument("--pairs", default=8000, type=int, help="at most this many to train on")
    parser.add_argument("--only", nargs="*", help="names of sets")
    parser.add_argument("--few", action="store_true", help="the curves with few labels only")
    parser.add_argument("--eight-bits", action="store_true", help="with the faster embedder")
    arguments = parser.parse_args()
    encoder = EightBitMiniLM() if arguments.eight_bits else OnnxMiniLM()
    sets = labelled_sets(arguments.data, arguments.pairs, encoder, only=arguments.only)
    if not sets:
        parser.error(f"{arguments.data} holds no folder with train.jsonl.")
    if arguments.few:
        few_labels(sets, encoder)
        return
    print(
        "| set | model | AP | F1 | calibration error | coverage at P .95 | at P .99 "
        "| its own .99 threshold: precision / coverage | seconds | published |\n"
        + "|---" * 10
        + "|"
    )
    trained = {}
    for one in sets:
        trained[one.name] = measure(one, encoder)
    few_labels(sets, encoder)
    if arguments.guard:
        guard_pairs(arguments.guard, trained, encoder)


def measure(one: LabelledSet, encoder: OnnxMiniLM) -> TrainedLocalModel:
    """Print the rows of one set and return its trained model."""
    known, test = one.train, one.test
    cosine = SimilarityBaseline.fit(known.similarity, known.label)
    probability = cosine.predict_probability(known.similarity)
    _row(one, "cosine", probability, known.label, cosine.predict_probability(test.similarity), 0)
    _row(one, "version 1", *_version_1(known, test))
    started = time.perf_counter()
    trained = train(known, reader=encoder)
    seconds = time.perf_counter() - started
    seen = trained.out_of_fold.seen
    record = trained.out_of_fold.probability[seen], known.label[seen]
    asked = test.left, test.right, test.similarity
    _row(one, "frozen", *record, trained.model.predict_probability(*asked), seconds)
    judged = trained.model.with_corpus([*test.left, *test.right])
    _row(
        one,
        f"**version 2** ({trained.report.kind})",
        *record,
        judged.predict_probability(*asked),
        seconds,
    )
    return trained


def _row(
    one: LabelledSet,
    name: str,
    seen: NDArray[np.float64],
    label: NDArray[np.bool_],
    probability: NDArray[np.float64],
    seconds: float,
) -> None:
    """Print one row. `seen`, `label`: out-of-fold predictions of the training part."""
    truth = one.test.label
    measured = evaluate(probability, truth)
    f1 = decision_scores(probability, truth, best_f1_threshold(seen, label)).f1
    chosen = choose_threshold(seen, label)
    merged = probability >= chosen.threshold
    hits = int((merged & truth).sum())
    own = f"{hits / max(1, merged.sum()):.3f} / {hits / truth.sum():.3f}"
    cells = [
        one.name,
        name,
        f"{measured.average_precision:.3f}",
        f"{f1:.3f}",
        f"{measured.calibration_error:.3f}",
        *(f"{_coverage(probability, truth, target):.3f}" for target in (0.95, 0.99)),
        own if chosen.reached else "not proven",
        f"{seconds:.0f}",
        PUBLISHED.get(one.name, ""),
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


def _coverage(probability: NDArray[np.float64], label: NDArray[np.bool_], target: float) -> float:
    """Return the largest share of the duplicates above a threshold of this measured precision."""
    hits = np.cumsum(label[np.argsort(-probability, kind="stable")])
    reached = np.flatnonzero(hits / np.arange(1, len(hits) + 1) >= target)
    return float(hits[reached[-1]] / label.sum()) if len(reached) else 0.0


def _version_1(
    known: TrainingPairs, test: TrainingPairs
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64], float]:
    """Return out-of-fold and test probabilities of the first version of the model."""
    started = time.perf_counter()
    values, asked = (surface_features(one.left, one.right, one.similarity) for one in (known, test))
    folds = grouped_folds(linked_groups(known.left, known.right, known.group), known.label, 42)
    best, strength = np.full(len(known), np.nan), 0.01
    least = np.inf
    for candidate in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0):
        scores = np.full(len(known), np.nan)
        for rows, held_out in folds:
            fit = Logistic.fit(values[rows], known.label[rows], candidate)
            scores[held_out] = fit.score(values[held_out])
        seen = ~np.isnan(scores)
        if seen.any() and (loss := log_loss(expit(scores[seen]), known.label[seen])) < least:
            best, strength, least = scores, candidate, loss
    final = Logistic.fit(values, known.label, strength).score(asked)
    seen = ~np.isnan(best)
    if not seen.any():
        return expit(final[:0]), known.label[:0], expit(final), time.perf_counter() - started
    sigmoid = fit_sigmoid(best[seen], known.label[seen])
    seconds = time.perf_counter() - started
    return sigmoid.probability(best[seen]), known.label[seen], sigmoid.probability(final), seconds


def few_labels(sets: list[LabelledSet], encoder: OnnxMiniLM) -> None:
    """Print the average precision with few labels, half of each kind: mean and worst of the draws.

    As in the application, the document frequencies are those of all statements.
    """
    print(f"\n| AP with few labels (mean of {SEEDS}) | cosine | {' | '.join(map(str, FEW))} |")
    print("|---" * (len(FEW) + 2) + "|")
    for one in sets:
        test = take(one.test, range(min(1500, len(one.test))))
        texts = [*one.train.left, *one.train.right, *test.left, *test.right]
        features = PairFeatures(corpus_of(texts, encoder), encoder)
        values = features(test.left, test.right, test.similarity)
        cells = [one.name, f"{average_precision(test.similarity, test.label):.3f}"]
        for count in FEW:
            found = []
            for seed in range(SEEDS):
                random = np.random.default_rng(seed)
                kinds = (np.flatnonzero(one.train.label), np.flatnonzero(~one.train.label))
                rows = np.concatenate([random.permutation(kind)[: count // 2] for kind in kinds])
                known = take(one.train, rows)
                vectors = _vectors(known, encoder)
                model = train(known, corpus=texts, vectors=vectors, reader=encoder).model
                found.append(average_precision(expit(model.log_odds(values)), test.label))
            cells.append(f"{np.mean(found):.3f} ({min(found):.3f})")
        print(f"| {' | '.join(cells)} |", flush=True)


def _vectors(pairs: TrainingPairs, encoder: OnnxMiniLM) -> dict[str, NDArray[np.float32]]:
    texts = sorted({*pairs.left, *pairs.right})
    return dict(zip(texts, encoder.embed(texts), strict=True))


def guard_pairs(file: Path, trained: dict[str, TrainedLocalModel], encoder: OnnxMiniLM) -> None:
    """Print, by kind, how many pairs the guard blocks and how many each model is sure of."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    left, right = [row["first"] for row in rows], [row["second"] for row in rows]
    vectors = encoder.embed([*left, *right])
    cosine = np.einsum("ij,ij->i", vectors[: len(rows)], vectors[len(rows) :])
    blocked = np.array([compare(a, b).blocks for a, b in zip(left, right, strict=True)])
    print(
        "\n| guard pairs | pairs | blocked | "
        + " | ".join(f"merged by {n}" for n in trained)
        + " |"
    )
    print("|---" * (len(trained) + 3) + "|")
    sure = {
        name: (one.model.predict_probability(left, right, cosine) >= MERGE_FROM) & ~blocked
        for name, one in trained.items()
    }
    labels = np.array([row["label"] for row in rows])
    for label, count in Counter(labels.tolist()).items():
        of = labels == label
        cells = [
            label,
            str(count),
            str(blocked[of].sum()),
            *(str(s[of].sum()) for s in sure.values()),
        ]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
