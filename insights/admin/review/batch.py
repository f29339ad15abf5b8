"""Approve all above a probability: first what exactly would change, then one batch, one undo."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from insights.admin.bulk import with_members
from insights.admin.kit.ids import uuid_or_404
from insights.admin.review.base import allowed, page
from insights.models import Cluster, EventKind, ReviewEvent
from insights.permissions import DECIDE_CLUSTER, UNDO_DECISION
from insights.review import batch as batches
from insights.review.errors import ReviewError

SUGGESTED = 0.97
LISTED = 10


@allowed(DECIDE_CLUSTER, "GET", "POST")
def batch(request: HttpRequest) -> HttpResponse:
    """GET previews, POST approves exactly what the preview showed."""
    fields = request.POST if request.method == "POST" else request.GET
    asked, result, refused = fields.get("probability", ""), None, ""
    least = SUGGESTED
    try:
        least = _probability(asked) if asked else SUGGESTED
        if request.method == "POST":
            result = batches.approve_batch(
                request.user,
                [_seen(value) for value in request.POST.getlist("cluster")],
                least_probability=least,
                comment=request.POST.get("comment", "").strip(),
            )
        queryset = batches.approvable(request.user, least)
    except ReviewError as error:
        refused, queryset = str(error), Cluster.objects.none()
    shown = [] if result else list(with_members(queryset)[: batches.CAP])
    return page(
        request,
        "batch.html",
        title="Approve above a probability",
        status=409 if refused else 200,
        least=least,
        clusters=shown,
        total=queryset.count(),
        merged=sum(cluster.size - 1 for cluster in shown),
        cap=batches.CAP,
        result=result,
        refused=refused,
        batches=_latest(),
        can_undo=request.user.has_perm(UNDO_DECISION),
    )


@allowed(UNDO_DECISION, "POST")
def undo_batch(request: HttpRequest) -> HttpResponse:
    result = batches.undo_batch(request.user, uuid_or_404(request.POST.get("batch", "")))
    for decision, reason in result.refused[:LISTED]:
        messages.warning(request, f"Left as it is: {decision}. {reason}")
    if undone := len(result.decisions):
        messages.success(request, f"Undone: {undone} decision{'s'[: undone != 1]} of the batch.")
    elif not result.refused:
        messages.warning(request, "Nothing of this batch is in force any more.")
    return redirect("admin:review_batch")


def _latest() -> list[Any]:
    """The last batches: when, by whom, how many are still in force."""
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
        raise ReviewError(f"“{value[:20]}” is no probability: give one such as 0.97.") from None


def _seen(value: str) -> tuple[UUID, int]:
    pk, _, version = value.partition(":")
    try:
        return UUID(pk), int(version)
    except ValueError:
        raise ReviewError("The preview did not come back whole. Load it again.") from None
