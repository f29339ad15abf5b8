"""Take one insight out of a merge and leave the rest unchanged, even after later merges."""

from dataclasses import dataclass
from uuid import UUID

from insights.models import (
    DecisionKind,
    DecisionMember,
    MemberRole,
    MergeDecision,
)
from insights.models.decision import MERGING_KINDS
from insights.permissions import UNDO_DECISION
from insights.review.actions.base import Action
from insights.review.errors import ReviewError, Stale
from insights.review.labels import refresh_labels
from insights.review.state import lock_row, lock_trees, taken_out, twins_refused, unmerge


@dataclass(kw_only=True)
class UnmergeInsight(Action):
    """Make the insight active again, with everything that belonged to it.

    It is never proposed with the others of that merge again: each of these pairs is labelled as not
    duplicates. It is a decision of its own, so undoing it merges the insight again.
    """

    decision_id: UUID
    insight_id: UUID

    permission = UNDO_DECISION
    doing = "take insights out of a merge"

    @twins_refused()
    def apply(self) -> MergeDecision:
        merges = MergeDecision.objects.filter(kind__in=MERGING_KINDS)
        merged_by = lock_row(merges, self.decision_id, "merge")
        if merged_by.undone_at is not None:
            raise Stale(f"{merged_by.undone_by} has already undone this merge. Look at it again.")
        heads = merged_by.canonicals()
        everybody = merged_by.members.values_list("insight", flat=True)
        lock_trees(heads.values(), also=everybody)
        gone = taken_out(merged_by)
        if self.insight_id in gone:
            raise Stale("It has already been taken out of this merge. Look at it again.")
        members = merged_by.members.select_related("insight").order_by("insight")
        taken = next((m for m in members if m.insight_id == self.insight_id), None)
        if taken is None:
            raise ReviewError(f"Insight {self.insight_id} takes no part in this merge.")
        if taken.role != MemberRole.MERGED:
            raise ReviewError(
                f"“{taken.insight}” was not merged away by this decision: there is nothing to "
                "take out."
            )
        others = [
            m for m in members if m.group == taken.group and m != taken and m.insight_id not in gone
        ]
        if any(m.written for m in others) and len(others) < 2:
            raise ReviewError(
                "It is the last insight merged into a statement that was written for this merge. "
                "Undo the whole decision instead."
            )
        return self._record(merged_by, heads[taken.group], others)

    def _record(
        self, merged_by: MergeDecision, canonical: UUID, others: list[DecisionMember]
    ) -> MergeDecision:
        decision = MergeDecision.objects.create(
            kind=DecisionKind.UNMERGED,
            amends=merged_by,
            canonical_id=canonical,
            actor=self.actor,
            comment=self.comment,
        )
        DecisionMember.objects.bulk_create(
            [
                DecisionMember(
                    decision=decision,
                    insight_id=self.insight_id,
                    role=MemberRole.UNMERGED,
                    group=1,
                ),
                *(
                    DecisionMember(
                        decision=decision,
                        insight_id=other.insight_id,
                        role=MemberRole.KEPT,
                        group=0,
                        written=other.written,
                    )
                    for other in others
                ),
            ]
        )
        self.note(decision)
        unmerge(self.insight_id)
        refresh_labels(decision)
        return decision
