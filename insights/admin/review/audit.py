"""The audit as a part of the queue: the same desk and keys, and nothing of what was decided."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from insights.admin.kit.highlight import Mark, against, plain
from insights.admin.kit.ids import uuid_or_404
from insights.admin.review.base import allowed, is_fragment, page
from insights.admin.review.cluster_input import ReviewInput
from insights.admin.review.cluster_page import OCCURRENCES
from insights.admin.review.sidebar import side
from insights.audit import answers
from insights.audit.opinions import Opinion, differing, keep_first
from insights.audit.stop import refuted as refuted_stop
from insights.models import AuditItem, AutoMergeStop, DecisionKind, Insight, InsightSource
from insights.permissions import DECIDE_CLUSTER, RESUME_AUTO_MERGE, UNDO_DECISION
from insights.review import queue
from insights.review.errors import ReviewError
from insights.text.guard import compare

FRONT = "admin:review"
LISTED = 20


@dataclass(frozen=True)
class BlindCard:
    """A statement beside the first one shown, which stands first by chance."""

    number: int
    insight: Insight
    marks: list[Mark]
    differences: list[str]
    places: list[InsightSource]
    is_ticked: bool
    group: int


def next_audit(request: HttpRequest) -> HttpResponse:
    """On to the next one, or back, as for clusters."""
    after, before, left = (_named(request, field) for field in ("after", "before", "leave"))
    if request.POST.get("only_leave"):
        if left is not None:
            answers.release(request.user, left.pk)
        return HttpResponse(status=204)
    found = answers.claim(request.user, after=after, before=before)
    if found is None and before is not None:
        messages.info(request, "This is the top of the audit.")
        found = before
    if left is not None and found is not None and left.pk != found.pk:
        answers.release(request.user, left.pk)
    return _go_to(request, found)


@allowed(DECIDE_CLUSTER, "GET")
def audit_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    item = _found(pk)
    if item.verdict:  # no longer blind: its own page tells all
        return redirect("admin:insights_audititem_change", pk)
    if item.decision.actor_id == request.user.pk:
        raise PermissionDenied("You have decided this one yourself: a second reviewer is asked.")
    return _show(request, item)


@allowed(DECIDE_CLUSTER, "POST")
def audit_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The answer, then the next item. Refused: this one again, with the reason and every tick."""
    item = _found(pk)
    given = ReviewInput.sent(request.POST)
    try:
        _answer(request, item, given)
    except ReviewError as error:
        return _show(request, _found(pk), given=given, refused=str(error))
    if is_fragment(request):
        return page(
            request, "_side.html", title="", said="Recorded.", just=item.pk, **side(request)
        )
    messages.success(request, "Thank you. That was recorded.")
    return _go_to(request, answers.claim(request.user, after=item))


def undo_answer(request: HttpRequest, item: AuditItem) -> HttpResponse:
    """One's own answer, taken back: the item is on the screen again, blind. Raises ReviewError."""
    item = answers.withdraw(item.pk, reviewer=request.user)
    stop = (
        refuted_stop(item.decision.model_version)
        if request.user.has_perm(RESUME_AUTO_MERGE)
        else None
    )
    if is_fragment(request):
        return _show(request, item, refuted=stop, with_side=True)
    messages.success(request, "Your answer was taken back. It is kept in the history.")
    if stop is not None:
        messages.warning(
            request,
            format_html(
                "Without this answer the audit no longer finds the model too often wrong. "
                '<a href="{}">Look at the stop of auto-merging</a>: models merge again only when '
                "you say so there.",
                reverse("admin:insights_automergestop_change", args=[stop.pk]),
            ),
        )
    return _go_to(request, item)


def _answer(request: HttpRequest, item: AuditItem, given: ReviewInput) -> None:
    members = [one.pk for one in answers.blind_members(item)]
    match request.POST.get("verb"):
        case "approve":
            ticked = frozenset(pk for pk in members if str(pk) in given.ticked)
            opinion = Opinion.approve(members, ticked)
        case "reject":
            opinion = Opinion.reject(members)
        case "split":
            opinion = Opinion.split({pk: given.group_of(pk) for pk in members})
        case other:
            raise ReviewError(f"“{other}” is no answer. Use one of the buttons.")
    comment = given.comment.strip()
    if item.decision.kind == DecisionKind.AUTOMATIC:
        same = opinion.kind == DecisionKind.APPROVED
        answers.answer(item.pk, reviewer=request.user, same=same, comment=comment)
    else:
        answers.second_opinion(item.pk, opinion, reviewer=request.user, comment=comment)


@allowed(DECIDE_CLUSTER, "GET", "POST")
def second_opinions(request: HttpRequest) -> HttpResponse:
    """Those that differ from the first decision: keep it, or change it on the cluster's page."""
    refused = ""
    if request.method == "POST":
        try:
            keep_first(uuid_or_404(request.POST.get("keep", "")), actor=request.user)
        except ReviewError as error:
            refused = str(error)
        else:
            messages.success(request, "The first decision stands.")
            return redirect("admin:review_second_opinions")
    items = (
        differing(request.user)
        .select_related("reviewer", "decision__actor")
        .prefetch_related("decision__members__insight")[:LISTED]
    )
    return page(
        request,
        "second_opinions.html",
        title="Second opinions that differ",
        status=409 if refused else 200,
        refused=refused,
        total=differing(request.user).count(),
        rows=[(item, _side_by_side(item)) for item in items],
        can_change=request.user.has_perm(UNDO_DECISION),
    )


def _side_by_side(item: AuditItem) -> list[tuple[str, str, str]]:
    """Statement, its group at first, its group in the second opinion."""
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
        return f"group {(group or 0) + 1}"
    return "left out" if group is None else "the same"


def _show(
    request: HttpRequest,
    item: AuditItem,
    *,
    given: ReviewInput | None = None,
    refused: str = "",
    refuted: AutoMergeStop | None = None,
    with_side: bool = False,
) -> HttpResponse:
    cards = _cards(item, given)
    held_by_other = item.is_held and item.held_by_id != request.user.pk
    return page(
        request,
        "_blind.html" if is_fragment(request) else "blind.html",
        title="Audit",
        status=409 if refused else 200,
        audit=item,
        facet=queue.Facet.AUDIT,
        cards=cards,
        group_numbers=range(1, min(len(cards), 9) + 1),
        disputed=sum(bool(card.differences) for card in cards),
        given=given,
        refused=refused,
        held_by_other=held_by_other,
        is_live=not held_by_other and not item.verdict,
        refuted=refuted,
        with_side=with_side,
        **({} if is_fragment(request) and not with_side else side(request)),
    )


def _cards(item: AuditItem, given: ReviewInput | None) -> list[BlindCard]:
    insights = answers.blind_members(item)
    places: dict[UUID, list[InsightSource]] = {one.pk: [] for one in insights}
    found = InsightSource.objects.filter(origin_insight__in=insights).select_related("source")
    for place in found.defer("source__content").order_by("pk"):
        if len(places[place.origin_insight_id]) < OCCURRENCES:
            places[place.origin_insight_id].append(place)
    first = insights[0]
    against_first = {
        one.pk: compare(one.statement, first.statement).disputed for one in insights if one != first
    }
    disputed = [
        (span, str(each.kind))
        for every in against_first.values()
        for each in every
        for span in each.right_spans
    ]
    return [
        BlindCard(
            number=number,
            insight=one,
            marks=plain(one.statement, disputed)
            if one == first
            else against(first.statement, one.statement, against_first[one.pk]),
            differences=[
                each.sentence(f"statement {number}") for each in against_first.get(one.pk, ())
            ],
            places=places[one.pk],
            is_ticked=str(one.pk) in given.ticked if given else True,
            group=given.group_of(one.pk) if given else 1,
        )
        for number, one in enumerate(insights, 1)
    ]


def _go_to(request: HttpRequest, item: AuditItem | None) -> HttpResponse:
    if item is not None:
        return redirect("admin:review_audit_item", item.pk)
    if is_fragment(request):
        return HttpResponse(status=204)
    messages.info(request, "Nothing is left to audit.")
    return redirect(f"{reverse(FRONT)}?facet={queue.Facet.AUDIT}")


def _named(request: HttpRequest, field: str) -> AuditItem | None:
    value = request.POST.get(field, "")
    return AuditItem.objects.filter(pk=uuid_or_404(value)).first() if value else None


def _found(pk: UUID) -> AuditItem:
    item = AuditItem.objects.select_related("decision", "held_by").filter(pk=pk).first()
    if item is None:
        raise Http404(f"There is no audit item {pk}.")
    return item
