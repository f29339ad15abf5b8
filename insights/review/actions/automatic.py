"""Merge one insight into another without a person, on a model's word, with a receipt."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from insights.jobs.locks import retried
from insights.models import (
    AutoMergeStop,
    DecisionKind,
    DecisionMember,
    InsightStatus,
    MemberRole,
    MergeDecision,
)
from insights.review.labels import kept_apart
from insights.review.state import lock_insights, merge


@dataclass(kw_only=True)
class MergeAutomatically:
    """The pipeline's action. It teaches nothing until a person has looked."""

    canonical_id: UUID
    duplicate_id: UUID
    model_id: UUID | None
    model_version: str
    evidence: dict[str, Any] = field(default_factory=dict)

    @retried
    @transaction.atomic
    def execute(self) -> MergeDecision | None:
        """The receipt; None when one of the two was merged by somebody else in the meantime, when
        people keep apart what would come together, or when an audit has stopped models.
        """
        if self.model_id is not None and _is_stopped():
            return None
        insights = lock_insights([self.canonical_id, self.duplicate_id])
        if len(insights) < 2 or any(i.status != InsightStatus.ACTIVE for i in insights.values()):
            return None
        if kept_apart(set(insights)):
            return None
        canonical, duplicate = insights[self.canonical_id], insights[self.duplicate_id]
        merge(canonical, [duplicate])
        decision = MergeDecision.objects.create(
            kind=DecisionKind.AUTOMATIC,
            canonical=canonical,
            model_id=self.model_id,
            model_version=self.model_version,
            evidence=self.evidence,
        )
        DecisionMember.objects.bulk_create(
            [
                DecisionMember(
                    decision=decision, insight=canonical, role=MemberRole.CANONICAL, group=0
                ),
                DecisionMember(
                    decision=decision, insight=duplicate, role=MemberRole.MERGED, group=0
                ),
            ]
        )
        return decision


def _is_stopped() -> bool:
    return AutoMergeStop.objects.filter(resumed_at__isnull=True).exists()
