"""Take one insight out of a merge and leave the rest of it as it is, whatever came later."""

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
from insights.review.state import lock_tree, taken_out, twins_refused, unmerge


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
        merged_by = (
            MergeDecision.objects.select_for_update(of=("self",))
            .filter(pk=self.decision_id)
            .first()
        )
        if merged_by is None or merged_by.kind not in MERGING_KINDS:
            raise ReviewError(f"There is no merge {self.decision_id}.")
        if merged_by.undone_at is not None:
            raise Stale(f"{merged_by.undone_by} has already undone this merge. Look at it again.")
        assert merged_by.canonical_id is not None  # noqa: S101 - a merge has one
        everybody = merged_by.members.values_list("insight", flat=True)
        lock_tree(merged_by.canonical_id, also=everybody)
        gone = taken_out(merged_by)
        if self.insight_id in gone:
            raise Stale("It has already been taken out of this merge. Look at it again.")
        others, written = [], False
        for member in merged_by.members.select_related("insight").order_by("insight"):
            written = written or member.written
            if member.insight_id == self.insight_id:
                if member.role != MemberRole.MERGED:
                    raise ReviewError(
                        f"“{member.insight}” was not merged away by this decision: there is "
                        "nothing to take out."
                    )
            elif member.role != MemberRole.KEPT and member.insight_id not in gone:
                others.append(member)
        if not merged_by.members.filter(insight=self.insight_id).exists():
            raise ReviewError(f"Insight {self.insight_id} takes no part in this merge.")
        if written and len(others) < 2:
            raise ReviewError(
                "It is the last one behind a statement that was written for this merge. "
                "Undo the whole decision instead."
            )
        return self._record(merged_by, others)

    def _record(self, merged_by: MergeDecision, others: list[DecisionMember]) -> MergeDecision:
        decision = MergeDecision.objects.create(
            kind=DecisionKind.UNMERGED,
            amends=merged_by,
            canonical_id=merged_by.canonical_id,
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
