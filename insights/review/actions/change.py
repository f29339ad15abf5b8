"""Change a decision: undo the old one and take another in its place."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from insights.jobs.locks import retried
from insights.models import MergeDecision
from insights.review.actions.base import ClusterAction, require
from insights.review.actions.undo import UndoDecision
from insights.review.errors import ReviewError


@dataclass(kw_only=True)
class ChangeDecision:
    """Undo a decision on a cluster and take `to` in its place, both or neither.

    Undoing the change puts the first decision in force again.
    """

    decision_id: UUID
    to: ClusterAction

    @retried
    def execute(self) -> MergeDecision:
        """Undo and decide again; if either raises, nothing is changed."""
        actor = self.to.actor
        require(actor, self.to.permission, "decide clusters")
        require(actor, UndoDecision.permission, "undo decisions")
        before = MergeDecision.objects.filter(pk=self.decision_id).first()
        if before is None or before.cluster_id != self.to.cluster_id:
            raise ReviewError("The decision to change is not about this cluster.")
        self.to.prepare()
        # The undo itself increments the version. It also checks what the reviewer saw: it is
        # refused if somebody else has undone the decision meanwhile.
        self.to.expected_version = None
        with transaction.atomic():
            UndoDecision(
                decision_id=before.pk,
                actor=actor,
                comment="Replaced by another decision.",
                is_replaced=True,
            ).apply()
            decision = self.to.apply()
            decision.amends = before
            decision.save(update_fields=["amends"])
        return decision
