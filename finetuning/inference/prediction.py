"""Should these two insights be merged? Asked once a pair and model, recorded, never raising.

Without an active model, or when it fails, a local version stands in for a hosted one, else plain
similarity answers, and nothing is merged on their word alone.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeGuard
from uuid import UUID

import numpy as np
from django.conf import settings

from finetuning.backends import backend_named
from finetuning.inference.prediction_store import record_predictions, recorded
from finetuning.models import DeduplicationModel, ModelStatus, PredictionOrigin
from finetuning.models.deduplication_model import HOSTED_BACKENDS
from insights.decider import InsightPair
from insights.embedding.service import embedder, load_vectors, serving_model
from insights.models import Insight
from insights.pairs import ordered
from insights.text.guard import compare

logger = logging.getLogger(__name__)

BATCH = 1000
REASONS = 3  # of the explanation, the weightiest


@dataclass(frozen=True, slots=True)
class MergePrediction:
    """`probability` is the calibrated chance that the two should be merged, `prediction` is
    probability >= 0.5, `confidence` the chance that the prediction is right.

    `should_merge` without a person: predicted the same, surely enough for this model, and no
    near-miss difference. By similarity there is no probability and no confidence, and it is False.
    `explanation` has sentences, the weightiest first. In bulk it is empty, and `differences` are
    looked for only in what is predicted the same.
    """

    should_merge: bool
    prediction: bool
    probability: float | None
    confidence: float | None
    similarity: float
    model_id: UUID | None
    model_version: str
    method: Literal["model", "similarity"]
    differences: tuple[str, ...] = ()
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPair:
    """Statements in the order in which a model sees them."""

    statement1: str
    statement2: str
    similarity: float


class Predictor:
    """The model that is active now, or the given one; it may be none.

    When a hosted one fails, the newest local version stands in for it until the predictor's end,
    by its own name. Nobody has chosen it to decide, so it merges nothing without a person.
    """

    def __init__(self, model: DeduplicationModel | None = None) -> None:
        self.model = model or DeduplicationModel.objects.active()
        self.stands_in_for: DeduplicationModel | None = None

    def is_current(self) -> bool:
        """Whether the same model, with the same confidence, would be taken for active now."""
        active, taken = DeduplicationModel.objects.active(), self.stands_in_for or self.model
        if active is None or taken is None:
            return active is taken
        return (active.pk, active.auto_merge_confidence) == (taken.pk, taken.auto_merge_confidence)

    @property
    def model_version(self) -> str:
        if self.stands_in_for:
            return f"{self.model}, standing in for {self.stands_in_for}"
        return str(self.model) if self.model else ""

    def probabilities(
        self, pairs: Sequence[InsightPair], origin: PredictionOrigin
    ) -> list[float] | None:
        """For each pair of stored insights, from the records or the model, which is then recorded.

        None when there is no model or it fails, and no other can stand in.
        """
        while self.model is not None:
            found: list[float] = []
            for start in range(0, len(pairs), BATCH):
                batch = self._batch(self.model, pairs[start : start + BATCH], origin)
                if batch is None:
                    break
                found += batch
            else:
                return found
            if not self._replace():  # all of them again, so that one model answers for all
                break
        return None

    def score(self, pairs: Sequence[TextPair]) -> list[float] | None:
        """For each pair of texts, without a record. None as above."""
        while self.model is not None:
            found = self._score(self.model, pairs)
            if found is not None or not self._replace():
                return found
        return None

    def _replace(self) -> bool:
        """Let a local version stand in for a hosted one that failed; False when none can."""
        if self.model is None or not self.model.is_hosted:
            return False
        local = (
            DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED)
            .exclude(backend__in=HOSTED_BACKENDS)
            .order_by("-version")
            .first()
        )
        if local is None:
            return False
        self.model, self.stands_in_for = local, self.model
        logger.warning("%s.", self.model_version)
        return True

    def _score(self, model: DeduplicationModel, pairs: Sequence[TextPair]) -> list[float] | None:
        try:
            scorer = backend_named(model.backend).scorer(model)
            found = scorer.probabilities(pairs)
            if not np.isfinite(found).all() or found.shape != (len(pairs),):
                raise ArithmeticError(f"not {len(pairs)} finite probabilities: {found!r:.200}")
        except Exception as error:
            self._report(error)
            return None
        return [float(probability) for probability in np.clip(found, 0.0, 1.0)]

    def explain(self, pair: TextPair) -> tuple[str, ...]:
        if self.model is None:
            return ()
        try:
            reasons = backend_named(self.model.backend).scorer(self.model).explain(pair)
        except Exception as error:
            self._report(error)
            return ()
        return tuple(reason.sentence for reason in reasons[:REASONS])

    def predictions(
        self, pairs: Sequence[TextPair], probabilities: Sequence[float] | None
    ) -> list[MergePrediction]:
        if probabilities is None or self.model is None:
            return [_by_similarity(pair) for pair in pairs]
        model, version = self.model, self.model_version
        found = []
        for pair, probability in zip(pairs, probabilities, strict=True):
            prediction, confidence = probability >= 0.5, max(probability, 1 - probability)
            # The only slow part, and it can only hold a merge back.
            differing = differences_of(pair) if prediction else ()
            found.append(
                MergePrediction(
                    should_merge=prediction
                    and confidence >= model.auto_merge_confidence
                    and not differing
                    and self.stands_in_for is None,
                    prediction=prediction,
                    probability=probability,
                    confidence=confidence,
                    similarity=pair.similarity,
                    model_id=model.pk,
                    model_version=version,
                    method="model",
                    differences=differing,
                )
            )
        return found

    def _batch(
        self, model: DeduplicationModel, pairs: Sequence[InsightPair], origin: PredictionOrigin
    ) -> list[float] | None:
        keys = [ordered(pair.insight1.pk, pair.insight2.pk) for pair in pairs]
        known = recorded(model, keys)
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in known}
        if missing:
            probabilities = self._score(model, [text_pair(pair) for pair in missing.values()])
            if probabilities is None:
                return None
            new = dict(zip(missing, probabilities, strict=True))
            record_predictions(model, missing, new, origin)
            known |= new
        return [known[key] for key in keys]

    def _report(self, error: Exception) -> None:
        """Once a process and model: a broken model would otherwise fill the log."""
        assert self.model is not None  # noqa: S101 - only a model can fail
        if self.model.pk not in _reported:
            _reported.add(self.model.pk)
            logger.error(
                "%s cannot predict; a local version or plain similarity stands in, nothing is "
                "merged without a person: %s: %s",
                self.model,
                type(error).__name__,
                error,
            )


_reported: set[UUID] = set()


def predict_merge_decision(
    insight1: Insight | str, insight2: Insight | str, similarity: float | None = None
) -> MergePrediction:
    """One pair, explained. Two stored insights are recorded; a plain text never is.

    `similarity` is the cosine of the embeddings; it is computed when it is not given.
    Raises ValueError for an insight and itself, or an empty text.
    """
    predictor = Predictor()
    if is_stored(insight1) and is_stored(insight2):
        if insight1.pk == insight2.pk:
            raise ValueError(f"Insight {insight1.pk} is compared with itself.")
        if similarity is None:
            similarity = _stored_similarity(insight1, insight2)
        pair = InsightPair(insight1, insight2, similarity)
        text = text_pair(pair)
        probabilities = predictor.probabilities([pair], PredictionOrigin.REQUEST)
    else:
        first, second = sorted((_statement(insight1), _statement(insight2)))
        if not (first.strip() and second.strip()):
            raise ValueError("A statement is empty: there is nothing to compare.")
        if similarity is None:
            left, right = embedder().embed([first, second])
            similarity = float(left @ right)
        text = TextPair(first, second, similarity)
        probabilities = predictor.score([text])
    (prediction,) = predictor.predictions([text], probabilities)
    if prediction.method == "similarity":
        return prediction
    return replace(
        prediction, differences=differences_of(text), explanation=predictor.explain(text)
    )


def predict_pairs(pairs: Sequence[InsightPair], origin: PredictionOrigin) -> list[MergePrediction]:
    """Many pairs of stored insights, each recorded and none asked twice."""
    predictor = Predictor()
    return predictor.predictions(
        [text_pair(pair) for pair in pairs], predictor.probabilities(pairs, origin)
    )


def text_pair(pair: InsightPair) -> TextPair:
    """The smaller id first, so that a pair is one question whichever way it is asked."""
    first, second = sorted((pair.insight1, pair.insight2), key=lambda insight: insight.pk)
    return TextPair(first.statement, second.statement, pair.similarity)


def differences_of(pair: TextPair) -> tuple[str, ...]:
    """What keeps the pair from being merged without a person, each as a sentence."""
    found = compare(pair.statement1, pair.statement2).disputed
    return tuple(finding.sentence() for finding in found)


def _by_similarity(pair: TextPair) -> MergePrediction:
    return MergePrediction(
        should_merge=False,
        prediction=pair.similarity >= settings.CANDIDATE_SIMILARITY,
        probability=None,
        confidence=None,
        similarity=pair.similarity,
        model_id=None,
        model_version="",
        method="similarity",
    )


def is_stored(insight: Insight | str) -> TypeGuard[Insight]:
    return isinstance(insight, Insight) and not insight._state.adding


def _statement(insight: Insight | str) -> str:
    return insight.statement if isinstance(insight, Insight) else insight


def _stored_similarity(insight1: Insight, insight2: Insight) -> float:
    stored = Insight.objects.filter(
        pk__in=[insight1.pk, insight2.pk], embedding_model=serving_model()
    )
    _, vectors = load_vectors(stored)
    if len(vectors) < 2:
        vectors = embedder().embed([insight1.statement, insight2.statement])
    return float(vectors[0] @ vectors[1])
