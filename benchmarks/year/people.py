"""The people of the simulated year, and their own notes of what they meant to say."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from random import Random
from typing import Any
from uuid import UUID

from dedup_project.demo.reviewer import GoldReviewer, Labels
from insights.audit import answers
from insights.models import Cluster, MergeDecision
from insights.review.actions import UndoDecision

Pair = frozenset[UUID]


@dataclass
class Said:
    """One human decision: its labels of pairs, in the order of time."""

    labels: dict[Pair, bool]
    taken_back: bool = False


@dataclass
class Notebook:
    """Notes that the people keep themselves, independent of the database: the year's oracle."""

    said: list[Said] = field(default_factory=list)

    def add(self, labels: dict[Pair, bool]) -> Said:
        self.said.append(Said(labels))
        return self.said[-1]

    def in_force(self) -> dict[Pair, bool]:
        """Return what was said last about each pair and not undone."""
        found: dict[Pair, bool] = {}
        for one in self.said:
            if not one.taken_back:
                found |= one.labels
        return found


class SlippingReviewer(GoldReviewer):
    """A reviewer who decides by the gold labels, and is wrong in a share of the clusters."""

    def __init__(
        self, gold: Labels, user: Any, *, notebook: Notebook, error_rate: float, random: Random
    ) -> None:
        super().__init__(gold, user)
        self.notebook, self.error_rate, self.random = notebook, error_rate, random
        self._last: tuple[MergeDecision, Said] | None = None

    def _groups(self, cluster: Cluster) -> list[list[UUID]]:
        """Make a mistake by separating one insight or joining two."""
        groups = super()._groups(cluster)
        if self.random.random() >= self.error_rate:
            return groups
        everybody = [pk for group in groups for pk in group]
        return [[pk] for pk in everybody] if len(groups) == 1 else [everybody]

    def _act(self, cluster: Cluster, groups: list[list[UUID]]) -> MergeDecision:
        decision = super()._act(cluster, groups)
        self._last = decision, self.notebook.add(_meant(groups))
        return decision

    def take_back_the_last(self) -> None:
        """Undo the last decision on second thoughts and decide the cluster again."""
        if self._last is not None:
            decision, said = self._last
            UndoDecision(decision_id=decision.pk, actor=self.user).execute()
            said.taken_back, self._last = True, None


def _meant(groups: list[list[UUID]]) -> dict[Pair, bool]:
    """Return approved (one group), partial (one, others alone), rejected (all alone) or split."""
    is_partial = len(groups[0]) > 1 and len(groups) > 1 and len(groups[1]) == 1
    if is_partial:
        kept = [pk for group in groups[1:] for pk in group]
        labels = _apart([groups[0], kept])
    else:
        labels = _apart(groups)
    return labels | {frozenset(pair): True for group in groups for pair in combinations(group, 2)}


def _apart(groups: Iterable[list[UUID]]) -> dict[Pair, bool]:
    return {
        frozenset((one, other)): False
        for first, second in combinations(groups, 2)
        for one in first
        for other in second
    }


class Auditor:
    """An auditor who answers every item by the gold labels, seeing only the statements."""

    def __init__(self, gold: Labels, user: Any, *, notebook: Notebook) -> None:
        self.gold, self.user, self.notebook = gold, user, notebook

    def answer_all(self) -> int:
        """Answer all items and count the wrong merges."""
        wrong = 0
        while (item := answers.claim(self.user)) is not None:
            members = answers.blind_members(item)
            cluster_of = {one.pk: self.gold.cluster_of[one.content_hash] for one in members}
            same = len(set(cluster_of.values())) == 1
            answers.answer(item.pk, reviewer=self.user, same=same)
            self.notebook.add({frozenset(cluster_of): same})
            wrong += not same
        return wrong
