"""The port through which the pipeline and the clustering ask whether insights are duplicates.

settings.DUPLICATE_DECIDER names the implementation: the active model in the real system, plain
similarity without one. This app does not know which.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from insights.models import Insight


class Wait(StrEnum):
    """The reason an insight waits for a person. Runs count waiting insights by these words."""

    THRESHOLD = "below the threshold"
    LANGUAGE = "language"
    CONFLICT = "conflict"
    SIMILARITY = "not similar enough"
    SHADOW = "shadow"
    TOPIC = "new topic"
    CAP = "daily cap"
    KEPT_APART = "kept apart"
    STAND_IN = "stand-in model"
    STOPPED = "stopped by an audit"


@dataclass(frozen=True, slots=True)
class DuplicateCheck:
    """The answer for one insight (the guide's Option A).

    `wait` says what keeps the best candidate from being merged; None when it is merged, and when
    there is no candidate.
    """

    should_merge: bool
    existing_insight_id: UUID | None = None  # the nearest, even if it should not be merged
    existing_statement: str | None = None  # where it was at hand
    confidence: float | None = None
    similarity: float | None = None
    model_id: UUID | None = None
    model_version: str = ""
    reason: str = ""  # one sentence for the receipt
    wait: Wait | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InsightPair:
    insight1: Insight
    insight2: Insight
    similarity: float


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """One model's answer for one pair.

    `probability`: the calibrated chance that it should be merged; `prediction` is probability >=
    0.5; `confidence`: the chance that the prediction is right.
    """

    prediction: bool
    probability: float
    confidence: float


class DuplicateDecider(Protocol):
    @property
    def model_version(self) -> str:
        """Return the model version for receipts; empty for plain similarity."""
        ...

    @property
    def out_below(self) -> float:
        """Return the probability below which clustering keeps a judged pair apart."""
        ...

    @property
    def to_prove(self) -> tuple[float, int]:
        """Return the auto-merge threshold, and the decisions above it to prove the target."""
        ...

    def check(self, insights: Sequence[Insight]) -> list[DuplicateCheck]:
        """Decide for each new, embedded insight whether to merge it into an older one."""
        ...

    def judge(self, pairs: Sequence[InsightPair]) -> list[PairVerdict | None]:
        """Judge candidate pairs (the guide's Option B); None where there is no answer."""
        ...

    def explain(self, pairs: Sequence[InsightPair]) -> list[tuple[str, ...]]:
        """Explain each pair in sentences, the strongest reason first.

        Empty where the model cannot tell. Uses no network and records nothing.
        """
        ...


class SimilarityDecider:
    """Merge nothing, and leave clusters to similarity."""

    model_version = ""
    out_below = 0.0  # it judges no pair
    to_prove = (1.0, 0)

    def check(self, insights: Sequence[Insight]) -> list[DuplicateCheck]:
        return [DuplicateCheck(should_merge=False, reason="No model is active.") for _ in insights]

    def judge(self, pairs: Sequence[InsightPair]) -> list[PairVerdict | None]:
        return [None] * len(pairs)

    def explain(self, pairs: Sequence[InsightPair]) -> list[tuple[str, ...]]:
        return [()] * len(pairs)


def duplicate_decider() -> DuplicateDecider:
    """Return a new decider, which may keep using the model that is active now."""
    decider: DuplicateDecider = import_string(settings.DUPLICATE_DECIDER)()
    return decider
