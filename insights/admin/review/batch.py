"""Decide many clusters at once: a table with ticks, then one batch with one undo."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from insights.admin.kit.base import BoundedCountPaginator
from insights.admin.kit.display import uuid_or_404
from insights.admin.review.base import allowed, is_fragment, page
from insights.ids import as_uuid
from insights.jobs.waiting import waits_for
from insights.models import (
    BulkRun,
    Cluster,
    ClusterMember,
    EventKind,
    ReviewEvent,
    RunStatus,
)
from insights.models.run import UNFINISHED
from insights.permissions import DECIDE_CLUSTER, UNDO_DECISION, StaffRequest
from insights.review import batch as batches
from insights.review import bulk
from insights.review.errors import ReviewError

SUGGESTED = 0.97
LISTED = 10
# Session keys: ids of the clusters unticked on any page, and the comment begun.
LEFT_OUT, COMMENT = "bulk_left_out", "bulk_comment"


@allowed(DECIDE_CLUSTER, "GET", "POST")
def batch(request: StaffRequest) -> HttpResponse:
    """List the clusters above a probability by GET; turn the page or decide by POST.

    Each POST stores which clusters of its page are unticked, so they count on every page.
    """
    fields = request.POST if request.method == "POST" else request.GET
    asked, result, refused = fields.get("probability", ""), None, ""
    least, queryset = SUGGESTED, Cluster.objects.none()
    try:
        left_out = _left_out(request)
        comment = request.POST.get("comment", "").strip()
        if "page" in request.POST or "tick_all" in request.POST:
            request.session[COMMENT] = comment
            return _turned(request)
        least = _probability(asked) if asked else SUGGESTED
        queryset = batches.approvable(request.user, least)
        if request.method == "POST":
            request.session.pop(COMMENT, None)
        if "all" in request.POST:
            return _started(
                bulk.queue_approval(request.user, least, excluded=left_out, comment=comment)
            )
        if request.method == "POST":
            result = batches.decide_batch(
                request.user,
                [_seen(value) for value in request.POST.getlist("cluster")],
                verb=request.POST.get("verb", "approve"),
                least_probability=least if asked else None,
                comment=comment,
            )
    except ReviewError as error:
        left_out, refused = [], str(error)
    pages = BoundedCountPaginator(with_members(queryset), batches.CAP)
    shown = pages.get_page(fields.get("page"))
    unticked = queryset.filter(pk__in=left_out).count() if left_out else 0
    return page(
        request,
        "batch.html",
        title="Bulk-approve likely duplicates",
        status=409 if refused else 200,
        verb="approve",
        least=least,
        clusters=[] if result else list(shown),
        page_obj=shown,
        total=pages.count,
        comment=request.session.get(COMMENT, ""),
        left_out=set(left_out),
        unticked=unticked,
        ticked=pages.count - unticked,
        result=result,
        refused=refused,
        batches=_latest(),
        can_undo=request.user.has_perm(UNDO_DECISION),
    )


def _left_out(request: StaffRequest) -> list[UUID]:
    """Return the clusters unticked on any page of the table, with those of this POST."""
    left_out = {UUID(pk) for pk in request.session.get(LEFT_OUT, [])}
    if request.method == "POST" and "probability" in request.POST:
        shown = {pk for pk in map(as_uuid, request.POST.getlist("shown")) if pk}
        ticked = {_seen(value).pk for value in request.POST.getlist("cluster")}
        left_out = set() if "tick_all" in request.POST else (left_out - shown) | (shown - ticked)
        request.session[LEFT_OUT] = sorted(map(str, left_out))
    return sorted(left_out)


def _turned(request: StaffRequest) -> HttpResponse:
    """Go to the requested page; a script that only stores a tick needs none."""
    if is_fragment(request):
        return HttpResponse(status=204)
    query = {"probability": request.POST.get("wanted", ""), "page": request.POST.get("page", "1")}
    return redirect(reverse("admin:review_batch", query=query))


def confirm(request: StaffRequest, queryset: QuerySet[Cluster], verb: str) -> HttpResponse:
    """Show the clusters ticked in the list before any is decided; near misses start unticked."""
    shown = list(with_members(queryset)[: batches.CAP])
    many = f"{len(shown)} cluster{'s'[: len(shown) != 1]}"
    return page(
        request,
        "batch.html",
        title=f"{verb.capitalize()} {many}?",
        verb=verb,
        clusters=shown,
        total=queryset.count(),
        cap=batches.CAP,
    )


def with_members(queryset: QuerySet[Cluster]) -> QuerySet[Cluster]:
    members = ClusterMember.objects.select_related("insight").order_by("position")
    return queryset.prefetch_related(Prefetch("members", members))


@allowed(UNDO_DECISION, "POST")
def undo_batch(request: StaffRequest) -> HttpResponse:
    asked = uuid_or_404(request.POST.get("batch", ""))
    decisions = batches.decisions_in_force(asked)
    if decisions.count() > batches.CAP:
        return _started(bulk.queue_undo(request.user, decisions, batch=asked))
    result = batches.undo_batch(request.user, asked, decisions)
    for decision, reason in result.refused[:LISTED]:
        messages.warning(request, f"Decision {decision} was not undone. {reason}")
    if undone := len(result.decisions):
        messages.success(request, f"Undid {undone} decision{'s'[: undone != 1]} of the batch.")
    elif not result.refused:
        messages.warning(request, "Everything in this batch has already been undone.")
    return redirect("admin:review_batch")


def _started(run: BulkRun) -> HttpResponse:
    bulk.start(run)
    return redirect("admin:review_bulk", run.pk)


@allowed(DECIDE_CLUSTER, "GET", "POST")
def bulk_run(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Follow a bulk run; a POST cancels it."""
    run = get_object_or_404(BulkRun, pk=pk)
    can_undo = request.user.has_perm(UNDO_DECISION)
    can_cancel = can_undo or not run.is_undo
    if request.method == "POST":
        if not can_cancel:
            raise PermissionDenied(f"This needs the permission “{UNDO_DECISION}”.")
        run.cancel()
        messages.success(request, "The run is stopping. What it has done is kept.")
        return redirect("admin:review_bulk", run.pk)
    return page(
        request,
        "bulk.html",
        title="Bulk undo" if run.is_undo else "Bulk approval",
        run=run,
        refresh=run.status in UNFINISHED,
        waits_for=waits_for(run) if run.status == RunStatus.QUEUED else "",
        in_force=batches.decisions_in_force(run.batch).count(),
        can_undo=can_undo,
        can_cancel=can_cancel,
    )


def _latest() -> list[Any]:
    """Return the last batches: when, by whom, and how many decisions are still in force."""
    return list(
        ReviewEvent.objects.filter(batch__isnull=False, kind=EventKind.DECIDED)
        .values("batch", "actor__username")
        .annotate(
            at=Max("created_at"),
            taken=Count("pk"),
            in_force=Count("pk", filter=Q(decision__undone_at__isnull=True)),
        )
        .order_by("-at")[:LISTED]
    )


def _probability(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ReviewError(f"“{value[:20]}” is not a probability. Give one such as 0.97.") from None


def _seen(value: str) -> batches.Seen:
    pk, _, version = value.partition(":")
    version, _, conflict = version.partition(":")
    try:
        return batches.Seen(UUID(pk), int(version), with_conflict=conflict == "conflict")
    except ValueError:
        raise ReviewError("The form arrived incomplete. Reload the page.") from None
