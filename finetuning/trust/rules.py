"""Decide whether a version may merge a pair without a person, and say why or why not."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from finetuning.ml.familiarity import Familiarity
from finetuning.models import AutoMergeProof, DeduplicationModel
from finetuning.trust.basis import JudgedPair, decisions_of, familiar, familiarity_of
from finetuning.trust.evidence import Judgement, judgements, vectors_of
from finetuning.trust.standing import LEAST, Standing, State, standing
from insights.decider import Wait
from insights.text.guard import LeftOver

# The classes that can merge; the guard blocks the others.
CLASSES = tuple(one for one in LeftOver if one not in (LeftOver.CONFLICT, LeftOver.UNREAD))
# Before operation the decisions on either count for both.
ADDING = (LeftOver.ADDITION, LeftOver.EXTENSION)
# The classes whose decisions before operation count as a class's own.
OWN = {
    LeftOver.IDENTICAL: (LeftOver.IDENTICAL, LeftOver.REWORDING),
    LeftOver.ADDITION: ADDING,
    LeftOver.EXTENSION: ADDING,
}
# Tried for a class that has errors at the version's own threshold.
STEPS = (0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)
# Times the share of errors that the target leaves: what a class may have had before operation, as
# reviewers err too. A version that learnt from MRPC was right in 88 of 94 additions, by the bound
# alone enough to merge, and in 22 of the 31 pairs of QQP that it then merged.
TOLERATED = 3


class PairKind(NamedTuple):
    left_over: LeftOver
    is_familiar: bool

    def __str__(self) -> str:
        words = {
            LeftOver.IDENTICAL: "only harmless words differ",
            LeftOver.REWORDING: "other words in the same place",
            LeftOver.ADDITION: "one statement says more",
            LeftOver.EXTENSION: "one statement repeats the other and goes on",
            LeftOver.REWRITE: "mostly other words",
        }[self.left_over]
        return f"{words}, {'familiar' if self.is_familiar else 'new'} topic"


@dataclass(frozen=True, slots=True)
class Permission:
    """Trust's answer: whether it allows a merge, the rule in plain words, and what it waits for.

    `is_proven` is True when the target precision is proven; otherwise its merges are audited
    closely.
    """

    kind: PairKind
    reason: str
    wait: Wait | None = None
    is_proven: bool = False


class Bar(NamedTuple):
    """The threshold from which a class has earned merges, and its standing there."""

    threshold: float
    standing: Standing


class Trust:
    """The trust in one version as it stands now: make a new one for each batch of pairs."""

    def __init__(self, model: DeduplicationModel, threshold: float | None = None) -> None:
        self.model = model
        self.threshold = model.auto_merge_confidence if threshold is None else threshold
        self.target: float = settings.AUTO_MERGE_PRECISION
        # Shared by trusts that differ in their threshold only.
        self._outcomes_from: dict[frozenset[tuple[LeftOver, float]], list[bool]] = {}

    def raised_to(self, threshold: float) -> "Trust":
        """Return the trust from a higher threshold on, without reading the judgements again."""
        raised = Trust(self.model, threshold)
        raised.decisions, raised._outcomes_from = self.decisions, self._outcomes_from
        raised.judgements = [one for one in self.judgements if one.probability >= threshold]
        return raised

    def permits(
        self,
        left_over: Sequence[LeftOver],
        wording: Sequence[str],
        probability: Sequence[float],
        one: NDArray[np.float32],
        other: NDArray[np.float32],
    ) -> list[Permission]:
        """Judge n pairs that the version finds sure enough and the guard does not block.

        `wording`: `Comparison.wording` of each. `one` and `other` are the embeddings of their
        statements, (n, 384) each.
        """
        if not left_over:
            return []
        is_known = familiar(self.familiarity, one, other, left_over)
        near = self._topic.score(one, other) >= self._topic.least
        return [
            self._permit(PairKind(left, bool(is_familiar)), words, said, bool(is_near))
            for left, words, said, is_familiar, is_near in zip(
                left_over, wording, probability, is_known, near, strict=True
            )
        ]

    @cached_property
    def bars(self) -> dict[LeftOver, Bar]:
        """Return for each class the lowest threshold at which it has earned merges.

        None lies below the version's own; a class that has earned none is measured there.
        """
        found: dict[LeftOver, Bar] = {}
        for left_over in CLASSES:
            steps = [self.threshold, *(step for step in STEPS if step > self.threshold)]
            bars = [Bar(step, self._standing(left_over, step)) for step in steps]
            earned = (bar for bar in bars if bar.standing.state is not State.SHADOW)
            found[left_over] = next(earned, bars[0])
        return found

    def _permit(
        self, kind: PairKind, wording: str, probability: float, is_near: bool
    ) -> Permission:
        proof = AutoMergeProof(self.model.auto_merge_proof)
        if proof == AutoMergeProof.THRESHOLD:
            return Permission(kind, f"Rule: from {self.threshold:g}, without evidence.")
        words = self._words(wording)
        if words is not None and words.state is not State.SHADOW:
            return self._by_proof(kind, words, f"on adding {_quoted(wording)}")
        if words is not None and words.errors:
            reason = f"Waits: adding {_quoted(wording)} has changed the meaning"
            return Permission(kind, f"{reason}; {_progress(words)}.", Wait.SHADOW)
        bar = self.bars[kind.left_over]
        found = bar.standing
        if probability < bar.threshold and found.state is not State.SHADOW:
            return Permission(kind, self._below(kind, bar), Wait.SHADOW)
        # Where only harmless words differ the guard has read every word, on whatever topic.
        if not kind.is_familiar and kind.left_over is not LeftOver.IDENTICAL:
            topic = self._new_topics if is_near else standing([], [], self.target)
            if topic.state is State.SHADOW:
                return Permission(kind, self._strange(topic), Wait.TOPIC)
            found = min(found, topic, key=lambda each: each.proven)
        if found.state is State.SHADOW:
            return Permission(kind, self._shadow(kind, found), Wait.SHADOW)
        return self._by_proof(kind, found, f"that count for its kind ({kind}{_also(kind)})")

    def _by_proof(self, kind: PairKind, found: Standing, counted: str) -> Permission:
        figures = (
            f"version {self.model.version} was right in {found.right} of {found.judged} judged "
            f"decisions {counted}: proven at least {found.proven:.1%}"
        )
        proof = AutoMergeProof(self.model.auto_merge_proof)
        if proof == AutoMergeProof.PROVEN and found.state is not State.PROVEN:
            return Permission(
                kind,
                f"Waits: {figures}, and {self.target:.1%} has to be proven; "
                f"{found.needed_to_prove} more without an error would do.",
                Wait.SHADOW,
            )
        rule = "Rule: proven" if found.state is State.PROVEN else "Rule: earned"
        return Permission(kind, f"{rule}; {figures}.", is_proven=found.state is State.PROVEN)

    def _strange(self, topic: Standing) -> str:
        return (
            f"Waits: this topic is unlike what version {self.model.version} has learnt; "
            f"{_progress(topic)}."
        )

    def _shadow(self, kind: PairKind, found: Standing) -> str:
        return (
            f"Waits: version {self.model.version} has not earned merges of this kind ({kind}); "
            f"{_progress(found)}."
        )

    def _below(self, kind: PairKind, bar: Bar) -> str:
        return (
            f"Waits: version {self.model.version} has earned merges of this kind ({kind}) from "
            f"{bar.threshold:g} only."
        )

    def _standing(self, left_over: LeftOver, threshold: float) -> Standing:
        """Sum up a class from a threshold on.

        Before operation, rewordings count for additions once these have half of what is needed
        themselves. In operation only its own decisions count, and those of a worse class:
        rewordings for pairs that differ in harmless words only.
        """
        classes = OWN.get(left_over, (left_over,))
        own = self._before(dict.fromkeys(classes, threshold))
        near = self._before({LeftOver.REWORDING: threshold}) if classes is ADDING else []
        counted = {left_over} if classes is ADDING else classes
        since = _distinct(one for one in self.judgements if one.left_over in counted)
        short = max(0, LEAST // 2 - len(own) - len(since)) if near else 0
        before = own + near
        # A few faultless decisions say little, but the share of errors already seen says much.
        allowed = TOLERATED * max(1 - self.target, 1e-6)
        short = max(short, math.ceil(before.count(False) / allowed) - len(before))
        return standing(before, since, self.target, short)

    def standing_of(self, thresholds: Mapping[LeftOver, float]) -> Standing:
        """Sum up the judged decisions of these classes, each from its threshold on.

        Decisions since the training count from the version's own threshold on, so that an error
        always weighs.
        """
        since = _distinct(one for one in self.judgements if one.left_over in thresholds)
        return standing(self._before(thresholds), since, self.target)

    def _before(self, thresholds: Mapping[LeftOver, float]) -> list[bool]:
        """Return the outcomes of decisions by cross-validation and on the held-out part.

        Decisions about the same left-over words count once, as most of them say: a hundred that
        add "in short" tell nothing of other additions.
        """
        key = frozenset(thresholds.items())
        if key in self._outcomes_from:
            return self._outcomes_from[key]
        alike: defaultdict[object, list[bool]] = defaultdict(list)
        for words, is_right in _by_decision(
            pair
            for pair in self.decisions
            if pair.probability >= thresholds.get(pair.left_over, np.inf)
            and pair.similarity >= settings.AUTO_MERGE_LEAST_SIMILARITY
        ):
            alike[words].append(is_right)
        self._outcomes_from[key] = [2 * sum(found) > len(found) for found in alike.values()]
        return self._outcomes_from[key]

    def _words(self, wording: str) -> Standing | None:
        """Sum up the decisions on adding just these words to a statement; None without any.

        Where both statements have words of their own, the weaker of the two counts.
        """
        sides = [words for words in wording.split(" | ") if words]
        found = [self._additions[words] for words in sides if words in self._additions]
        changed = [one for one in found if one.errors and one.state is State.SHADOW]
        if changed or not found or len(found) < len(sides):
            return next(iter(changed), None)
        return min(found, key=lambda one: (one.state is not State.SHADOW, one.proven))

    @cached_property
    def _additions(self) -> dict[str, Standing]:
        """Return the standing of the words that one statement alone had in judged pairs.

        What people found is no prediction, so decisions count also below the version's threshold,
        from 0.5 on: below that only pairs that are the same are recorded.
        """
        sure = [one for one in self.decisions if one.probability >= 0.5]
        before, since = (
            _by_words(pairs)
            for pairs in (
                (one for one in sure if one.left_over in CLASSES),
                self.judgements,
            )
        )
        return {
            words: standing(before.get(words, []), since.get(words, []), self.target)
            for words in before | since
        }

    @cached_property
    def decisions(self) -> list[JudgedPair]:
        """Return the decisions that the version did not learn from."""
        return decisions_of(self.model)

    @cached_property
    def familiarity(self) -> Familiarity:
        """Return how near a pair must be to the version's training statements."""
        return familiarity_of(self.model)

    @cached_property
    def judgements(self) -> list[Judgement]:
        """Return what people judged since the version was trained."""
        return judgements(self.model, self.threshold, settings.AUTO_MERGE_LEAST_SIMILARITY)

    @cached_property
    def _strangers(self) -> list[Judgement]:
        return [one for one in self.judgements if not one.is_familiar]

    @cached_property
    def _topic(self) -> Familiarity:
        """Return the new topics that people have judged, as reference statements."""
        vectors = vectors_of({pk for one in self._strangers for pk in one.pair})
        return Familiarity.of(np.array(list(vectors.values()), dtype=np.float32).reshape(-1, 384))

    @cached_property
    def _new_topics(self) -> Standing:
        return standing([], _distinct(self._strangers), self.target)


def _by_decision(found: Iterable[JudgedPair | Judgement]) -> list[tuple[object, bool]]:
    """Return one per decision, in order: the words left over, and True when all pairs are right.

    The decision stands for the words where none are left over.
    """
    right: dict[object, tuple[object, bool]] = {}
    for one in found:
        words, is_right = right.get(one.decision, (one.wording or one.decision, True))
        right[one.decision] = words, is_right and one.is_same
    return list(right.values())


def _distinct(found: Iterable[Judgement]) -> list[bool]:
    """Return the outcomes of decisions, in order; right ones on the same words count once.

    After an error all count anew.
    """
    outcomes, seen = [], set[object]()
    for words, is_right in _by_decision(found):
        if not is_right:
            seen.clear()
        elif words in seen:
            continue
        else:
            seen.add(words)
        outcomes.append(is_right)
    return outcomes


def _by_words(found: Iterable[JudgedPair | Judgement]) -> dict[str, list[bool]]:
    """Return the outcome of each decision, by the words that one statement alone has."""
    right: defaultdict[str, dict[object, bool]] = defaultdict(dict)
    for one in found:
        ours, _, theirs = one.wording.partition(" | ")
        if theirs and not ours:
            right[theirs][one.decision] = right[theirs].get(one.decision, True) and one.is_same
    return {words: list(decisions.values()) for words, decisions in right.items()}


def _quoted(wording: str) -> str:
    return " and ".join(f"“{words}”" for words in wording.split(" | ") if words)


def _also(kind: PairKind) -> str:
    """Name the other kinds whose decisions count before operation."""
    counted = {
        LeftOver.IDENTICAL: "; rewordings count",
        LeftOver.ADDITION: "; extensions and rewordings count",
        LeftOver.EXTENSION: "; other additions and rewordings count",
    }
    return counted.get(kind.left_over, "")


def _progress(found: Standing) -> str:
    if found.since_error is not None and found.since_error < LEAST:
        return f"{found.since_error} of {LEAST} decisions confirmed since the last error"
    if found.errors or found.short:
        return (
            f"{found.right} of {found.judged} judged decisions right, and "
            f"{found.needed_to_merge} more without an error are needed"
        )
    return f"{found.right} of {LEAST} decisions confirmed"
