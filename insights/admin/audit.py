"""The audit's items and results, and the pauses of automatic merging."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from insights.admin.kit import display
from insights.admin.kit.base import PageAdmin, View, posting
from insights.audit import answers
from insights.audit.precision import (
    measured_precision,
    merges_since_last_good_audit,
    merging_version,
)
from insights.audit.recall import measured_recall
from insights.audit.stop import refuted, resume, undo_doubtful
from insights.models import (
    AuditItem,
    AutoMergeStop,
    DecisionMember,
    Insight,
    MemberRole,
    MergeDecision,
)
from insights.models.run import UNFINISHED
from insights.permissions import DECIDE_CLUSTER, RESUME_AUTO_MERGE, UNDO_DECISION, StaffRequest
from insights.review import bulk
from insights.review.errors import ReviewError

LISTED = 100
ENOUGH_TO_ADVISE = 20  # audited merges; fewer say too little to suggest resuming


class AnsweredList(ChangeList):
    """Leaves out what waits: it is judged blind, one item after the other."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[AuditItem]:
        found = super().get_queryset(*args, **kwargs).exclude(verdict="")
        return found.prefetch_related(
            Prefetch("decision__members__insight", Insight.objects.all())  # without its vector
        )


@admin.register(AuditItem)
class AuditItemAdmin(PageAdmin[AuditItem]):
    """An unanswered item shows its statements and nothing else."""

    index_order = 25
    nothing_yet = (
        "No answer yet. Every week a random sample of automatic merges is drawn to be judged blind."
    )
    page_template = "admin/insights/audit_item.html"
    change_list_template = "admin/insights/audit_list.html"
    related = ("reviewer",)
    list_display = ("answered_at", "verdict", "statement_cell", "reviewer")
    list_filter = ("verdict", "week")

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        return AnsweredList

    @admin.display(description="Statements")
    def statement_cell(self, item: AuditItem) -> SafeString:
        said = sorted(one.insight.statement for one in item.decision.members.all())
        return format_html_join("", "<div>{}</div>", ((display.statement(one),) for one in said))

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        return {
            "title": "Audit",
            "measured": measured_precision(merging_version()),
            "recall": measured_recall(),
            "can_answer": request.user.has_perm(DECIDE_CLUSTER),
        }

    def page(self, request: HttpRequest, record: AuditItem) -> dict[str, object]:
        return {
            "title": f"Drawn on {record.drawn_at:%Y-%m-%d}",
            "statements": [one.statement for one in answers.blind_members(record)],
            "can_answer": not record.verdict and request.user.has_perm(DECIDE_CLUSTER),
            "can_take_back": record.verdict
            and record.reviewer_id == request.user.pk
            and request.user.has_perm(DECIDE_CLUSTER),
        }


@admin.register(AutoMergeStop)
class AutoMergeStopAdmin(PageAdmin[AutoMergeStop]):
    index_order = 26
    nothing_yet = (
        "Automatic merging was never paused. It pauses when the audit shows that a model "
        "version is wrong too often."
    )
    page_template = "admin/insights/auto_merge_stop.html"
    related = ("resumed_by",)
    list_display = ("stopped_at", "model_version", "reason", "resumed_at", "resumed_by")

    def views(self) -> dict[str, View]:
        return {"<uuid:pk>/resume/": self.resume, "<uuid:pk>/undo/": self.undo}

    def page(self, request: HttpRequest, record: AutoMergeStop) -> dict[str, object]:
        in_force, version = record.resumed_at is None, record.model_version
        measured = measured_precision(version)
        may_advise = measured.audited >= ENOUGH_TO_ADVISE
        doubtful = merges_since_last_good_audit(record.model_version) if in_force else None
        return {
            "title": f"Automatic merging stopped on {record.stopped_at:%Y-%m-%d %H:%M} UTC",
            "doubtful": _with_statements(doubtful)[:LISTED] if doubtful is not None else [],
            "listed": LISTED,
            "doubtful_count": doubtful.count() if doubtful is not None else 0,
            "measured": measured if in_force and may_advise and refuted(version) else None,
            "undoing": record.undoing(),
            "can_resume": in_force and request.user.has_perm(RESUME_AUTO_MERGE),
            "can_undo": in_force and request.user.has_perm(UNDO_DECISION),
        }

    @posting(RESUME_AUTO_MERGE, "resume automatic merging")
    def resume(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        stop = self.find(request, pk)
        try:
            resume(
                actor=request.user,
                comment=request.POST.get("comment", "").strip(),
                stop_id=stop.pk,
            )
        except ReviewError as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, "Automatic merging is on again, and the audit starts over.")
        return redirect(display.url_of(stop))

    @posting(UNDO_DECISION, "undo decisions")
    def undo(self, request: StaffRequest, pk: UUID) -> HttpResponse:
        stop = self.find(request, pk)
        try:
            run = undo_doubtful(stop, actor=request.user)
        except ReviewError as error:
            messages.warning(request, str(error))
            return redirect(display.url_of(stop))
        bulk.start(run)
        if run.status in UNFINISHED:
            messages.info(request, "The merges are being undone in the background.")
            return redirect(display.url_of(stop))
        undone, left = run.counts.get("decided", 0), run.counts.get("left_out", 0)
        said = f"{undone:,} merge{'s were' if undone != 1 else ' was'} undone"
        said += f", {left:,} left because later decisions depend on them." if left else "."
        messages.success(request, said)
        return redirect(display.url_of(stop))


def _with_statements(merges: QuerySet[MergeDecision]) -> QuerySet[MergeDecision]:
    """Add the statements that were merged, and what they were merged into."""
    merged = DecisionMember.objects.filter(role=MemberRole.MERGED).select_related("insight")
    return merges.select_related("canonical").prefetch_related(
        Prefetch("members", merged, to_attr="merged")
    )
