"""Automatic merges, as the pipeline makes them, and those drawn to be audited."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from insights.audit.sampling import draw
from insights.models import AuditItem, Insight, MergeDecision
from insights.review.actions.automatic import MergeAutomatically

MODEL = uuid.UUID(int=7)
VERSION = "version 7 (local)"


@pytest.fixture
def auto_merge(make_insight: Callable[..., Insight]) -> Callable[..., MergeDecision | None]:
    numbers = iter(range(10_000))

    def merge(
        at: datetime | None = None, version: str = VERSION, model: uuid.UUID | None = MODEL
    ) -> MergeDecision | None:
        number = next(numbers)
        one, other = make_insight(f"statement {number}"), make_insight(f"the same {number}")
        decision = MergeAutomatically(
            canonical_id=one.pk, duplicate_id=other.pk, model_id=model, model_version=version
        ).execute()
        if decision is not None and at is not None:
            decision.decided_at = at
            decision.save(update_fields=["decided_at"])
        return decision

    return merge


@pytest.fixture
def items(auto_merge: Callable[..., MergeDecision | None]) -> Callable[..., list[AuditItem]]:
    """Items in the order of their merges, a minute apart."""

    def make(n: int, start: datetime | None = None) -> list[AuditItem]:
        start = start or timezone.now() - timedelta(hours=2)
        for i in range(n):
            auto_merge(at=start + timedelta(minutes=i))
        draw()
        return list(AuditItem.objects.order_by("decision__decided_at"))

    return make
