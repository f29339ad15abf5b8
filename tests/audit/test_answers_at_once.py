"""Two answers at once: each counts the other, so the one that goes too far stops the model."""

import pytest
from django.utils import timezone

from insights.audit.answers import answer
from insights.audit.stop import stop_in_force
from insights.models import AuditItem
from tests.insights.waiting import before_the_commit_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_mistakes_that_are_found_at_once_the_second_stops_it(
    auto_merge, reviewer, second_reviewer
):
    """One in twenty may be chance and two are not (tests/audit/test_stop.py)."""
    items = AuditItem.objects.bulk_create(
        AuditItem(decision=auto_merge(), week="2026-01-05") for _ in range(20)
    )
    right = AuditItem.objects.filter(pk__in=[item.pk for item in items[2:]])
    right.update(verdict="same", reviewer=reviewer, answered_at=timezone.now())
    before_the_commit_of(
        lambda: answer(items[0].pk, reviewer=reviewer, same=False),
        lambda: answer(items[1].pk, reviewer=second_reviewer, same=False),
    )
    assert stop_in_force().numbers["right"] == 18
