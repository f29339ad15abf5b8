"""The standing that a run of judged merges earns: shadow, automatic or proven."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from insights.intervals import exact_lower_bound

LEAST = 20  # judged decisions without an error: a lower bound of .861
MOST = 100_000


class State(StrEnum):
    """The state of trust in a class.

    SHADOW: proposed, not merged. AUTOMATIC: merged, and audited closely. PROVEN: merged, and
    audited as usual.
    """

    SHADOW = "shadow"
    AUTOMATIC = "automatic"
    PROVEN = "proven"


@dataclass(frozen=True, slots=True)
class Standing:
    """Judged decisions of one kind, with the exact one-sided 95 % lower bound of their precision.

    `since_error`: how many were right since the last error in operation; None without one.
    `short`: how many decisions of its very own class are missing before any count.
    """

    judged: int
    right: int
    since_error: int | None
    target: float
    short: int = 0

    @property
    def errors(self) -> int:
        return self.judged - self.right

    @property
    def seen(self) -> float | None:
        return self.right / self.judged if self.judged else None

    @property
    def proven(self) -> float:
        return _bound(self.right, self.judged)

    @property
    def state(self) -> State:
        """Return the state.

        Shadow until the bound reaches that of LEAST without an error, and after an error in
        operation until LEAST more were right without one; proven once the bound is the target.
        """
        recovering = self.since_error is not None and self.since_error < LEAST
        if recovering or self.short or self.proven < _bound(LEAST, LEAST):
            return State.SHADOW
        return State.PROVEN if self.proven >= self.target else State.AUTOMATIC

    @property
    def needed_to_merge(self) -> int:
        """Return the decisions without an error until the shadow ends."""
        by_bound = _needed(self.right, self.errors, _bound(LEAST, LEAST))
        by_error = 0 if self.since_error is None else max(0, LEAST - self.since_error)
        return max(by_bound, by_error, self.short)

    @property
    def needed_to_prove(self) -> int:
        """Return the decisions without an error until the target is proven."""
        return _needed(self.right, self.errors, self.target)


@lru_cache(maxsize=4096)
def _bound(right: int, judged: int) -> float:
    return exact_lower_bound(right, judged)


def standing(
    before: Sequence[bool], since: Sequence[bool], target: float, short: int = 0
) -> Standing:
    """Sum up decisions.

    `before`: by cross-validation and on the held-out part, unordered; `since`: in operation, in
    the order in which people judged them.
    """
    errors = [place for place, right in enumerate(since) if not right]
    return Standing(
        judged=len(before) + len(since),
        right=sum(before) + sum(since),
        since_error=len(since) - 1 - errors[-1] if errors else None,
        target=target,
        short=short,
    )


@lru_cache(maxsize=4096)
def _needed(right: int, errors: int, target: float) -> int:
    """Return how many further right decisions lift the lower bound to `target`, by bisection."""
    if _bound(right, right + errors) >= target:
        return 0
    low, high = 0, MOST
    while high - low > 1:
        middle = (low + high) // 2
        if _bound(right + middle, right + middle + errors) >= target:
            high = middle
        else:
            low = middle
    return high
