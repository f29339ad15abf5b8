"""Train the local model from labelled pairs: same data and seed, same model, byte for byte."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from finetuning.ml.calibration import Sigmoid, fit_sigmoid
from finetuning.ml.data.folds import fold_groups, grouped_folds
from finetuning.ml.data.training_pairs import (
    TrainingDataError,
    TrainingPairs,
    in_canonical_order,
    shortcomings,
)
from finetuning.ml.data.unrelated import draw_unrelated
from finetuning.ml.features import TOPICAL, PairFeatures, TokenReader
from finetuning.ml.learners.logistic import Logistic, rounded
from finetuning.ml.learners.trees import Trees
from finetuning.ml.local_model import LocalModel, Part, corpus_of
from finetuning.ml.metrics import Evaluation, evaluate
from finetuning.ml.out_of_fold import OutOfFold
from insights.types import JSONObject

__all__ = [
    "TrainedLocalModel",
    "TrainingCancelled",
    "TrainingDataError",
    "TrainingPairs",
    "TrainingReport",
    "TrainingStep",
    "train",
]

# Inverse regularisation (scikit-learn's C), the most regularised model first.
STRENGTHS: tuple[float, ...] = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
# Below this many labels, trees learn noise, and any learner mistakes the habits of a topic, such as
# the length of its statements, for evidence: trained on the demo's 336 pairs, the model gave 0.90
# to 17 of 79 everyday rewordings with the topical features and to 63 without them.
TREES_FROM = 500
# Weight of all unrelated pairs together, as a share of the labelled ones; 0.05 to 0.2 do as well.
UNRELATED_SHARE = 0.1
UNRELATED = "logistic with unrelated pairs, strength"
UNVALIDATED_WARNING = (
    "All pairs belong to one decision, so the probabilities could not be calibrated. Review more "
    "clusters, then train again."
)

Fit = Callable[[NDArray[np.float64], NDArray[np.bool_]], Logistic | Trees]
Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]
Progress = Callable[[int, str, dict[str, float]], None]


class TrainingCancelled(Exception):
    """Training was asked to stop; no model was made."""


@dataclass(frozen=True)
class TrainingStep:
    """A candidate and the mean log loss of its calibrated out-of-fold predictions."""

    step: int
    candidate: str
    validation_loss: float


@dataclass(frozen=True)
class TrainingReport:
    """The training data of a model and its cross-validated quality.

    `validation` is of the calibrated out-of-fold predictions: an estimate within the training part,
    never a substitute for the held-out part. It is None when the pairs could not be split.
    """

    pairs: int
    positives: int
    negatives: int
    groups: int
    folds: int
    kind: str
    calibration: Sigmoid
    history: tuple[TrainingStep, ...]
    validation: Evaluation | None
    warnings: tuple[str, ...]
    digest: str

    def as_dict(self) -> JSONObject:
        """Plain JSON types."""
        fields = asdict(self)
        return {**fields, "validation": self.validation and self.validation.as_dict()}


@dataclass(frozen=True)
class TrainedLocalModel:
    """`out_of_fold` and `features` (n, f) are in the order in which the pairs were given.

    All of `out_of_fold.probability` is NaN when the pairs could not be split.
    """

    model: LocalModel
    report: TrainingReport
    out_of_fold: OutOfFold
    features: NDArray[np.float64]


@dataclass(frozen=True)
class _Candidate:
    """`fit` learns from (values, label); `scores` are its out-of-fold log-odds, NaN if left out."""

    name: str
    fit: Fit | None
    scores: NDArray[np.float64]
    calibration: Sigmoid
    losses: NDArray[np.float64]  # of the pairs that are not left out

    def is_surely_better(self, other: "_Candidate") -> bool:
        """Return whether its loss is lower by more than one standard error of the difference."""
        gain = other.losses - self.losses
        return bool(gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)))

    @property
    def loss(self) -> float:
        return float(self.losses.mean())

    @property
    def logit(self) -> NDArray[np.float64]:
        return self.calibration.slope * self.scores + self.calibration.intercept


def train(
    pairs: TrainingPairs,
    *,
    corpus: Iterable[str] = (),
    vectors: Mapping[str, NDArray[np.float32]] | None = None,
    reader: TokenReader | None = None,
    seed: int = 42,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> TrainedLocalModel:
    """Train and calibrate the model that grouped cross-validation finds best.

    1. Features by the document frequencies of the pairs' statements and of `corpus`, statements
       without labels that the model will meet; token states where `reader` gives them.
    2. Out-of-fold scores of each candidate (similarity alone; logistic regression at several
       strengths; from 500 labels on boosted trees, and the mean of both), calibrated by Platt's
       sigmoid. The least log loss wins, but similarity stays unless it is beaten by more than one
       standard error: few labels never make it worse than the cosine.
    3. The winner is fitted on all pairs.

    Below 500 labels the features whose range belongs to a topic (`TOPICAL`) are left out, and
    logistic regression is also tried with unrelated pairs, drawn from statements of different
    decisions, as lightly weighted negatives. Clusters hold similar statements only, so that few
    labels teach "different means that a fact differs"; these teach that meaning counts. They are
    preferred unless they are surely worse. `vectors` has the embedding of each statement, of
    length 1, for their cosines; without it none are drawn.

    The classes are not reweighted: that shifts the probabilities, and none of the learners needs
    balance to rank (King and Zeng 2001); the sigmoid carries the balance found in the decisions.

    `progress` gets (step, message, metrics) as it goes; `cancelled` is asked between the steps.
    Raises TrainingDataError for pairs that cannot be trained on, TrainingCancelled when told to.
    """
    # One thread: the same bits on every machine, and no spinning beside other processes.
    with threadpool_limits(limits=1):
        return _train(pairs, corpus, vectors or {}, reader, seed, _Steps(progress, cancelled))


def _train(
    pairs: TrainingPairs,
    corpus: Iterable[str],
    vectors: Mapping[str, NDArray[np.float32]],
    reader: TokenReader | None,
    seed: int,
    steps: "_Steps",
) -> TrainedLocalModel:
    pairs, came_from = in_canonical_order(pairs)
    label = pairs.label
    steps.tell(f"Comparing the statements of {len(label)} pairs", {"pairs": float(len(label))})
    frequencies = corpus_of([*pairs.left, *pairs.right, *corpus], reader)
    features = PairFeatures(frequencies, reader)
    values = features(pairs.left, pairs.right, pairs.similarity)
    unrelated = values[:0]
    if len(label) < TREES_FROM:
        drawn = draw_unrelated(pairs, vectors, seed)
        unrelated = features(drawn.left, drawn.right, drawn.similarity)
        for rows in (values, unrelated):
            rows[:, [at for at in TOPICAL if at < rows.shape[1]]] = 0.0  # constant: no weight
    folds = grouped_folds(fold_groups(pairs.left, pairs.right, pairs.group), label, seed)

    history: list[TrainingStep] = []
    candidates: list[_Candidate] = []
    for name, fit in _learners(len(label), unrelated, seed) if folds else ():
        one = _cross_validated(name, fit, values, label, folds)
        candidates.append(one)
        history.append(TrainingStep(len(history) + 1, name, one.loss))
        steps.tell(f"{name}: validation loss {one.loss:.4f}", {"validation_loss": one.loss})
    chosen, combined = _chosen(candidates, label)

    parts = [Part(one.fit(values, label), one.calibration) for one in chosen if one.fit]
    probability = np.full(len(label), np.nan)
    validation = None
    if combined is not None:
        seen = ~np.isnan(combined.scores)
        calibration = combined.calibration
        probability[seen] = calibration.probability(combined.scores[seen])
        validation = evaluate(probability[seen], label[seen])
    else:  # nothing could be held out: similarity by its own sigmoid, and no evidence
        calibration = _rounded_sigmoid(fit_sigmoid(pairs.similarity, label))
    model = LocalModel(
        corpus=frequencies,
        aligned=reader is not None,
        reference=rounded(np.median(values, axis=0)),
        parts=tuple(parts),
        calibration=calibration,
        reader=reader,
    )
    report = TrainingReport(
        pairs=len(label),
        positives=int(label.sum()),
        negatives=int((~label).sum()),
        groups=len(set(pairs.group)),
        folds=len(folds),
        kind=model.kind,
        calibration=calibration,
        history=tuple(history),
        validation=validation,
        warnings=(*shortcomings(label), *(() if folds else (UNVALIDATED_WARNING,))),
        digest=model.digest,
    )
    steps.tell("The model is trained and calibrated", _summary(validation))
    given = np.argsort(came_from)
    out_of_fold = OutOfFold(probability[given], label[given], pairs.similarity[given])
    return TrainedLocalModel(model, report, out_of_fold, values[given])


def _learners(
    count: int, unrelated: NDArray[np.float64], seed: int
) -> list[tuple[str, Fit | None]]:
    def logistic(strength: float, others: NDArray[np.float64]) -> Fit:
        return lambda values, label: Logistic.fit(values, label, strength, others, UNRELATED_SHARE)

    found: list[tuple[str, Fit | None]] = [("similarity", None)]
    found += [(f"logistic, strength {one:g}", logistic(one, unrelated[:0])) for one in STRENGTHS]
    if len(unrelated):
        found += [(f"{UNRELATED} {one:g}", logistic(one, unrelated)) for one in STRENGTHS]
    if count >= TREES_FROM:
        found.append(("trees", lambda values, label: Trees.fit(values, label, seed)))
    return found


def _cross_validated(
    name: str,
    fit: Fit | None,
    values: NDArray[np.float64],
    label: NDArray[np.bool_],
    folds: Folds,
) -> _Candidate:
    scores = np.full(len(label), np.nan)
    for train_rows, test_rows in folds:
        scores[test_rows] = (
            values[test_rows, 0]
            if fit is None
            else fit(values[train_rows], label[train_rows]).score(values[test_rows])
        )
    return _calibrated(name, fit, scores, label)


def _calibrated(
    name: str,
    fit: Fit | None,
    scores: NDArray[np.float64],
    label: NDArray[np.bool_],
) -> _Candidate:
    seen = ~np.isnan(scores)
    calibration = _rounded_sigmoid(fit_sigmoid(scores[seen], label[seen]))
    p = np.clip(calibration.probability(scores[seen]), 1e-9, 1 - 1e-9)
    losses = -np.where(label[seen], np.log(p), np.log1p(-p))
    return _Candidate(name, fit, scores, calibration, losses)


def _chosen(
    candidates: list[_Candidate], label: NDArray[np.bool_]
) -> tuple[list[_Candidate], _Candidate | None]:
    """Return the learners to fit, and the candidate that represents them together."""
    if not candidates:
        return [], None
    similarity, *learned = candidates
    by_loss = sorted((one for one in learned if one.name != "trees"), key=lambda one: one.loss)
    logistic = by_loss[0]
    broader = next((one for one in by_loss if one.name.startswith(UNRELATED)), logistic)
    if not logistic.is_surely_better(broader):
        logistic = broader
    options = [([logistic], _alone(logistic, label))]
    for trees in learned:
        if trees.name == "trees":
            options.append(([trees], _alone(trees, label)))
            mean = (logistic.logit + trees.logit) / 2
            options.append(([logistic, trees], _calibrated("both", None, mean, label)))
    parts, best = min(options, key=lambda option: option[1].loss)
    return (parts, best) if best.is_surely_better(similarity) else ([], similarity)


def _alone(one: _Candidate, label: NDArray[np.bool_]) -> _Candidate:
    return _calibrated(one.name, one.fit, one.logit, label)


class _Steps:
    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress, self._cancelled, self._count = progress, cancelled, 0

    def tell(self, message: str, metrics: dict[str, float]) -> None:
        if self._cancelled is not None and self._cancelled():
            raise TrainingCancelled("Training was cancelled; nothing was stored.")
        self._count += 1
        if self._progress is not None:
            self._progress(self._count, message, metrics)


def _summary(validation: Evaluation | None) -> dict[str, float]:
    if validation is None:
        return {}
    measured = {"validation_loss": validation.log_loss, "brier": validation.brier}
    if validation.average_precision is not None:
        measured["average_precision"] = validation.average_precision
    return measured


def _rounded_sigmoid(fitted: Sigmoid) -> Sigmoid:
    slope, intercept = rounded(np.array([fitted.slope, fitted.intercept]))
    return Sigmoid(float(slope), float(intercept))
