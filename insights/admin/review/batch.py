"""Decide many clusters at once: a table with ticks, then one batch with one undo."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect

from insights.admin.kit.display import uuid_or_404
from insights.admin.review.base import allowed, page
from insights.models import Cluster, ClusterMember, EventKind, ReviewEvent
from insights.permissions import DECIDE_CLUSTER, UNDO_DECISION, StaffRequest
from insights.review import batch as batches
from insights.review.errors import ReviewError

SUGGESTED = 0.97
LISTED = 10


@allowed(DECIDE_CLUSTER, "GET", "POST")
def batch(request: StaffRequest) -> HttpResponse:
    """GET lists the clusters above a probability; POST decides the ticked ones."""
    fields = request.POST if request.method == "POST" else request.GET
    asked, result, refused = fields.get("probability", ""), None, ""
    least, queryset = SUGGESTED, Cluster.objects.none()
    try:
        least = _probability(asked) if asked else SUGGESTED
        queryset = batches.approvable(request.user, least)
        if request.method == "POST":
            result = batches.decide_batch(
                request.user,
                [_seen(value) for value in request.POST.getlist("cluster")],
                verb=request.POST.get("verb", "approve"),
                least_probability=least if asked else None,
                comment=request.POST.get("comment", "").strip(),
            )
    except ReviewError as error:
        refused = str(error)
    shown = [] if result else list(with_members(queryset)[: batches.CAP])
    return page(
        request,
        "batch.html",
        title="Bulk-approve likely duplicates",
        status=409 if refused else 200,
        verb="approve",
        least=least,
        clusters=shown,
        total=queryset.count(),
        cap=batches.CAP,
        result=result,
        refused=refused,
        batches=_latest(),
        can_undo=request.user.has_perm(UNDO_DECISION),
    )


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
    result = batches.undo_batch(request.user, uuid_or_404(request.POST.get("batch", "")))
    for decision, reason in result.refused[:LISTED]:
        messages.warning(request, f"Decision {decision} was not undone. {reason}")
    if undone := len(result.decisions):
        messages.success(request, f"Undid {undone} decision{'s'[: undone != 1]} of the batch.")
    elif not result.refused:
        messages.warning(request, "Everything in this batch has already been undone.")
    return redirect("admin:review_batch")


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
        raise ReviewError("The page did not come back whole. Load it again.") from None
