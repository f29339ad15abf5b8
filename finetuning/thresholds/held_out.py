"""Precision and coverage of thresholds on the held-out decisions, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from finetuning.inference.prediction import differences_of
from finetuning.inference.predictor import Predictor, TextPair
from finetuning.models import DeduplicationModel, TrainingFile
from finetuning.training_data.files import from_training_file
from insights.intervals import wilson_interval
from insights.types import JSONObject

DRAWN = tuple(round(0.5 + 0.01 * step, 2) for step in range(51))


@dataclass(frozen=True, slots=True)
class Share:
    """A share, `count` of `of`, with Wilson's two-sided 95 % interval; `value` None if empty."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def low(self) -> float:
        return wilson_interval(self.count, self.of)[0]

    @property
    def high(self) -> float:
        return wilson_interval(self.count, self.of)[1]

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        return f"{self.value:.3f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, slots=True)
class Measured:
    """The effect of a merge `threshold` on the held-out pairs.

    `precision`: of the merged pairs, those that people call the same. `coverage`: the merged among
    all pairs. `recall`: among those that people call the same. `is_guarded`: pairs that the
    near-miss guard holds back count as not merged.
    """

    threshold: float
    precision: Share
    coverage: Share
    recall: Share
    is_guarded: bool


class HeldOut:
    """The held-out pairs of one training file, as one version answers them."""

    def __init__(
        self, probability: NDArray[np.float64], label: NDArray[np.bool_], guard: NDArray[np.bool_]
    ) -> None:
        """Take (n,) arrays; `guard` is True where a merge is held back whatever a version says."""
        self._merges_at = np.where(guard, -1.0, probability)
        self._label = label

    def at(self, threshold: float) -> Measured:
        merged = self._merges_at >= threshold
        right = int((merged & self._label).sum())
        count = int(merged.sum())
        return Measured(
            threshold=threshold,
            precision=Share(right, count),
            coverage=Share(count, len(merged)),
            recall=Share(right, int(self._label.sum())),
            is_guarded=True,
        )

    def curve(self) -> list[Measured]:
        return [self.at(threshold) for threshold in DRAWN]


class StoredCurve:
    """The curve stored with a version's evaluation, for one that cannot be asked for free.

    Measured at the stored threshold at or just below the one asked for; knows no guard.
    """

    def __init__(self, metrics: JSONObject) -> None:
        self._pairs = metrics.get("n_positive", 0) + metrics.get("n_negative", 0)
        self._positives = metrics.get("n_positive", 0)
        self._points = metrics.get("curve") or []

    def at(self, threshold: float) -> Measured | None:
        below = [point for point in self._points if point["threshold"] <= threshold + 1e-9]
        return self._measured(below[-1]) if below and self._pairs else None

    def curve(self) -> list[Measured]:
        if not self._pairs:
            return []
        return [self._measured(point) for point in self._points if point["threshold"] >= DRAWN[0]]

    def _measured(self, point: JSONObject) -> Measured:
        count = point.get("selected", 0)
        right = round((point.get("precision") or 0.0) * count)
        return Measured(
            threshold=point["threshold"],
            precision=Share(right, count),
            coverage=Share(count, self._pairs),
            recall=Share(right, self._positives),
            is_guarded=False,
        )


def held_out_of(models: Sequence[DeduplicationModel]) -> list[HeldOut | StoredCurve]:
    """Return one per version, all on the held-out part of their newest training file.

    A statement's side never changes, so none of the versions was trained on it.

    A hosted version is not asked again, since that may cost money: its stored curve stands in.
    """
    files = [one.training_file_id for one in models if one.training_file_id]
    newest = (
        TrainingFile.objects.filter(pk__in=files)
        .order_by("-created_at", "-pk")
        .values_list("pk", flat=True)
        .first()
    )
    found: list[HeldOut | StoredCurve] = []
    for model in models:
        measured = None
        if newest is not None and not model.is_hosted:
            measured = _asked(model.pk, model.fine_tuned_model_id, newest)
        found.append(measured or StoredCurve(model.metrics))
    return found


@lru_cache(maxsize=16)
def _asked(model_id: UUID, digest: str, file_id: str) -> HeldOut | None:
    """Score the held-out part, once per process: a version and its file never change.

    `digest` tells apart a version that was trained again. None when there is nothing to measure on.
    """
    file = TrainingFile.objects.defer(None).get(pk=file_id)
    held_out = [one for one in from_training_file(file.content) if one.split == "held_out"]
    pairs = [TextPair(one.statement1, one.statement2, one.similarity) for one in held_out]
    label = np.array([one.label for one in held_out], dtype=bool)
    probability = Predictor(DeduplicationModel.objects.get(pk=model_id)).score(pairs)
    if not pairs or probability is None:
        return None
    guard = np.array([bool(differences_of(pair)) for pair in pairs])
    return HeldOut(np.array(probability), label, guard)
