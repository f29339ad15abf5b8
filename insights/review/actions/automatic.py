"""Merge one insight into another automatically, on a model's answer, with a receipt."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from insights.decider import Wait
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
    """The pipeline's action. It creates no label until a person confirms the merge.

    Afterwards, `wait` names what a refused merge waits for, if a person can let it through.
    """

    canonical_id: UUID
    duplicate_id: UUID
    model_id: UUID | None
    model_version: str
    evidence: dict[str, Any] = field(default_factory=dict)
    wait: Wait | None = field(default=None, init=False)

    @retried
    @transaction.atomic
    def execute(self) -> MergeDecision | None:
        """Merge, and return the receipt; None if nothing was merged.

        That is so if one of the two was merged meanwhile, if people keep them apart, if an audit
        has stopped automatic merging, or if the canonical has taken in AUTO_MERGE_DAILY_CAP
        insights within a day.
        """
        stops = AutoMergeStop.objects.filter(resumed_at__isnull=True)
        if self.model_id is not None and stops.exists():
            self.wait = Wait.STOPPED
            return None
        insights = lock_insights([self.canonical_id, self.duplicate_id])
        if len(insights) < 2 or any(i.status != InsightStatus.ACTIVE for i in insights.values()):
            return None
        if kept_apart(set(insights)):
            self.wait = Wait.KEPT_APART
            return None
        if self.model_id is not None and _is_full_for_today(self.canonical_id):
            self.wait = Wait.CAP
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


def _is_full_for_today(canonical: UUID) -> bool:
    """Return True if models have merged the daily maximum into it. Its row is locked."""
    merges = MergeDecision.objects.filter(
        kind=DecisionKind.AUTOMATIC,
        canonical=canonical,
        model_id__isnull=False,
        decided_at__gt=timezone.now() - timedelta(days=1),
    )
    return merges.count() >= settings.AUTO_MERGE_DAILY_CAP
