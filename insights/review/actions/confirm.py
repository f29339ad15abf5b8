"""Confirm an automatic merge, so that it counts as evidence and trains the next model."""

from dataclasses import dataclass
from uuid import UUID

from insights.models import DecisionKind, MergeDecision
from insights.review.actions.base import Action
from insights.review.errors import Stale
from insights.review.labels import label_insights
from insights.review.state import lock_insights, lock_row


@dataclass(kw_only=True)
class ConfirmMerge(Action):
    """Confirm one automatic merge that is in force. Undoing the confirmation removes its label."""

    decision_id: UUID

    doing = "confirm merges"

    def apply(self) -> MergeDecision:
        merges = MergeDecision.objects.filter(kind=DecisionKind.AUTOMATIC)
        merge = lock_row(merges, self.decision_id, "automatic merge")
        if merge.is_undone:
            raise Stale(f"{merge.undone_by} has already undone this merge.")
        if merge.amended_by.filter(undone_at__isnull=True).exists():
            raise Stale("This merge has already been checked.")
        insights = lock_insights(merge.members.values_list("insight", flat=True))
        decision = label_insights(
            insights.values(), same=True, actor=self.actor, comment=self.comment, amends=merge
        )
        self.note(decision)
        return decision
