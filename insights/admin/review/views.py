"""The review queue's front page, its items, and the reviewer's decisions on them."""

from contextlib import suppress
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from insights.admin.kit.display import uuid_or_404
from insights.admin.review.audit import next_audit, undo_answer
from insights.admin.review.base import allowed, facet_of, is_fragment, move_on, page
from insights.admin.review.cluster.form import ReviewInput
from insights.admin.review.cluster.screen import REASONS, cluster_screen, find
from insights.admin.review.preferences import preferences, set_blind
from insights.admin.review.sidebar import latest, side
from insights.audit import answers
from insights.models import (
    AuditItem,
    Cluster,
    ClusterStatus,
    EventKind,
    MergeDecision,
    Source,
)
from insights.permissions import DECIDE_CLUSTER, VIEW_CLUSTER, StaffRequest
from insights.review import queue
from insights.review.actions import ChangeDecision, UndoDecision
from insights.review.errors import ReviewError

DECIDE = DECIDE_CLUSTER


@allowed(VIEW_CLUSTER, "GET")
def front(request: StaffRequest) -> HttpResponse:
    counts = queue.waiting_counts(request.user)
    counts[queue.Facet.AUDIT] = answers.waiting().count()
    facet = facet_of(request)
    return page(
        request,
        "front.html",
        has_sources=Source.objects.exists,
        title="Review",
        here=True,
        facets=[(one, counts[one]) for one in queue.Facet],
        waiting=counts[facet],
        **side(request),
    )


@allowed(DECIDE, "POST")
def following(request: StaffRequest) -> HttpResponse:
    facet = facet_of(request)
    if facet is queue.Facet.AUDIT:
        return next_audit(request)
    return move_on(request, "queue", _named, partial(queue.claim, request.user, facet), _go_to)


@allowed(VIEW_CLUSTER, "GET")
def item(request: StaffRequest, pk: UUID) -> HttpResponse:
    return _show(request, _found(pk))


@allowed(DECIDE, "POST")
def decide(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Take one decision and show the next item; a refused one is shown again as it was entered."""
    cluster = _found(pk)
    given = ReviewInput.sent(request.POST)
    try:
        said, just = _act(request, cluster, given)
    except ReviewError as error:
        return _show(request, _found(pk), given=given, refused=str(error), status=409)
    if is_fragment(request):
        return page(request, "_side.html", title="", said=said, just=just, **side(request))
    messages.success(request, said)
    facet = facet_of(request)
    if facet is queue.Facet.AUDIT:  # undone and decided again between two audits
        return next_audit(request)
    return _go_to(request, queue.claim(request.user, facet, after=cluster))


def _act(request: StaffRequest, cluster: Cluster, given: ReviewInput) -> tuple[str, UUID | None]:
    """Return a sentence about what was done, and the id of the decision, if there is one."""
    reasons = tuple(reason for reason in request.POST.getlist("reason") if reason in REASONS)
    match request.POST.get("verb"):
        case "skip":
            kind, said = EventKind.SKIPPED, "Skipped – you’ll see it again at the end."
        case "unsure":
            kind, said = EventKind.UNSURE, "Sent to another reviewer."
        case "approve" | "approve_all" | "reject" | "split" as verb:
            action = given.action(verb, cluster, request.user, reasons)
            if changes := request.POST.get("changes", ""):
                decision = ChangeDecision(decision_id=uuid_or_404(changes), to=action).execute()
            else:
                decision = action.execute()
            kind_of = decision.get_kind_display().capitalize()
            return f"{kind_of}: {cluster.proposed_canonical}", decision.pk
        case other:
            raise ReviewError(f"“{other}” is not a decision. Use one of the buttons.")
    queue.pass_on(request.user, cluster.pk, kind, comment=given.comment.strip(), reasons=reasons)
    return said, None


@allowed(VIEW_CLUSTER, "POST")
def undo(request: StaffRequest) -> HttpResponse:
    """Undo the named decision or answer, or one's own latest, and show its item again."""
    found: MergeDecision | AuditItem | None
    if named := request.POST.get("answer", ""):
        found = AuditItem.objects.filter(pk=uuid_or_404(named)).first()
    elif named := request.POST.get("decision", ""):
        found = MergeDecision.objects.filter(pk=uuid_or_404(named)).first()
    else:
        found = latest(request)
    # Whoever may answer may withdraw their own answer.
    needed = DECIDE if isinstance(found, AuditItem) else UndoDecision.permission
    if not request.user.has_perm(needed):
        raise PermissionDenied(
            f"This needs the permission “{needed}”. Ask an administrator for it."
        )
    if found is None:
        return _nothing(request, "You have no decision to undo.")
    try:
        if isinstance(found, AuditItem):
            return undo_answer(request, found)
    except ReviewError as error:
        return _nothing(request, str(error))
    return _undo_decision(request, found)


def _undo_decision(request: StaffRequest, decision: MergeDecision) -> HttpResponse:
    try:
        UndoDecision(
            decision_id=decision.pk, actor=request.user, comment=request.POST.get("comment", "")
        ).execute()
    except ReviewError as error:
        return _nothing(request, str(error))
    cluster = find(decision.cluster_id) if decision.cluster_id else None
    if cluster is None:
        return _nothing(request, f"Undone: {decision}.", level=messages.SUCCESS)
    if cluster.status == ClusterStatus.OPEN and request.user.has_perm(DECIDE):
        with suppress(ReviewError):  # somebody else was faster; the page says who
            cluster = queue.hold(request.user, cluster.pk)
    if is_fragment(request):
        return _show(request, _found(cluster.pk), with_side=True)
    messages.success(request, f"Undone: {decision}.")
    return _go_to(request, cluster)


@allowed(VIEW_CLUSTER, "POST")
def blind(request: StaffRequest) -> HttpResponse:
    set_blind(request.user, request.POST.get("blind") == "on")
    return _go_to(request, _named(request, "cluster"))


def _show(
    request: StaffRequest,
    cluster: Cluster,
    *,
    given: ReviewInput | None = None,
    refused: str = "",
    status: int = 200,
    with_side: bool = False,
) -> HttpResponse:
    """Show a cluster. `with_side`: add the progress to a fragment, which else is the item alone."""
    is_blind = preferences(request.user).is_blind
    shown = cluster_screen(cluster, request.user, given=given, is_blind=is_blind)
    changing = request.GET.get("change") or request.POST.get("changes")
    may = request.user.has_perm(DECIDE)
    return page(
        request,
        "_item.html" if is_fragment(request) else "item.html",
        title=f"Cluster of {cluster.size}",
        status=status,
        screen=shown,
        cluster=cluster,
        given=given,
        ticked_reasons=request.POST.getlist("reason"),
        refused=refused,
        reasons=REASONS,
        changes=shown.decision if changing else None,
        is_live=may
        and not shown.held_by_other
        and (shown.is_open or bool(changing and shown.decision)),
        **({} if is_fragment(request) and not with_side else side(request)),
        with_side=with_side,
        can_pass=may and shown.is_open,
    )


def _go_to(request: StaffRequest, cluster: Cluster | None) -> HttpResponse:
    facet = facet_of(request)
    if cluster is not None:
        return redirect(f"{reverse('admin:review_item', args=[cluster.pk])}?facet={facet}")
    if is_fragment(request):
        return HttpResponse(status=204)
    messages.info(request, "Nothing is left for you to review here.")
    return redirect(f"{reverse('admin:review')}?facet={facet}")


def _nothing(request: StaffRequest, reason: str, level: int = messages.WARNING) -> HttpResponse:
    """Say why there is no item to go to, without leaving the page."""
    if is_fragment(request):
        status = 200 if level == messages.SUCCESS else 409
        return page(request, "_side.html", title="", said=reason, status=status, **side(request))
    messages.add_message(request, level, reason)
    if not request.POST.get("cluster"):
        return redirect("admin:review")
    return _go_to(request, _named(request, "cluster"))


def _named(request: StaffRequest, field: str) -> Cluster | None:
    value = request.POST.get(field, "")
    return find(uuid_or_404(value)) if value else None


def _found(pk: UUID) -> Cluster:
    cluster = find(pk)
    if cluster is None:
        raise Http404(f"There is no cluster {pk}.")
    return cluster
