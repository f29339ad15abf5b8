"""List near-duplicates that disagree in a number, a date or a negation, and record the answers."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect

from insights.admin.kit.base import BoundedCountPaginator
from insights.admin.kit.highlight import Mark, against, plain
from insights.admin.review.base import allowed, page
from insights.admin.review.cluster.cards import Occurrences, occurrences_of
from insights.ids import as_number
from insights.models import (
    ClusterPair,
    ClusterStatus,
    ConflictVerdict,
    Insight,
    InsightStatus,
    InsightSummary,
    PairLabel,
    Verdict,
)
from insights.permissions import UNDO_DECISION, VIEW_CLUSTER, StaffRequest
from insights.review.actions import JudgeContradiction
from insights.review.errors import ReviewError
from insights.text.guard import compare

A_PAGE = 20


@dataclass(frozen=True)
class Side:
    insight: Insight
    marks: list[Mark]
    places: Occurrences
    summary: InsightSummary | None


@dataclass(frozen=True)
class Row:
    """A pair, the one that was said first on the left: the other may have replaced it."""

    pair: ClusterPair
    sides: list[Side]
    differences: list[str]


def waiting() -> QuerySet[ClusterPair]:
    """Return contradicting pairs of open clusters without a human decision, most similar first."""
    decided = PairLabel.objects.filter(insight1=OuterRef("insight1"), insight2=OuterRef("insight2"))
    return (
        ClusterPair.objects.filter(
            ~Exists(decided),
            is_contradiction=True,
            cluster__status=ClusterStatus.OPEN,
            insight1__status=InsightStatus.ACTIVE,
            insight2__status=InsightStatus.ACTIVE,
        )
        .select_related("cluster", "insight1", "insight2")
        .order_by("-similarity", "pk")
    )


@allowed(VIEW_CLUSTER, "GET", "POST")
def contradictions(request: StaffRequest) -> HttpResponse:
    status = 200
    if request.method == "POST":
        if not request.user.has_perm(JudgeContradiction.permission):
            raise PermissionDenied("You may view contradictions, but not decide them.")
        try:
            _judge(request)
        except ReviewError as error:
            messages.error(request, str(error))
            status = 409
        else:
            messages.success(request, "Saved. The two stay separate.")
            return redirect("admin:review_contradictions")
    pages = BoundedCountPaginator(waiting(), A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    return page(
        request,
        "contradictions.html",
        title="Contradictions",
        status=status,
        rows=_rows(list(shown)),
        page_obj=shown,
        verdicts=ConflictVerdict.objects.filter(decision__undone_at__isnull=True)
        .select_related("decision__actor", "insight1", "insight2")
        .order_by("-decision__decided_at")[:A_PAGE],
        can_decide=request.user.has_perm(JudgeContradiction.permission),
        can_undo=request.user.has_perm(UNDO_DECISION),
    )


def _judge(request: StaffRequest) -> None:
    verdict, _, holds = request.POST.get("verdict", "").partition(":")
    pair = as_number(request.POST.get("pair", ""))
    if verdict not in Verdict.values or pair is None:
        raise ReviewError("Use one of the buttons: both are right, one is right, or conflicting.")
    try:
        insight = UUID(holds) if holds else None
    except ValueError:
        raise ReviewError("Say which of the two statements is right.") from None
    JudgeContradiction(
        pair_id=pair,
        verdict=Verdict(verdict),
        holds=insight,
        actor=request.user,
        comment=request.POST.get("comment", "").strip(),
    ).execute()


def _rows(pairs: list[ClusterPair]) -> list[Row]:
    ids = [pk for pair in pairs for pk in (pair.insight1_id, pair.insight2_id)]
    places, said = occurrences_of(ids), InsightSummary.objects.in_bulk(ids)
    rows = []
    for pair in pairs:
        older, newer = sorted(
            (pair.insight1, pair.insight2),
            key=lambda one: said[one.pk].last_said if one.pk in said else one.created_at.date(),
        )
        first, second = older.statement, newer.statement
        found = compare(second, first).disputed
        here = [(span, str(each.kind)) for each in found for span in each.right_spans]
        rows.append(
            Row(
                pair=pair,
                sides=[
                    Side(one, marks, places.get(one.pk, Occurrences()), said.get(one.pk))
                    for one, marks in (
                        (older, plain(first, here)),
                        (newer, against(first, second, found)),
                    )
                ],
                differences=[each.sentence("statement 2", "statement 1") for each in found],
            )
        )
    return rows
