"""Probabilities of stored pairs for a preview: nothing is recorded or paid."""

from collections.abc import Mapping
from uuid import UUID

from finetuning.inference.prediction_store import recorded
from finetuning.inference.predictor import Predictor, TextPair
from finetuning.models import DeduplicationModel
from insights.ids import Pair

ASKED_AT_MOST = 2000  # of one version and one list: about a second


class Verdicts:
    """Stored answers of a version. `unknown` counts the pairs it was not asked about."""

    def __init__(self, model: DeduplicationModel | None) -> None:
        self.model = model
        self.unknown = 0

    def of(self, pairs: Mapping[Pair, float], statement: Mapping[UUID, str]) -> dict[Pair, float]:
        """Return the recorded probability of each pair, given with its cosine.

        For the rest a local version is asked, the most similar pairs first.
        """
        if self.model is None or not pairs:
            return {}
        found = recorded(self.model, list(pairs))
        missing = sorted((pair for pair in pairs if pair not in found), key=lambda p: -pairs[p])
        asked = [] if self.model.is_hosted else missing[:ASKED_AT_MOST]
        said = asked and Predictor(self.model).score(
            [TextPair(statement[one], statement[other], pairs[one, other]) for one, other in asked]
        )
        if said:
            found |= zip(asked, said, strict=True)
        self.unknown += len(pairs) - len(found)
        return found
