"""Undo a decision as if it had never been made, even after later ones."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from insights.models import (
    Cluster,
    DecisionKind,
    DecisionMember,
    EventKind,
    Insight,
    InsightStatus,
    MemberRole,
    MergeDecision,
)
from insights.permissions import UNDO_DECISION
from insights.review.actions.base import Action
from insights.review.actions.restore import reopen, restore
from insights.review.errors import ReviewError, Stale
from insights.review.labels import label_insights, refresh_labels
from insights.review.repeats import take_out
from insights.review.state import (
    lock_row,
    lock_trees,
    merge,
    merges_above,
    taken_out,
    twins_refused,
    unmerge,
)
from insights.signals import decision_undone


@dataclass(kw_only=True)
class UndoDecision(Action):
    """Restore what the decision changed.

    Its cluster is open again or, if the decision had changed an earlier one, decided as before. An
    audit item waits for an answer again.

    `not_same`: for an automatic merge, also label the two as not duplicates, so that they are never
    merged again and the next model learns from it. `is_replaced`: another decision takes its place
    in the same transaction, so nothing earlier comes back.
    """

    decision_id: UUID
    not_same: bool = False
    is_replaced: bool = False

    permission = UNDO_DECISION
    doing = "undo decisions"

    @twins_refused()
    def apply(self) -> MergeDecision:
        """Undo in the caller's transaction."""
        cluster = self._lock_cluster()
        decision = lock_row(MergeDecision.objects.all(), self.decision_id, "decision")
        if decision.undone_at is not None:
            raise Stale(
                f"{decision.undone_by} has already undone this decision "
                f"({decision.undone_at:%Y-%m-%d %H:%M} UTC). There is nothing left to undo."
            )
        amended = self._lock_amended(decision)
        members = list(decision.members.select_related("insight").order_by("insight"))
        everybody = [member.insight_id for member in members]
        if amended is not None:
            everybody += amended.members.values_list("insight", flat=True)
        heads = {m.insight_id for m in members if m.role == MemberRole.CANONICAL}
        if decision.canonical_id is not None:
            heads.add(decision.canonical_id)
        lock_trees(heads, also=everybody)
        if decision.kind == DecisionKind.UNMERGED:
            self._put_back(decision, members, amended)
        else:
            self._refuse_when_built_upon(decision, members)
        decision.undone_at, decision.undone_by = timezone.now(), self.actor
        decision.undo_comment = self.comment
        decision.save(update_fields=["undone_at", "undone_by", "undo_comment"])
        self.note(decision, cluster, kind=EventKind.UNDONE)
        self._retire_written(members)
        gone = taken_out(decision)
        for member in members:
            if member.role == MemberRole.MERGED and member.insight_id not in gone:
                unmerge(member.insight_id)
        refresh_labels(decision)
        if not self._has_restored(decision, amended, cluster) and cluster is not None:
            reopen(cluster)
        decision_undone.send(sender=MergeDecision, decision=decision, actor=self.actor)
        taken_out_repeat = take_out(decision)
        if self.not_same and decision.kind == DecisionKind.AUTOMATIC:
            own = [taken_out_repeat] if taken_out_repeat is not None else []
            label_insights(
                [*(member.insight for member in members), *own],
                same=False,
                actor=self.actor,
                comment=self.comment,
            )
        return decision

    def _lock_cluster(self) -> Cluster | None:
        """Lock the cluster before the decision's row, as all actions do (insights.review.state)."""
        cluster_id = (
            MergeDecision.objects.filter(pk=self.decision_id)
            .values_list("cluster", flat=True)
            .first()
        )
        if cluster_id is None:
            return None
        return Cluster.objects.select_for_update().get(pk=cluster_id)

    def _lock_amended(self, decision: MergeDecision) -> MergeDecision | None:
        """Lock the decision that this one amends: the merge it took from, or the one it changed."""
        amended = MergeDecision.objects.select_for_update(of=("self",))
        return amended.filter(amended_by=decision).first()

    def _refuse_when_built_upon(
        self, decision: MergeDecision, members: list[DecisionMember]
    ) -> None:
        """Refuse if later decisions use a statement that was written for this one."""
        written = [member.insight_id for member in members if member.written]
        later = (
            MergeDecision.objects.filter(undone_at__isnull=True, members__insight__in=written)
            .exclude(pk=decision.pk)
            .order_by("decided_at")
        )
        if names := [f"{other} ({other.pk})" for other in later[:5]]:
            raise ReviewError(
                "The canonical statement that was written for this decision takes part in later "
                f"decisions. Undo these first: {'; '.join(names)}."
            )

    def _put_back(
        self,
        decision: MergeDecision,
        members: list[DecisionMember],
        merged_by: MergeDecision | None,
    ) -> None:
        """Put it back into its merge, if that still stands. All are locked."""
        if merged_by is None or merged_by.is_undone or decision.canonical_id is None:
            return
        (taken,) = [m.insight_id for m in members if m.role == MemberRole.UNMERGED]
        insight = Insight.objects.get(pk=taken)
        root = lock_trees([decision.canonical_id])[decision.canonical_id]
        if insight.status != InsightStatus.ACTIVE or root.pk == taken:
            # Either it hangs on another insight, or the merge that it was taken out of hangs on it.
            if insight.status != InsightStatus.ACTIVE:
                later = next(merges_above(taken))
            else:
                *_, later = merges_above(decision.canonical_id)
            raise ReviewError(
                "It has been merged otherwise since it was taken out. Undo that first: "
                f"{later} ({later.pk})."
            )
        merge(root, [insight])

    def _has_restored(
        self, decision: MergeDecision, changed: MergeDecision | None, cluster: Cluster | None
    ) -> bool:
        if changed is None or self.is_replaced or decision.kind == DecisionKind.UNMERGED:
            return False
        return restore(changed, cluster, self.actor)

    def _retire_written(self, members: list[DecisionMember]) -> None:
        Insight.objects.filter(pk__in=[m.insight_id for m in members if m.written]).update(
            status=InsightStatus.RETIRED, updated_at=timezone.now()
        )
