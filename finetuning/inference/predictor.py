"""Ask the active model for probabilities: each pair once per model, recorded, never raising.

Without an active model, or when it fails, a local version stands in for a hosted one, else plain
similarity answers. Neither merges anything automatically.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from finetuning.backends import backend_named
from finetuning.inference.prediction_store import record_predictions, recorded
from finetuning.models import DeduplicationModel, ModelStatus, PredictionOrigin
from finetuning.models.deduplication_model import HOSTED_BACKENDS
from insights.decider import InsightPair
from insights.ids import ordered

logger = logging.getLogger(__name__)

BATCH = 1000
REASONS = 3  # of the explanation, the weightiest


@dataclass(frozen=True, slots=True)
class TextPair:
    """Two statements in the order in which a model sees them, and their cosine."""

    statement1: str
    statement2: str
    similarity: float


def text_pair(pair: InsightPair) -> TextPair:
    """Order a pair by id, so that it is one question whichever way it is asked."""
    first, second = sorted((pair.insight1, pair.insight2), key=lambda insight: insight.pk)
    return TextPair(first.statement, second.statement, pair.similarity)


class Predictor:
    """The model that is active now, or the given one; it may be none.

    When a hosted model fails, the newest local version stands in for it for the rest of this
    predictor's life. Nobody has chosen that version to decide, so it merges nothing.
    """

    def __init__(self, model: DeduplicationModel | None = None) -> None:
        self.model = model or DeduplicationModel.objects.active()
        self.stands_in_for: DeduplicationModel | None = None

    def is_current(self) -> bool:
        """Return True if the active model and the rules for merging are still the same."""
        active, taken = DeduplicationModel.objects.active(), self.stands_in_for or self.model
        if active is None or taken is None:
            return active is taken
        return _rules(active) == _rules(taken)

    @property
    def model_version(self) -> str:
        if self.stands_in_for:
            return f"{self.model}, standing in for {self.stands_in_for}"
        return str(self.model) if self.model else ""

    def probabilities(
        self, pairs: Sequence[InsightPair], origin: PredictionOrigin
    ) -> list[float] | None:
        """Return one per pair of stored insights, from the records or the model, then recorded.

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
        """Return one per pair of texts, not recorded; None as above."""
        while self.model is not None:
            found = self._score(self.model, pairs)
            if found is not None or not self._replace():
                return found
        return None

    def explain(self, pairs: Sequence[TextPair]) -> list[tuple[str, ...]]:
        """Return the weightiest reasons for each pair; empty where the model cannot tell."""
        if self.model is None or not pairs:
            return [()] * len(pairs)
        try:
            found = backend_named(self.model.backend).scorer(self.model).explain(pairs)
        except Exception as error:
            self._report(error)
            return [()] * len(pairs)
        return [tuple(reason.sentence for reason in reasons[:REASONS]) for reasons in found]

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
        """Log once a process and model: a broken model would otherwise fill the log."""
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


def _rules(model: DeduplicationModel) -> tuple[UUID, float, str]:
    return model.pk, model.auto_merge_confidence, model.auto_merge_proof
