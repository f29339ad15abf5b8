"""Out-of-fold predictions: each training pair as judged by models that never saw it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from insights.types import JSONObject


@dataclass(frozen=True)
class OutOfFold:
    """n training pairs, in the order of the train part of the version's training file.

    probability: (n,) calibrated, by models trained without the pair, its decision and its rarer
        statement; NaN where none could be trained.
    label: (n,) bool, what people decided.
    similarity: (n,) cosine of the embeddings.

    Evidence for a threshold: at t, `probability >= t` selects pairs, and those with a False label
    are errors. NaN is never selected. The statements and ids are in the training file:
    `zip(examples_of(model, "train"), out_of_fold.probability)`.
    """

    probability: NDArray[np.float64]
    label: NDArray[np.bool_]
    similarity: NDArray[np.float64]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Return (n,): True where the probability is known."""
        return ~np.isnan(self.probability)

    def to_json(self) -> JSONObject:
        """Return the JSON stored as `DeduplicationModel.parameters["out_of_fold"]`."""
        return {
            "probability": [
                None if np.isnan(one) else round(float(one), 5) for one in self.probability
            ],
            "label": "".join("01"[int(one)] for one in self.label),
            "similarity": [round(float(one), 5) for one in self.similarity],
        }

    @classmethod
    def from_json(cls, stored: JSONObject) -> Self:
        """Read it. Raises KeyError or ValueError if a part is missing or the lengths differ."""
        found = cls(
            np.array(
                [np.nan if one is None else one for one in stored["probability"]], dtype=np.float64
            ),
            np.array([one == "1" for one in stored["label"]], dtype=bool),
            np.array(stored["similarity"], dtype=np.float64),
        )
        if not len(found.probability) == len(found.label) == len(found.similarity):
            raise ValueError("The out-of-fold record has parts of different lengths.")
        return found
