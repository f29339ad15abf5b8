"""The queue of random pairs that were never proposed, which measures what is missed."""

from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from insights.admin.kit.base import PageAdmin, View, posting
from insights.audit.recall import answer_recall, draw_recall_sample, next_recall_pair
from insights.models import RecallPair
from insights.permissions import DECIDE_CLUSTER, StaffRequest
from insights.review.errors import ReviewError

LIST = "admin:insights_audititem_changelist"


@admin.register(RecallPair)
class RecallPairAdmin(PageAdmin[RecallPair]):
    """A pair shows its two statements and nothing else; the audit's page has the result."""

    index_order = 27
    page_template = "admin/insights/recall_pair.html"
    related = ("sample", "insight1", "insight2", "reviewer")
    deferred = ("insight1__embedding", "insight2__embedding")
    list_display = ("sample", "is_same", "reviewer", "answered_at")
    nothing_yet = "Draw a sample on the Audit page: random pairs that were not proposed."

    def has_view_permission(self, request: HttpRequest, obj: RecallPair | None = None) -> bool:
        return request.user.has_perm("insights.view_audititem")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def views(self) -> dict[str, View]:
        return {"draw/": self.draw, "<uuid:pk>/answer/": self.answer}

    def page(self, request: HttpRequest, record: RecallPair) -> dict[str, object]:
        return {
            "title": "Do these two say the same?",
            "statements": [record.insight1.statement, record.insight2.statement],
            "can_answer": record.is_same is None and request.user.has_perm(DECIDE_CLUSTER),
        }

    @posting(DECIDE_CLUSTER, "judge pairs")
    def draw(self, request: HttpRequest) -> HttpResponse:
        """Continue with the newest sample; draw a new one if all of it is judged."""
        try:
            if next_recall_pair() is None:
                draw_recall_sample()
        except ReviewError as error:
            messages.warning(request, str(error))
        return redirect(_next())

    @posting(DECIDE_CLUSTER, "judge pairs")
    def answer(self, request: StaffRequest, pk: UUID) -> HttpResponse:
        pair, said = self.find(request, pk), request.POST.get("same", "")
        if said not in ("yes", "no"):
            messages.error(request, "Press one of the two buttons.")
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", pk)
        try:
            answer_recall(pair.pk, reviewer=request.user, same=said == "yes")
        except ReviewError as error:
            messages.warning(request, str(error))
        return redirect(_next())


def _next() -> str:
    pair = next_recall_pair()
    return reverse("admin:insights_recallpair_change", args=[pair.pk]) if pair else reverse(LIST)
