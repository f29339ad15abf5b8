"""The similarity-only baseline, which a trained model has to beat."""

from dataclasses import asdict, dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finetuning.ml.calibration import Sigmoid, fit_sigmoid
from finetuning.ml.metrics import Evaluation, decision_scores, evaluate
from insights.types import JSONObject


@dataclass(frozen=True)
class SimilarityBaseline:
    """Predicts “same” for cosines of `threshold` or more; the probability is a sigmoid of it."""

    threshold: float
    sigmoid: Sigmoid

    @classmethod
    def fit(cls, similarity: ArrayLike, label: ArrayLike) -> Self:
        """Fit the threshold of best F1 and the sigmoid, both on the training part (n,), (n,)."""
        return cls(best_f1_threshold(similarity, label), fit_sigmoid(similarity, label))

    def predict_probability(self, similarity: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probability from the cosine alone, (n,) float64."""
        return self.sigmoid.probability(similarity)

    def evaluate(self, similarity: ArrayLike, label: ArrayLike) -> Evaluation:
        """Evaluate like `metrics.evaluate`, but decide by the cosine threshold instead of 0.5."""
        cosine = np.clip(np.asarray(similarity, dtype=np.float64), 0.0, 1.0)
        measured = evaluate(self.predict_probability(similarity), label)
        return replace(measured, decisions=decision_scores(cosine, label, self.threshold))

    def as_dict(self) -> JSONObject:
        return asdict(self)


def best_f1_threshold(score: ArrayLike, label: ArrayLike) -> float:
    """Return the threshold with the best F1 of `score >= threshold`; the highest of equals."""
    s, y = np.asarray(score, dtype=np.float64), np.asarray(label).astype(bool)
    order = np.argsort(-s, kind="stable")
    s, hits = s[order], np.cumsum(y[order])
    last_of_tie = np.flatnonzero(np.append(s[1:] != s[:-1], True))
    f1 = 2 * hits[last_of_tie] / (last_of_tie + 1 + hits[-1])
    return float(s[last_of_tie[int(np.argmax(f1))]])
