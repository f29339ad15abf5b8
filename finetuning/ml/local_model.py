"""The local model: calibrated, explains itself in a few groups, and is stored as JSON."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finetuning.ml.calibration import Sigmoid
from finetuning.ml.features import (
    ALL_FEATURES,
    FEATURE_SCHEMA,
    TEXT_FEATURES,
    PairFeatures,
    TokenReader,
)
from finetuning.ml.features.corpus import Corpus
from finetuning.ml.learners.logistic import Logistic
from finetuning.ml.learners.trees import Trees
from insights.types import JSONObject

# Versions of the file and of the features; a model with others was made by another program.
_KNOWN: dict[str, object] = {
    "format": "insight-dedup-local-model",
    "version": 2,
    "schema": FEATURE_SCHEMA,
}
# The words that only one of the two statements has, with their weights.
Unmatched = tuple[dict[str, float], dict[str, float]]
LIKE = 0.75  # cosine from which on two statements have one topic
FELT = 0.05  # log-odds: a group that moves the score by less makes no difference


class ModelFileError(ValueError):
    """A stored model that cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Contribution:
    """The contribution of a group of features to the score, in log-odds: positive favours a merge.

    `terms`: the features of the group and their values, for "Why?".
    """

    group: str
    contribution: float
    sentence: str
    terms: dict[str, float]


@dataclass(frozen=True)
class Part:
    """A learner and the calibration of its score on out-of-fold predictions."""

    learner: Logistic | Trees
    calibration: Sigmoid

    def logit(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return calibrated log-odds, (n,)."""
        score = self.learner.score(values)
        return self.calibration.slope * score + self.calibration.intercept


@dataclass(frozen=True)
class LocalModel:
    """probability = sigmoid of the mean of the parts' calibrated log-odds.

    corpus: the document frequencies that the features rest on; they belong to the version.
    aligned: True when trained with token states, which it then needs to predict.
    reference: (f,) the training medians, from which an explanation measures.
    parts: one or two learners; none for a model that goes by similarity alone.
    """

    corpus: Corpus
    aligned: bool
    reference: NDArray[np.float64]
    parts: tuple[Part, ...]
    calibration: Sigmoid
    reader: TokenReader | None = None

    @property
    def kind(self) -> str:
        """Return its kind: similarity, logistic, trees or both."""
        names = {Logistic: "logistic", Trees: "trees"}
        kinds = [names[type(part.learner)] for part in self.parts]
        return "both" if len(kinds) > 1 else (*kinds, "similarity")[0]

    @cached_property
    def features(self) -> PairFeatures:
        """Return the feature reader. Raises ModelFileError if its token states are missing."""
        if self.aligned and self.reader is None:
            raise ModelFileError(
                "The version was trained with the token states of the local embedder, which "
                "EMBEDDER does not give: set EMBEDDER back, or train a new version."
            )
        return PairFeatures(self.corpus, self.reader if self.aligned else None)

    def with_corpus(self, texts: Iterable[str]) -> Self:
        """Return the model with the document frequencies of other statements."""
        return replace(self, corpus=corpus_of(texts, self.reader if self.aligned else None))

    def score(
        self, left: Sequence[str], right: Sequence[str], similarity: ArrayLike
    ) -> NDArray[np.float64]:
        """Return calibrated log-odds, (n,) float64, of n pairs and their cosines (n,)."""
        if not self.parts:
            return self.log_odds(np.asarray(similarity, dtype=np.float64)[:, np.newaxis])
        return self.log_odds(self.features(left, right, similarity))

    def predict_probability(
        self, left: Sequence[str], right: Sequence[str], similarity: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the calibrated chance, (n,) float64, that each pair says the same."""
        return Sigmoid(1.0, 0.0).probability(self.score(left, right, similarity))

    def explain(
        self, left: Sequence[str], right: Sequence[str], similarity: ArrayLike
    ) -> list[list[Contribution]]:
        """Return for each pair one contribution per group of features, the strongest first.

        A group's contribution is the score less the score with the group at the training medians
        (occlusion; Zeiler and Fergus 2014). For the linear part they add up exactly.
        """
        values = self.features(left, right, similarity)
        score = self.log_odds(values)
        gained = {}
        for group in dict.fromkeys(group for _, group in self._names):
            member = [group == one for _, one in self._names]
            gained[group] = score - self.log_odds(np.where(member, self.reference, values))
        return [
            self._contributions(
                {group: float(gain[row]) for group, gain in gained.items()},
                dict(zip([name for name, _ in self._names], values[row].tolist(), strict=True)),
                self.features.lexical.unmatched(one, other),
            )
            for row, (one, other) in enumerate(zip(left, right, strict=True))
        ]

    def _contributions(
        self, gained: dict[str, float], values: dict[str, float], unmatched: Unmatched
    ) -> list[Contribution]:
        found = [
            Contribution(
                group,
                gain,
                _sentence(group, gain, values, unmatched),
                {name: values[name] for name, of in self._names if of == group},
            )
            for group, gain in gained.items()
        ]
        return sorted(found, key=lambda one: -abs(one.contribution))

    @property
    def digest(self) -> str:
        """Return the SHA-256, in hex, of all that decides the predictions."""
        return _digest(self._body())

    def to_json(self) -> JSONObject:
        """Return less than 1 MB of plain JSON types, which `from_json` takes back exactly."""
        body = self._body()
        return {**body, "sha256": _digest(body)}

    @classmethod
    def from_json(cls, stored: object, reader: TokenReader | None = None) -> Self:
        """Return the stored model after checking it; ModelFileError says what is wrong.

        `reader` gives the token states that an aligned model needs.
        """
        if not isinstance(stored, dict):
            raise ModelFileError(f"The model must be an object, not {type(stored).__name__}.")
        for name, known in _KNOWN.items():
            if stored.get(name) != known:
                raise ModelFileError(
                    f"{name} is {str(stored.get(name))[:80]!r}, this program reads {known!r}: "
                    "train the model again."
                )
        body = {name: value for name, value in stored.items() if name != "sha256"}
        if stored.get("sha256") != _digest(body):
            raise ModelFileError(
                "sha256 does not match the numbers beside it: the model was changed after training."
            )
        try:
            model = cls(
                corpus=Corpus.from_json(stored["corpus"]),
                aligned=bool(stored["aligned"]),
                reference=np.array(stored["reference"], dtype=np.float64),
                parts=tuple(_part(one) for one in stored["parts"]),
                calibration=_sigmoid(stored["calibration"]),
                reader=reader,
            )
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ModelFileError(f"The stored model is damaged: {error!r:.200}") from error
        if stored["features"] != [name for name, _ in model._names]:
            raise ModelFileError(
                "This version was trained with other features. Train a new version."
            )
        return model

    @property
    def _names(self) -> tuple[tuple[str, str], ...]:
        return ALL_FEATURES if self.aligned else TEXT_FEATURES

    def log_odds(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n,) log-odds of (n, f) features; without a part of the first one, the cosine."""
        if self.parts:
            score = np.mean([part.logit(values) for part in self.parts], axis=0)
        else:
            score = values[:, 0]
        return np.asarray(self.calibration.slope * score + self.calibration.intercept)

    def _body(self) -> JSONObject:
        return {
            **_KNOWN,
            "aligned": self.aligned,
            "features": [name for name, _ in self._names],
            "corpus": self.corpus.to_json(),
            "reference": self.reference.tolist(),
            "parts": [
                {
                    "kind": "trees" if isinstance(part.learner, Trees) else "logistic",
                    "learner": part.learner.to_json(),
                    "calibration": vars(part.calibration),
                }
                for part in self.parts
            ],
            "calibration": vars(self.calibration),
        }


def corpus_of(texts: Iterable[str], reader: TokenReader | None) -> Corpus:
    """Count the distinct statements of a corpus, with their tokens when there is a reader."""
    distinct = sorted({text for text in texts if text.strip()})
    return Corpus.of(distinct, reader.token_ids(distinct) if reader else ())


def _part(stored: JSONObject) -> Part:
    learner: Logistic | Trees
    if stored["kind"] == "trees":
        learner = Trees.from_json(stored["learner"])
    else:
        learner = Logistic.from_json(stored["learner"])
    return Part(learner, _sigmoid(stored["calibration"]))


def _sigmoid(stored: JSONObject) -> Sigmoid:
    found = Sigmoid(float(stored["slope"]), float(stored["intercept"]))
    if not (0 <= found.slope < np.inf and np.isfinite(found.intercept)):
        raise ValueError("A calibration falls, or is not finite.")
    return found


def _digest(body: JSONObject) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _sentence(
    group: str,
    gain: float,
    row: dict[str, float],
    unmatched: Unmatched,
) -> str:
    for_merge = gain > 0
    if group == "unmatched":
        said = _only_in_one(unmatched)
    elif group == "meaning" and not for_merge and row["cosine"] >= LIKE:
        said = "Same topic, different claim"
    elif group == "facts" and row["any_difference"]:
        said = "A fact differs" if row["any_conflict"] else "A fact is in one statement only"
    else:
        said = _SAID[group][not for_merge]
    if abs(gain) < FELT:
        return f"{said} (makes no difference)"
    return f"{said} (speaks {'for' if for_merge else 'against'} a merge, {gain:+.2f})"


_SAID = {
    "meaning": ("Nearly the same meaning, word by word", "The meanings are not close"),
    "words": ("Nearly the same words", "Few of the rarer words are in both"),
    "length": ("Their lengths are like those of duplicates", "Their lengths differ"),
    "codes": ("Numbers and codes agree", "Numbers and codes do not agree"),
    "facts": ("No fact differs", "No fact differs"),
}


def _only_in_one(unmatched: Unmatched) -> str:
    named = [
        ", ".join(f"“{word}”" for word in sorted(side, key=lambda one: (-side[one], one))[:3])
        for side in unmatched
    ]
    found = [words for words in sorted(named) if words]
    if not found:
        return "No word is in one statement only"
    if len(found) == 1:
        return f"{found[0]} only in one statement"
    return f"{found[0]} only in one, {found[1]} only in the other"
