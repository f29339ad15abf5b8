"""Trains the local model from labelled pairs: same data and seed, same model, byte for byte."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from finetuning.ml.calibration import Sigmoid, fit_sigmoid
from finetuning.ml.features import pair_features
from finetuning.ml.folds import fold_groups, grouped_folds
from finetuning.ml.local_model import LocalModel
from finetuning.ml.metrics import Evaluation, evaluate, log_loss
from finetuning.ml.out_of_fold import OutOfFold
from finetuning.ml.training_pairs import (
    TrainingDataError,
    TrainingPairs,
    in_canonical_order,
    shortcomings,
)

__all__ = [
    "OutOfFold",
    "TrainedLocalModel",
    "TrainingCancelled",
    "TrainingDataError",
    "TrainingPairs",
    "TrainingReport",
    "TrainingStep",
    "train",
]

# Inverse regularisation (scikit-learn's C), the most regularised model first.
STRENGTHS: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
# Taken when the pairs are one component, so that there is nothing to validate on.
UNVALIDATED_STRENGTH = 0.01
UNVALIDATED_WARNING = (
    "All pairs belong to one decision, so the probabilities could not be calibrated. Review more "
    "clusters, then train again."
)
# Stored digits: enough for any probability, few enough to absorb the rounding of a BLAS.
DIGITS = 9

Progress = Callable[[int, str, dict[str, float]], None]


class TrainingCancelled(Exception):
    """Training was asked to stop; nothing was made."""


@dataclass(frozen=True)
class TrainingStep:
    """One point of the loss curve: mean log-loss at one strength of regularisation."""

    step: int
    strength: float
    training_loss: float
    validation_loss: float


@dataclass(frozen=True)
class TrainingReport:
    """What was trained on and what cross-validation measured.

    `validation` is of the calibrated out-of-fold predictions: an estimate within the training part,
    never a substitute for the held-out part. It is None when the pairs could not be split.
    """

    pairs: int
    positives: int
    negatives: int
    groups: int
    folds: int
    strength: float
    calibration: Sigmoid
    history: tuple[TrainingStep, ...]
    validation: Evaluation | None
    warnings: tuple[str, ...]
    digest: str

    def as_dict(self) -> dict[str, Any]:
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


def train(
    pairs: TrainingPairs,
    *,
    seed: int = 42,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> TrainedLocalModel:
    """Logistic regression, its strength and its calibration by grouped cross-validation.

    1. Features, and pairs sorted so that the order they come in changes nothing.
    2. For each strength, out-of-fold scores of folds that share no statement and no cluster; the
       strength with the least log-loss is taken, the stronger of equals.
    3. Platt's sigmoid on those scores; the weights are then fitted on all pairs.

    The classes are not reweighted: that shifts the probabilities, and logistic regression needs no
    balance to rank (King and Zeng 2001); the sigmoid carries the balance found in the decisions.

    `progress` gets (step, message, metrics) as it goes; `cancelled` is asked between the steps.
    Raises TrainingDataError for pairs that cannot be trained on, TrainingCancelled when told to.
    """
    pairs, came_from = in_canonical_order(pairs)
    label = pairs.label
    steps = _Steps(progress, cancelled)
    steps.tell(f"Comparing the statements of {len(label)} pairs", {"pairs": float(len(label))})
    values = pair_features(pairs.left, pairs.right, pairs.similarity)
    folds = grouped_folds(fold_groups(pairs.left, pairs.right, pairs.group), label, seed)

    history: list[TrainingStep] = []
    best_loss, strength, best_scores = np.inf, UNVALIDATED_STRENGTH, None
    for candidate in STRENGTHS if folds else ():
        scores, training_loss = _cross_validate(values, label, folds, candidate)
        seen = ~np.isnan(scores)
        loss = log_loss(expit(scores[seen]), label[seen])
        history.append(TrainingStep(len(history) + 1, candidate, training_loss, loss))
        steps.tell(
            f"Regularisation strength {candidate:g}: validation loss {loss:.4f}",
            {"strength": candidate, "training_loss": training_loss, "validation_loss": loss},
        )
        if loss < best_loss:
            best_loss, strength, best_scores = loss, candidate, scores

    fit = _fit(values, label, strength)
    calibration, validation = Sigmoid(1.0, 0.0), None
    probability = np.full(len(label), np.nan)
    if best_scores is not None:
        seen = ~np.isnan(best_scores)
        fitted = fit_sigmoid(best_scores[seen], label[seen])
        calibration = Sigmoid(_rounded(fitted.slope), _rounded(fitted.intercept))
        probability[seen] = calibration.probability(best_scores[seen])
        validation = evaluate(probability[seen], label[seen])
    model = LocalModel(
        mean=tuple(map(_rounded, fit.mean)),
        scale=tuple(map(_rounded, fit.scale)),
        weight=tuple(map(_rounded, fit.weight)),
        bias=_rounded(fit.bias),
        calibration=calibration,
    )
    report = TrainingReport(
        pairs=len(label),
        positives=int(label.sum()),
        negatives=int((~label).sum()),
        groups=len(set(pairs.group)),
        folds=len(folds),
        strength=strength,
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


@dataclass(frozen=True)
class _Fit:
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weight: NDArray[np.float64]
    bias: float

    def score(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return (values - self.mean) / self.scale @ self.weight + self.bias


def _fit(values: NDArray[np.float64], label: NDArray[np.bool_], strength: float) -> _Fit:
    from sklearn.linear_model import LogisticRegression

    mean, scale = values.mean(axis=0), values.std(axis=0)
    # A feature that never varies teaches nothing; scale 1 keeps its weight at 0 and it finite.
    scale[scale < 1e-9] = 1.0
    fit = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200)
    fit.fit((values - mean) / scale, label)
    return _Fit(mean, scale, fit.coef_[0], float(fit.intercept_[0]))


def _cross_validate(
    values: NDArray[np.float64],
    label: NDArray[np.bool_],
    folds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    strength: float,
) -> tuple[NDArray[np.float64], float]:
    """Out-of-fold scores (n,), NaN in a fold left out, and the mean training loss."""
    scores, losses = np.full(len(label), np.nan), []
    for train_rows, test_rows in folds:
        fit = _fit(values[train_rows], label[train_rows], strength)
        losses.append(log_loss(expit(fit.score(values[train_rows])), label[train_rows]))
        scores[test_rows] = fit.score(values[test_rows])
    return scores, float(np.mean(losses))


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


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
