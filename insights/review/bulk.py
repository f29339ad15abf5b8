"""Bulk approval as a job: all likely duplicates above a probability, with one undo.

It works in pieces, so that it can be followed, cancelled and resumed after a kill.
"""

import math
import time
from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, F, QuerySet

from insights.jobs.enqueue import enqueue_run
from insights.jobs.locks import advisory_lock, is_connection_lost
from insights.models import BulkRun, ClusterMember, ClusterStatus, MergeDecision, RunStatus
from insights.review.actions import ApproveCluster, UndoDecision
from insights.review.actions.base import require
from insights.review.batch import (
    BatchResult,
    Seen,
    approvable,
    decide_batch,
    undo_batch,
)

PIECE = 25
REQUEST_SECONDS = 5.0  # how long a request may take that has to do the work itself


def queue_approval(
    actor: User, least_probability: float, *, excluded: Sequence[UUID] = (), comment: str = ""
) -> BulkRun:
    """Return a run that approves every likely duplicate that there is now. Raises ReviewError.

    `excluded` are the clusters that the person unticked. A run of clustering may have proposed
    their members again since, so the clusters that join two of them are left out, too.
    """
    require(actor, ApproveCluster.permission, "decide clusters")
    approvable(actor, least_probability)  # refuses an impossible probability
    return BulkRun.objects.create(
        status=RunStatus.QUEUED,
        started_by=actor,
        least_probability=least_probability,
        excluded=list({*excluded, *_proposed_again(excluded)}),
        comment=comment,
    )


def _proposed_again(clusters: Sequence[UUID]) -> QuerySet[ClusterMember, UUID]:
    """Return the open clusters that hold two members of one of these."""
    again = ClusterMember.objects.filter(
        cluster__in=clusters, insight__memberships__cluster__status=ClusterStatus.OPEN
    )
    return (
        again.values("cluster", again=F("insight__memberships__cluster"))
        .annotate(shared=Count("pk"))
        .filter(shared__gte=2)
        .values_list("again", flat=True)
    )


def queue_undo(actor: User, decisions: QuerySet[MergeDecision], **fields: object) -> BulkRun:
    """Return a run that undoes these decisions, the latest first. Raises ReviewError."""
    require(actor, UndoDecision.permission, "undo decisions")
    return BulkRun.objects.create(
        status=RunStatus.QUEUED,
        started_by=actor,
        is_undo=True,
        decisions=list(decisions.values_list("pk", flat=True)),
        **fields,
    )


def start(run: BulkRun) -> None:
    """Hand the run to a worker, or work on it now if there is no broker.

    What takes longer than a request may is left in the queue; the sweep hands it over later.
    """
    if not enqueue_run(run):
        work(run, seconds=REQUEST_SECONDS)


def work(run: BulkRun, *, seconds: float = math.inf) -> BulkRun:
    """Work on the run for about `seconds`; the rest is queued again."""
    with advisory_lock(run.lock_name) as free:
        if not free or not run.begin():
            return run
        until = time.monotonic() + seconds
        try:
            while not _piece(run):
                if time.monotonic() > until:
                    run.pause()
                    break
        except BaseException as error:
            if not is_connection_lost(error):
                run.finish(RunStatus.FAILED, error=f"{type(error).__name__}: {error}")
            raise
    return run


def _piece(run: BulkRun) -> bool:
    """Decide or undo the next few; True when the run has ended."""
    if run.cancel_requested():
        run.finish(RunStatus.CANCELLED, error="Cancelled. What was done until then is kept.")
        return True
    if (actor := run.started_by) is None:
        run.finish(RunStatus.FAILED, error="The account that started it no longer exists.")
        return True
    if run.is_undo:
        decisions = MergeDecision.objects.filter(pk__in=run.decisions, undone_at__isnull=True)
        decisions = decisions.exclude(pk__in=run.excluded).order_by("-decided_at", "pk")
        left, found = decisions.count(), list(decisions[:PIECE])
        result = undo_batch(actor, run.batch, found, comment=run.comment) if left else None
    else:
        clusters = approvable(actor, run.least_probability)
        clusters = clusters.filter(created_at__lte=run.asked_at).exclude(pk__in=run.excluded)
        left = clusters.count()
        seen = [Seen(one.pk, one.version) for one in clusters[:PIECE]]
        result = _decided(run, actor, seen) if left else None
    if result is None:
        run.finish(RunStatus.SUCCEEDED)
        return True
    done = run.counts.get("decided", 0) + len(result.decisions)
    refused = [pk for pk, _ in result.refused]
    run.excluded = [*run.excluded, *refused]
    run.counts = {"decided": done, "left_out": run.counts.get("left_out", 0) + len(refused)}
    run.save(update_fields=["counts", "excluded"])
    taken = sum(run.counts.values())
    total = max(run.progress_total, taken + left - len(result.decisions) - len(refused))
    run.report("undo" if run.is_undo else "approve", taken, total)
    return False


def _decided(run: BulkRun, actor: User, seen: Sequence[Seen]) -> BatchResult:
    return decide_batch(
        actor,
        seen,
        least_probability=run.least_probability,
        comment=run.comment,
        batch=run.batch,
    )
