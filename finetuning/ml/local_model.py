"""The local model: a calibrated logistic regression that explains itself and is stored as JSON."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finetuning.ml.calibration import Sigmoid
from finetuning.ml.features import FEATURE_SCHEMA, FEATURES, pair_features

# Of the file and of the features: a model with others was made by another program.
_KNOWN: dict[str, object] = {
    "format": "insight-dedup-local-model",
    "version": 1,
    "schema": FEATURE_SCHEMA,
}
# No trained number comes near it; sums of products below it cannot overflow.
LARGEST_NUMBER = 1e9


class ModelFileError(ValueError):
    """A stored model that cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Contribution:
    """What one feature adds to the score, in log-odds: positive speaks for the same insight."""

    feature: str
    value: float
    weight: float
    contribution: float
    sentence: str


@dataclass(frozen=True)
class LocalModel:
    """score = bias + sum of weight * (value - mean) / scale; probability = sigmoid(score).

    `mean`, `scale` and `weight` hold one number a feature, in the order of `FEATURES`; `scale` is
    above zero. The score is the logit of the uncalibrated probability, the sigmoid is calibration.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weight: tuple[float, ...]
    bias: float
    calibration: Sigmoid

    def score(
        self, left: Sequence[str], right: Sequence[str], similarity: ArrayLike
    ) -> NDArray[np.float64]:
        """Uncalibrated log-odds, (n,) float64, of n pairs and their cosines (n,)."""
        return self._terms(pair_features(left, right, similarity)).sum(axis=1) + self.bias

    def predict_probability(
        self, left: Sequence[str], right: Sequence[str], similarity: ArrayLike
    ) -> NDArray[np.float64]:
        """Calibrated chance, (n,) float64, that each pair says the same."""
        return self.calibration.probability(self.score(left, right, similarity))

    def explain(self, left: str, right: str, similarity: float) -> list[Contribution]:
        """One contribution a feature, the weightiest first.

        Their sum plus `bias` is the pair's `score`. Each is measured from the training mean: a
        feature at its mean contributes nothing.
        """
        values = pair_features([left], [right], [similarity])
        rows = zip(FEATURES, values[0], self.weight, self._terms(values)[0], strict=True)
        result = [
            Contribution(
                feature=spec.name,
                value=float(value),
                weight=weight,
                contribution=float(term),
                sentence=f"{spec.sentence(float(value))} ({_leaning(float(term))})",
            )
            for spec, value, weight, term in rows
        ]
        return sorted(result, key=lambda one: -abs(one.contribution))

    @property
    def digest(self) -> str:
        """SHA-256 of what decides the predictions, in hex: equal models have equal digests."""
        return _digest(self._body())

    def to_json(self) -> dict[str, Any]:
        """A few kB of plain JSON types, which `from_json` takes back exactly."""
        body = self._body()
        return {**body, "sha256": _digest(body)}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """The stored model, after checking every part of it; ModelFileError says what is wrong."""
        body = _fields("the model", stored, (*_KNOWN, "features", "bias", "calibration", "sha256"))
        for name, known in _KNOWN.items():
            if type(body[name]) is not type(known) or body[name] != known:
                raise ModelFileError(
                    f"{name} is {str(body[name])[:80]!r}, this program reads {known!r}: "
                    "train the model again."
                )
        features = _features(body["features"])
        calibration = _fields("calibration", body["calibration"], ("slope", "intercept"))
        model = cls(
            mean=tuple(one["mean"] for one in features),
            scale=tuple(one["scale"] for one in features),
            weight=tuple(one["weight"] for one in features),
            bias=_number("bias", body["bias"]),
            calibration=Sigmoid(
                slope=_number("calibration.slope", calibration["slope"], least=0.0),
                intercept=_number("calibration.intercept", calibration["intercept"]),
            ),
        )
        if body["sha256"] != model.digest:
            raise ModelFileError(
                "sha256 does not match the numbers beside it: the model was changed after training."
            )
        return model

    def _terms(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return (values - np.array(self.mean)) / np.array(self.scale) * np.array(self.weight)

    def _body(self) -> dict[str, Any]:
        numbers = zip(FEATURES, self.mean, self.scale, self.weight, strict=True)
        return {
            **_KNOWN,
            "features": [
                {"name": spec.name, "mean": mean, "scale": scale, "weight": weight}
                for spec, mean, scale, weight in numbers
            ],
            "bias": self.bias,
            "calibration": {
                "slope": self.calibration.slope,
                "intercept": self.calibration.intercept,
            },
        }


def _leaning(term: float) -> str:
    if abs(term) < 0.005:
        return "makes no difference"
    return f"speaks {'for' if term > 0 else 'against'} a merge, {term:+.2f}"


def _digest(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _fields(what: str, value: object, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ModelFileError(f"{what} must be an object, not {type(value).__name__}.")
    if missing := [name for name in names if name not in value]:
        raise ModelFileError(f"{what} lacks {', '.join(missing)}.")
    if extra := sorted(str(name) for name in value if name not in names):
        raise ModelFileError(f"{what} has unknown {', '.join(extra)[:200]}.")
    return value


def _features(value: object) -> list[dict[str, float]]:
    if not isinstance(value, list):
        raise ModelFileError(f"features must be a list, not {type(value).__name__}.")
    rows = [
        _fields(f"features[{place}]", row, ("name", "mean", "scale", "weight"))
        for place, row in enumerate(value)
    ]
    expected = [spec.name for spec in FEATURES]
    found = [row["name"] for row in rows]
    if found != expected:
        missing = [name for name in expected if name not in found]
        extra = [str(name)[:80] for name in found if name not in expected]
        raise ModelFileError(
            f"features must be the {len(expected)} of this program, each once and in order; "
            f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(extra[:5]) or 'none'}."
        )
    return [
        {
            "mean": _number(f"{row['name']}.mean", row["mean"]),
            "scale": _number(f"{row['name']}.scale", row["scale"], least=1e-9),
            "weight": _number(f"{row['name']}.weight", row["weight"]),
        }
        for row in rows
    ]


def _number(name: str, value: object, *, least: float = -LARGEST_NUMBER) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelFileError(f"{name} must be a number, not {type(value).__name__}.")
    if not least <= value <= LARGEST_NUMBER:
        raise ModelFileError(f"{name} is {value!r}, outside {least:g}..{LARGEST_NUMBER:g}.")
    return float(value)
