"""Merge decisions, and their undo."""

from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from insights.admin.kit import display
from insights.admin.kit.base import PageAdmin, View, posting
from insights.models import DecisionKind, DecisionMember, MemberRole, MergeDecision, PairLabel
from insights.models.decision import MERGING_KINDS
from insights.permissions import UNDO_DECISION, StaffRequest
from insights.review.actions import UndoDecision
from insights.review.errors import ReviewError
from insights.types import JSONObject

# The id of a run says nothing, and the weakest link can be above the mean of all pairs.
UNSHOWN = {"run", "weakest_similarity"}
LISTED = 50


class UndoneFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "undone"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("no", "Active"), ("yes", "Undone")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[MergeDecision]
    ) -> QuerySet[MergeDecision]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(undone_at__isnull=self.value() == "no")


class ActorFilter(admin.SimpleListFilter):
    title = "who decided"
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("me", "Me"), ("person", "A person"), ("model", "A model")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[MergeDecision]
    ) -> QuerySet[MergeDecision]:
        match self.value():
            case "me":
                return queryset.filter(actor=request.user.pk)
            case "person":
                return queryset.filter(actor__isnull=False)
            case "model":
                return queryset.filter(actor__isnull=True)
        return queryset


@admin.register(MergeDecision)
class MergeDecisionAdmin(PageAdmin[MergeDecision]):
    index_order = 30
    nothing_yet = "No decisions yet. People decide in the review, and models merge what is certain."
    page_template = "admin/insights/decision.html"
    related = ("actor", "undone_by", "canonical", "cluster")
    list_display = ("decided_at", "kind", "statement_cell", "who", "standing", "comment_cell")
    list_filter = ("kind", UndoneFilter, ActorFilter, "decided_at")
    search_fields = ("members__insight__statement",)
    search_help_text = "Words of a statement that took part"
    sortable_by = ("decided_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MergeDecision]:
        """Fetch the canonical statements, too: a split has several."""
        heads = DecisionMember.objects.filter(role=MemberRole.CANONICAL).select_related("insight")
        return super().get_queryset(request).prefetch_related(Prefetch("members", heads, "heads"))

    def views(self) -> dict[str, View]:
        return {"<uuid:pk>/undo/": self.undo}

    @admin.display(description="Canonical statement")
    def statement_cell(self, decision: MergeDecision) -> SafeString | str:
        if decision.canonical is not None:
            return display.statement(decision.canonical.statement)
        heads: list[DecisionMember] = getattr(decision, "heads", [])
        shown = ((display.statement(one.insight.statement),) for one in heads)
        return format_html_join(" · ", "{}", shown) or display.NONE

    @admin.display(description="Who")
    def who(self, decision: MergeDecision) -> str:
        return str(decision.actor or decision.model_version or "a model")

    @admin.display(description="State")
    def standing(self, decision: MergeDecision) -> str:
        return f"undone by {decision.undone_by}" if decision.is_undone else "active"

    @admin.display(description="Comment")
    def comment_cell(self, decision: MergeDecision) -> SafeString:
        return display.statement(decision.comment, chars=80)

    def page(self, request: HttpRequest, record: MergeDecision) -> dict[str, object]:
        return {
            "title": f"{record.get_kind_display().capitalize()} · decision details",
            "decision": record,
            "is_automatic": record.kind == DecisionKind.AUTOMATIC,
            "is_merge": record.kind in MERGING_KINDS,
            "has_groups": record.kind == DecisionKind.SPLIT or record.kind not in MERGING_KINDS,
            "members": DecisionMember.objects.filter(decision=record)
            .select_related("insight")
            .order_by("group", "role", "pk")[:LISTED],
            "labels": PairLabel.objects.filter(decision=record)
            .select_related("insight1", "insight2")
            .order_by("-is_same", "pk")[: LISTED + 1],
            "listed": LISTED,
            "evidence": _sentences(record.evidence),
            "can_undo": not record.is_undone and request.user.has_perm(UNDO_DECISION),
        }

    @posting(UNDO_DECISION, "undo decisions")
    def undo(self, request: StaffRequest, pk: UUID) -> HttpResponse:
        """Undo and show the reopened cluster; or the decision with the reason why not."""
        decision = self.find(request, pk)
        comment = request.POST.get("comment", "")
        not_same = request.POST.get("not_same") == "on"
        try:
            UndoDecision(
                decision_id=pk, actor=request.user, comment=comment.strip(), not_same=not_same
            ).execute()
        except ReviewError as error:
            messages.error(request, str(error))
            decision = self.find(request, pk)
            return self.render_record(
                request, decision, status=409, given_comment=comment, given_not_same=not_same
            )
        messages.success(request, f"Undone: {decision}.")
        return redirect(display.url_of(decision.cluster or decision))


def _sentences(evidence: JSONObject) -> list[tuple[str, str]]:
    """Return a record's evidence in words, whatever keys a later version adds."""
    return [
        (name.replace("_", " ").capitalize(), _readable(value))
        for name, value in evidence.items()
        if value not in (None, "", [], {}) and name not in UNSHOWN
    ]


def _readable(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list):
        return "; ".join(_readable(each) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_readable(each)}" for name, each in value.items())
    return str(value)
