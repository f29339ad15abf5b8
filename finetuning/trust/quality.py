"""Quality of a version's automatic merges: the figures that all pages show."""

import math
from dataclasses import dataclass

from finetuning.models import AutoMergeProof, DeduplicationModel
from finetuning.trust.basis import decisions_of, least_similarity
from finetuning.trust.rules import CLASSES, Bar, Trust
from finetuning.trust.standing import State
from insights.text.guard import LeftOver
from insights.text.plural import counted


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality of a version's automatic merges, measured on decisions it did not learn from.

    merging: the classes that it merges, each with its threshold; empty while all are in the shadow;
    then the figures are of its proposals from `threshold` up. judged, seen: how many decisions
    people have made on such pairs and the share that was right, None without one. proven: the exact
    one-sided 95 % lower bound of that share. needed: further decisions without an error until the
    target is proven. spared: the share of the duplicates people decided that it would have merged
    by itself; None without any.
    """

    threshold: float
    target: float
    merging: dict[LeftOver, float]
    judged: int
    seen: float | None
    proven: float
    needed: int
    spared: float | None

    def sentences(self) -> list[str]:
        """Return the figures in words, the same on all pages."""
        would = "make" if self.merging else "propose"
        if not self.judged or self.seen is None:
            return ["No decision has tested its merges yet."]
        right = round(self.seen * self.judged)
        were = "was" if right == 1 else "were"
        least = math.floor(100 * self.proven)
        seen = f"of {self.judged:,} judged so far, {right:,} {were}"
        found = [f"Of 100 merges that it would {would}, at least {least} are right: {seen}."]
        if not self.merging:
            found.append("It has not earned any kind of merge yet, so people decide.")
        elif self.spared is not None:
            found.append(f"It would spare people {round(100 * self.spared)} of 100 decisions.")
        goal = f"{100 * self.target:g}"
        if self.needed:
            pairs = counted(self.needed, "more confirmed pair")
            found.append(f"{pairs} would prove {goal}.")
        else:
            found.append(f"{goal} of 100 is proven.")
        return found


def quality(model: DeduplicationModel, threshold: float | None = None) -> Quality:
    """Return the quality of the version's merges from `threshold` up, by default its own."""
    return quality_by(Trust(model, threshold))


def quality_by(trust: Trust) -> Quality:
    """Return the quality of the merges that `trust` permits."""
    merging = _merging(trust)
    found = trust.standing_of(merging or dict.fromkeys(CLASSES, trust.threshold))
    same = [pair for pair in decisions_of(trust.model) if pair.is_same]
    spared = [
        pair.probability >= merging.get(pair.left_over, 2.0)
        and pair.similarity >= least_similarity(pair.left_over)
        for pair in same
    ]
    return Quality(
        threshold=trust.threshold,
        target=trust.target,
        merging=merging,
        judged=found.judged,
        seen=found.seen,
        proven=found.proven,
        needed=found.needed_to_prove,
        spared=sum(spared) / len(same) if same else None,
    )


def _merging(trust: Trust) -> dict[LeftOver, float]:
    proof = AutoMergeProof(trust.model.auto_merge_proof)
    if proof == AutoMergeProof.THRESHOLD:
        return dict.fromkeys(CLASSES, trust.threshold)
    return {
        left_over: bar.threshold for left_over, bar in trust.bars.items() if _may_merge(bar, proof)
    }


def _may_merge(bar: Bar, proof: AutoMergeProof) -> bool:
    if proof == AutoMergeProof.PROVEN:
        return bar.standing.state is State.PROVEN
    return bar.standing.state is not State.SHADOW
