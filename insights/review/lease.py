"""Lease a row to one reviewer: clusters of the queue and items of the audit alike.

A lease is two columns of the row itself, `held_by` and `held_until`. It is taken under a row lock
that skips the rows others are just taking, so two reviewers never hold the same one. An expired
lease is free for all.
"""

from typing import TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from insights.models import AuditItem, Cluster
from insights.models.lease import LEASE

Leased = TypeVar("Leased", Cluster, AuditItem)


def take_first(reviewer: User, rows: QuerySet[Leased]) -> Leased | None:
    """Lease the first of `rows` that nobody has locked. Waits when all of them are locked."""
    with transaction.atomic():
        row = rows.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None and rows.exists():
            # Others are taking all the rest, or a clustering run is writing: when they are done,
            # the query checks again whether the row is still free.
            row = rows.select_for_update(of=("self",)).first()
        if row is not None:
            extend(row, reviewer)
        return row


def extend(row: Cluster | AuditItem, reviewer: User) -> None:
    """Lease a row that the caller has locked, or lease it again."""
    row.held_by, row.held_until = reviewer, timezone.now() + LEASE
    row.save(update_fields=["held_by", "held_until"])


def release(reviewer: User, row: Cluster | AuditItem) -> None:
    """End the reviewer's lease early; a lease of somebody else stays."""
    same = type(row)._default_manager.filter(pk=row.pk, held_by=reviewer)
    same.update(held_by=None, held_until=None)
