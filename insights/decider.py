"""What the pipeline and the clustering ask others: "is this a duplicate?", "are these the same?".

settings.DUPLICATE_DECIDER names who answers: the active model in the real system, plain similarity
without one. This app does not know which.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from insights.models import Insight


@dataclass(frozen=True, slots=True)
class DuplicateCheck:
    """The answer for one insight (the guide's Option A)."""

    should_merge: bool
    existing_insight_id: UUID | None = None  # the nearest, also when it should not be merged
    existing_statement: str | None = None  # where it was at hand
    confidence: float | None = None
    similarity: float | None = None
    model_id: UUID | None = None
    model_version: str = ""
    reason: str = ""  # one sentence for the receipt
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InsightPair:
    insight1: Insight
    insight2: Insight
    similarity: float


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """One model's answer for one pair: `probability` that it should be merged, calibrated;
    `prediction` is probability >= 0.5; `confidence` the chance that the prediction is right.
    """

    prediction: bool
    probability: float
    confidence: float


class DuplicateDecider(Protocol):
    @property
    def model_version(self) -> str:
        """Who answers, for receipts; empty for plain similarity."""
        ...

    @property
    def out_below(self) -> float:
        """In clustering, a pair that is judged less probable than this is kept apart."""
        ...

    def check(self, insights: Sequence[Insight]) -> list[DuplicateCheck]:
        """For each new insight, stored and embedded: merge it into an older one, or not."""
        ...

    def judge(self, pairs: Sequence[InsightPair]) -> list[PairVerdict | None]:
        """For each candidate pair a verdict (the guide's Option B); None where there is none."""
        ...

    def explain(self, pairs: Sequence[InsightPair]) -> list[tuple[str, ...]]:
        """For each pair what weighed in the verdict, as sentences, the weightiest first; empty
        where the model cannot tell. Asks nobody over a network, and records nothing.
        """
        ...


class SimilarityDecider:
    """Without a model nothing is merged without a person, and similarity alone makes clusters."""

    model_version = ""
    out_below = 0.0  # it judges no pair

    def check(self, insights: Sequence[Insight]) -> list[DuplicateCheck]:
        return [DuplicateCheck(should_merge=False, reason="No model is active.") for _ in insights]

    def judge(self, pairs: Sequence[InsightPair]) -> list[PairVerdict | None]:
        return [None] * len(pairs)

    def explain(self, pairs: Sequence[InsightPair]) -> list[tuple[str, ...]]:
        return [()] * len(pairs)


def duplicate_decider() -> DuplicateDecider:
    """Return a new decider, which may hold on to the model that is active now."""
    decider: DuplicateDecider = import_string(settings.DUPLICATE_DECIDER)()
    return decider
