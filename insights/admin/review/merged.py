"""Automatic merges, least certain first: confirm or undo each, by key or by tick."""

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, F, FloatField, OuterRef, Prefetch, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from insights.admin.kit.base import BoundedCountPaginator
from insights.admin.kit.display import uuid_or_404
from insights.admin.kit.highlight import Mark, against
from insights.admin.review.base import allowed, page
from insights.admin.review.cluster.cards import Occurrences, occurrences_of
from insights.audit.sampling import model_merges
from insights.ids import as_uuid
from insights.models import (
    DecisionMember,
    Insight,
    InsightSource,
    MemberRole,
    MergeDecision,
    Source,
)
from insights.permissions import DECIDE_CLUSTER, UNDO_DECISION, VIEW_DECISION, StaffRequest
from insights.review.actions import ConfirmMerge, UndoDecision
from insights.review.errors import ReviewError
from insights.text.guard import compare

A_PAGE = 25


@dataclass(frozen=True)
class Row:
    """One automatic merge. `left_over`: the guard's class of the difference."""

    decision: MergeDecision
    insight: Insight
    marks: list[Mark]
    differences: tuple[str, ...]
    left_over: str
    confidence: float | None
    similarity: float | None
    places: Occurrences


@allowed(VIEW_DECISION, "GET", "POST")
def merged(request: StaffRequest) -> HttpResponse:
    """List the merges that nobody has checked by GET; confirm or undo some by POST."""
    if request.method == "POST":
        _act(request)
        return redirect(f"{reverse('admin:review_merged')}?{request.GET.urlencode()}")
    found = _filtered(request)
    pages = BoundedCountPaginator(found, A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    return page(
        request,
        "merged.html",
        title="What the model merged",
        rows=_rows(list(shown)),
        page_obj=shown,
        source=_source(request),
        day=request.GET.get("day", ""),
        chosen_version=request.GET.get("version", ""),
        state=request.GET.get("state", ""),
        versions=model_merges().order_by("model_version").values_list("model_version", flat=True)
        .distinct(),
        filters=kept.urlencode(),
        can_decide=request.user.has_perm(DECIDE_CLUSTER),
        can_undo=request.user.has_perm(UNDO_DECISION),
    )  # fmt: skip


def _source(request: StaffRequest) -> Source | None:
    pk = as_uuid(request.GET.get("source", ""))
    return Source.objects.filter(pk=pk).first() if pk else None


def _filtered(request: StaffRequest) -> QuerySet[MergeDecision]:
    checked = MergeDecision.objects.filter(amends=OuterRef("pk"), undone_at__isnull=True)
    found = model_merges().alias(is_checked=Exists(checked))
    match request.GET.get("state"):
        case "checked":
            found = found.filter(is_checked=True, undone_at__isnull=True)
        case "undone":
            found = found.filter(undone_at__isnull=False)
        case _:
            found = found.filter(is_checked=False, undone_at__isnull=True)
    if version := request.GET.get("version"):
        found = found.filter(model_version=version)
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = None
    if day is not None:
        found = found.filter(decided_at__date=day)
    if (source := _source(request)) is not None:
        there = InsightSource.objects.filter(
            source=source, origin_insight__decision_members__decision=OuterRef("pk")
        )
        found = found.filter(Exists(there))
    members = DecisionMember.objects.filter(role=MemberRole.MERGED).select_related("insight")
    return (
        found.annotate(sure=Cast(KT("evidence__probability"), FloatField()))
        .select_related("canonical", "undone_by")
        .prefetch_related(Prefetch("members", members, to_attr="merged"))
        .order_by(F("sure").asc(nulls_first=True), "pk")
    )


def _rows(decisions: list[MergeDecision]) -> list[Row]:
    pairs = [(one, member.insight) for one in decisions for member in one.merged]  # type: ignore[attr-defined]
    places = occurrences_of((insight.pk for _, insight in pairs), at_first=True)
    rows = []
    for decision, insight in pairs:
        assert decision.canonical is not None  # noqa: S101 - a merge has one
        comparison = compare(insight.statement, decision.canonical.statement)
        rows.append(
            Row(
                decision=decision,
                insight=insight,
                marks=against(decision.canonical.statement, insight.statement, comparison.disputed),
                differences=tuple(
                    one.sentence("the merged one", "the other") for one in comparison.disputed
                ),
                left_over=str(comparison.left_over),
                confidence=decision.evidence.get("probability"),
                similarity=decision.evidence.get("similarity"),
                places=places.get(insight.pk, Occurrences()),
            )
        )
    return rows


def _act(request: StaffRequest) -> None:
    """Confirm or undo one merge, or undo all ticked ones as one batch."""
    named = request.POST
    ticked = [uuid_or_404(value) for value in named.getlist("merge")[:100]]
    confirm, undo = named.get("right"), named.get("undo")
    needed = UNDO_DECISION if undo or named.get("undo_ticked") else DECIDE_CLUSTER
    if not request.user.has_perm(needed):
        raise PermissionDenied(f"This needs the permission “{needed}”.")
    if undo or named.get("undo_ticked"):
        chosen = [uuid_or_404(undo)] if undo else ticked
        is_undo = True
    else:
        chosen, is_undo = ([uuid_or_404(confirm)] if confirm else ticked), False
    batch, done = uuid4(), 0
    for pk in chosen:
        action: UndoDecision | ConfirmMerge
        if is_undo:
            action = UndoDecision(decision_id=pk, actor=request.user, not_same=True, batch=batch)
        else:
            action = ConfirmMerge(decision_id=pk, actor=request.user, batch=batch)
        try:
            action.execute()
        except ReviewError as error:
            messages.warning(request, str(error))
        else:
            done += 1
    if done:
        many = f"{done} merge{'s'[: done != 1]}"
        said = f"{many} undone. The model learns from it." if is_undo else f"{many} confirmed."
        messages.success(request, said)
    elif not chosen:
        messages.warning(request, "Tick at least one merge.")
