"""Undo the merges since the last good audit as one batch.

There may be thousands, so workers undo them in slices.
"""

import time
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from insights.audit.precision import merges_since_last_good_audit
from insights.jobs.locks import advisory_lock, retried
from insights.models import AutoMergeStop
from insights.permissions import Actor
from insights.review.actions import UndoDecision
from insights.review.actions.base import require
from insights.review.errors import ReviewError, Stale

COMMENT = "After the audit that stopped automatic merging."


@dataclass(frozen=True, slots=True)
class Piece:
    """The result of one slice.

    `undone`: by this call. `left`: doubtful merges still in force; once finished, those that later
    decisions depend on. `is_busy`: another process was at work, and nothing was done here.
    """

    undone: int = 0
    left: int = 0
    is_finished: bool = False
    is_busy: bool = False


def take_back(stop: AutoMergeStop, *, actor: Actor, seconds: float | None = None) -> Piece:
    """Start the undo of all of them; after `seconds` the rest is left to `go_on`.

    Raises Forbidden, or Stale once automatic merging is resumed.
    """
    require(actor, UndoDecision.permission, "undo decisions")
    # If two people ask at once, the first counts; asking again later also undoes what was left.
    AutoMergeStop.objects.filter(
        Q(undo_asked_at__isnull=True) | Q(undo_finished_at__isnull=False),
        pk=stop.pk,
        resumed_at__isnull=True,
    ).update(undo_asked_at=timezone.now(), undo_asked_by=actor, undo_finished_at=None)
    stop.refresh_from_db()
    if stop.resumed_at is not None:
        raise Stale(
            f"{stop.resumed_by} resumed automatic merging at {stop.resumed_at:%Y-%m-%d %H:%M} UTC, "
            "so no merges are doubtful any more. Undo single decisions instead."
        )
    return go_on(stop.pk, seconds=seconds)


def unfinished() -> list[UUID]:
    """Return stops whose merges are being undone or wait for a worker to continue."""
    asked = AutoMergeStop.objects.filter(
        undo_asked_at__isnull=False, undo_finished_at__isnull=True, resumed_at__isnull=True
    )
    return list(asked.values_list("pk", flat=True))


def go_on(stop_id: UUID, *, seconds: float | None = None) -> Piece:
    """Undo merges, the latest first, each in its own transaction.

    Merges that later decisions depend on stay.
    """
    with advisory_lock(f"taking back:{stop_id}") as free:
        if not free:
            return Piece(is_busy=True)
        if stop_id not in unfinished():
            return Piece(is_finished=True)
        stop = AutoMergeStop.objects.select_related("undo_asked_by").get(pk=stop_id)
        doubtful = merges_since_last_good_audit(stop.model_version)
        began, undone = time.monotonic(), 0
        for decision_id in list(doubtful.values_list("pk", flat=True)):
            try:
                _undo(decision_id, stop)
            except ReviewError:  # its page says which decision depends on it
                continue
            undone += 1
            # Checked after a successful undo, so each piece makes progress whatever is refused
            # before it.
            if seconds is not None and time.monotonic() - began > seconds:
                return Piece(undone, doubtful.count())
        AutoMergeStop.objects.filter(pk=stop_id).update(undo_finished_at=timezone.now())
        return Piece(undone, doubtful.count(), is_finished=True)


@retried
def _undo(decision_id: UUID, stop: AutoMergeStop) -> None:
    """Undo one merge for the user who asked.

    Their permission was checked then; the account may be gone.
    """
    with transaction.atomic():
        UndoDecision(
            decision_id=decision_id,
            actor=stop.undo_asked_by,  # type: ignore[arg-type]
            comment=COMMENT,
            batch=stop.pk,
        ).apply()
