"""The audit as part of the queue: the same screen and keys, blind to what was decided."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from insights.admin.kit.display import uuid_or_404
from insights.admin.review.base import allowed, is_fragment, move_on, page
from insights.admin.review.cluster.form import ReviewInput
from insights.admin.review.cluster.screen import audit_screen
from insights.admin.review.sidebar import side
from insights.audit import answers
from insights.audit.opinions import Opinion, differing, keep_first
from insights.audit.stop import refuted as refuted_stop
from insights.audit.stop import stop_in_force
from insights.models import AuditItem, AutoMergeStop, DecisionKind
from insights.models.decision import group_letter
from insights.permissions import DECIDE_CLUSTER, RESUME_AUTO_MERGE, UNDO_DECISION, StaffRequest
from insights.review import queue
from insights.review.errors import ReviewError

FRONT = "admin:review"
LISTED = 20


def next_audit(request: StaffRequest) -> HttpResponse:
    return move_on(request, "audit", _named, partial(answers.claim, request.user), _go_to)


@allowed(DECIDE_CLUSTER, "GET")
def audit_item(request: StaffRequest, pk: UUID) -> HttpResponse:
    item = _found(pk)
    if item.verdict:  # no longer blind
        return redirect("admin:insights_audititem_change", pk)
    if item.decision.actor_id == request.user.pk:
        raise PermissionDenied("You decided this one yourself, so another reviewer is asked.")
    return _show(request, item)


@allowed(DECIDE_CLUSTER, "POST")
def audit_answer(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Record the answer and show the next item; a refused one comes back with every tick."""
    item = _found(pk)
    given = ReviewInput.sent(request.POST)
    stop_before = stop_in_force()
    try:
        _answer(request, item, given)
    except ReviewError as error:
        return _show(request, _found(pk), given=given, refused=str(error))
    said = "Recorded."
    if stop_before is None and stop_in_force() is not None:
        said = "Recorded. Your answer stopped automatic merging; the leads have been told."
    if is_fragment(request):
        return page(request, "_side.html", title="", said=said, just=item.pk, **side(request))
    messages.success(request, said)
    return _go_to(request, answers.claim(request.user, after=item))


def undo_answer(request: StaffRequest, item: AuditItem) -> HttpResponse:
    """Withdraw one's own answer and show the item again, blind. Raises ReviewError."""
    item = answers.withdraw(item.pk, reviewer=request.user)
    stop = (
        refuted_stop(item.decision.model_version)
        if request.user.has_perm(RESUME_AUTO_MERGE)
        else None
    )
    if is_fragment(request):
        return _show(request, item, refuted=stop, with_side=True)
    messages.success(request, "Your answer was withdrawn. The history keeps it.")
    if stop is not None:
        messages.warning(
            request,
            format_html(
                "Without your answer the audit no longer shows a problem. Automatic merging stays "
                'off until <a href="{}">a lead resumes it</a>.',
                reverse("admin:insights_automergestop_change", args=[stop.pk]),
            ),
        )
    return _go_to(request, item)


def _answer(request: StaffRequest, item: AuditItem, given: ReviewInput) -> None:
    members = [one.pk for one in answers.blind_members(item)]
    match request.POST.get("verb"):
        case "approve" | "approve_all" as verb:
            ticked = frozenset(
                pk for pk in members if verb == "approve_all" or str(pk) in given.ticked
            )
            opinion = Opinion.approve(members, ticked)
        case "reject":
            opinion = Opinion.reject(members)
        case "split":
            opinion = Opinion.split({pk: given.group_of(pk) for pk in members})
        case other:
            raise ReviewError(f"“{other}” is not an answer. Use one of the buttons.")
    comment = given.comment.strip()
    if item.decision.kind == DecisionKind.AUTOMATIC:
        same = opinion.kind == DecisionKind.APPROVED
        answers.answer(item.pk, reviewer=request.user, same=same, comment=comment)
    else:
        answers.second_opinion(item.pk, opinion, reviewer=request.user, comment=comment)


@allowed(DECIDE_CLUSTER, "GET", "POST")
def second_opinions(request: StaffRequest) -> HttpResponse:
    """List second opinions that differ from the first decision, to keep or change it."""
    refused = ""
    if request.method == "POST":
        try:
            keep_first(uuid_or_404(request.POST.get("keep", "")), actor=request.user)
        except ReviewError as error:
            refused = str(error)
        else:
            messages.success(request, "The first decision was kept.")
            return redirect("admin:review_second_opinions")
    items = (
        differing(request.user)
        .select_related("reviewer", "decision__actor")
        .prefetch_related("decision__members__insight")[:LISTED]
    )
    return page(
        request,
        "second_opinions.html",
        title="Disagreements",
        status=409 if refused else 200,
        refused=refused,
        total=differing(request.user).count(),
        rows=[(item, _side_by_side(item)) for item in items],
        can_change=request.user.has_perm(UNDO_DECISION),
    )


def _side_by_side(item: AuditItem) -> list[tuple[str, str, str]]:
    """Return (statement, its group at first, its group in the second opinion)."""
    second = Opinion.of(item.opinion)
    return [
        (
            member.insight.statement,
            _group(item.decision.kind, member.group),
            _group(second.kind, second.groups.get(member.insight_id)),
        )
        for member in sorted(item.decision.members.all(), key=lambda row: row.insight_id)
        if not member.written
    ]


def _group(kind: str, group: int | None) -> str:
    if kind == DecisionKind.REJECTED:
        return "differs"
    if kind == DecisionKind.SPLIT:
        return f"group {group_letter(group or 0)}"
    return "left out" if group is None else "the same"


def _show(
    request: StaffRequest,
    item: AuditItem,
    *,
    given: ReviewInput | None = None,
    refused: str = "",
    refuted: AutoMergeStop | None = None,
    with_side: bool = False,
) -> HttpResponse:
    shown = audit_screen(item, request.user, given)
    return page(
        request,
        "_item.html" if is_fragment(request) else "item.html",
        title="Audit",
        status=409 if refused else 200,
        screen=shown,
        facet=queue.Facet.AUDIT,
        given=given,
        refused=refused,
        is_live=not shown.held_by_other and shown.is_open,
        refuted=refuted,
        with_side=with_side,
        **({} if is_fragment(request) and not with_side else side(request)),
    )


def _go_to(request: StaffRequest, item: AuditItem | None) -> HttpResponse:
    if item is not None:
        return redirect("admin:review_audit_item", item.pk)
    if is_fragment(request):
        return HttpResponse(status=204)
    messages.info(request, "Nothing left to audit.")
    return redirect(f"{reverse(FRONT)}?facet={queue.Facet.AUDIT}")


def _named(request: StaffRequest, field: str) -> AuditItem | None:
    value = request.POST.get(field, "")
    return AuditItem.objects.filter(pk=uuid_or_404(value)).first() if value else None


def _found(pk: UUID) -> AuditItem:
    item = AuditItem.objects.select_related("decision", "held_by").filter(pk=pk).first()
    if item is None:
        raise Http404(f"There is no audit item {pk}.")
    return item
