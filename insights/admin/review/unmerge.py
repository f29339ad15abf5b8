"""Remove one insight from an old merge."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from insights.admin.kit import display
from insights.admin.review.base import allowed, page
from insights.models import DecisionMember, MemberRole, MergeDecision
from insights.models.decision import MERGING_KINDS
from insights.permissions import StaffRequest
from insights.review.actions import UnmergeInsight
from insights.review.errors import ReviewError
from insights.review.state import taken_out


@allowed(UnmergeInsight.permission, "GET", "POST")
def unmerge(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Show the members of a merge, each with a button. `pk` is the decision that merged them."""
    decision = (
        MergeDecision.objects.select_related("actor", "canonical")
        .filter(pk=pk, kind__in=MERGING_KINDS)
        .first()
    )
    if decision is None:
        raise Http404(f"There is no merge {pk}.")
    refused = ""
    if request.method == "POST":
        try:
            done = UnmergeInsight(
                decision_id=pk,
                insight_id=_insight(request.POST.get("insight", "")),
                actor=request.user,
                comment=request.POST.get("comment", "").strip(),
            ).execute()
        except ReviewError as error:
            refused = str(error)
        else:
            messages.success(
                request,
                "Removed. It is a separate insight again.",
            )
            return redirect(display.url_of(done))
    gone = taken_out(decision)
    return page(
        request,
        "unmerge.html",
        title="Remove a statement",
        status=409 if refused else 200,
        refused=refused,
        decision=decision,
        members=[
            (member, member.role == MemberRole.MERGED and member.insight_id not in gone)
            for member in DecisionMember.objects.filter(decision=decision)
            .select_related("insight")
            .order_by("role", "pk")
        ],
    )


def _insight(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise ReviewError("Use one of the buttons to say which statement to remove.") from None
