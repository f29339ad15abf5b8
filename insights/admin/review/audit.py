"""The audit as part of the queue: the same screen and keys, blind to what was decided."""

from functools import partial
from uuid import UUID

from django.contrib import messages
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
from insights.audit.stop import refuted as refuted_stop
from insights.audit.stop import stop_in_force
from insights.models import AuditItem, AutoMergeStop
from insights.permissions import DECIDE_CLUSTER, RESUME_AUTO_MERGE, StaffRequest
from insights.review import queue
from insights.review.errors import ReviewError

FRONT = "admin:review"


def next_audit(request: StaffRequest) -> HttpResponse:
    return move_on(request, "audit", _named, partial(answers.claim, request.user), _go_to)


@allowed(DECIDE_CLUSTER, "GET")
def audit_item(request: StaffRequest, pk: UUID) -> HttpResponse:
    item = _found(pk)
    if item.verdict:  # no longer blind
        return redirect("admin:insights_audititem_change", pk)
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
    verb = request.POST.get("verb")
    if verb not in ("approve", "approve_all", "reject"):
        raise ReviewError(f"“{verb}” is not an answer. Use one of the buttons.")
    if verb == "approve" and len(given.ticked) < 2:
        raise ReviewError("Tick both statements, or say that they are not duplicates.")
    answers.answer(
        item.pk, reviewer=request.user, same=verb != "reject", comment=given.comment.strip()
    )


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
