"""The list of insights: search, filters, downloads, merging and tagging of ticked rows."""

from datetime import date
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from insights.admin.kit import display
from insights.admin.kit.base import View, posting
from insights.admin.repository import filters
from insights.admin.repository.export import FORMATS, download
from insights.admin.repository.history import history_of
from insights.admin.repository.map import MapPages
from insights.admin.repository.search import ranked, search
from insights.admin.repository.trend import Axis, Extra, extras_of
from insights.models import Insight, InsightStatus, InsightSummary
from insights.permissions import DECIDE_CLUSTER, StaffRequest
from insights.review.by_hand import decide_by_hand, replace_by
from insights.review.errors import ReviewError
from insights.review.tags import TagError, tag, untag

MERGED_AT_MOST = 20
TAGGED_AT_MOST = 10_000


class InsightChangeList(ChangeList):
    """Fetches what the page's rows show beside their own columns, all rows at once."""

    def get_ordering(
        self, request: HttpRequest, queryset: QuerySet[Insight]
    ) -> list[str | Combinable]:
        """Sort by one column, then by the key in its direction: an index holds the two so."""
        column, *rest = super().get_ordering(request, queryset)
        if not isinstance(column, str) or "summary__" not in column:
            return [column, *rest]
        return [column, "-pk" if column.startswith("-") else "pk"]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # The ids first: sorting whole rows of a broad search takes three times the time.
        on_page = list(self.result_list.values_list("pk", flat=True))
        rows = {one.pk: one for one in self.root_queryset.filter(pk__in=on_page)}
        self.result_list = [rows[pk] for pk in on_page]
        extras, axis = extras_of(self.result_list), Axis.of_everything()
        for insight in self.result_list:
            insight.extra = extras.get(insight.pk) or Extra()
            insight.trend = axis.sparkline(insight.extra.months)


@admin.register(Insight)
class InsightAdmin(MapPages):
    index_order = 20
    nothing_yet = "No insight yet. Add a source: its statements become insights."
    page_template = "admin/insights/insight.html"
    related = ("merged_into", "summary")
    change_list_template = "admin/insights/insight_list.html"
    list_display = (
        "statement_cell", "mentions", "trend", "people", "companies", "sources", "first_said",
        "last_said",
    )  # fmt: skip
    list_filter = (
        filters.OfSourceFilter, filters.MentionFilter, filters.StatusFilter,
    )  # fmt: skip
    search_fields = ("statement",)
    sortable_by = ("mentions", "people", "companies", "first_said", "last_said")
    search_help_text = "By words and by meaning"
    actions = ("merge_ticked", "tag_ticked")

    def views(self) -> dict[str, View]:
        return {
            **self.map_views(),
            "download/<str:kind>/": self.download,
            "<uuid:pk>/same/<uuid:other>/": self.same,
            "<uuid:pk>/distinct/<uuid:other>/": self.distinct,
            "<uuid:pk>/replaced/<uuid:other>/": self.replaced,
            "<uuid:pk>/tag/": self.tag,
            "<uuid:pk>/untag/": self.untag,
        }

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        return InsightChangeList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Sort active insights by mentions; others have none."""
        if request.GET.get(filters.StatusFilter.parameter_name) in (None, "", filters.OUTDATED):
            return ("-summary__mentions",)
        return ("-created_at", "pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Insight], search_term: str
    ) -> tuple[QuerySet[Insight], bool]:
        if not search_term.strip():
            return queryset, False
        # Downloads and actions take all, in any order.
        is_list = request.method == "GET" and request.path == display.list_url(Insight)
        if not is_list or ORDER_VAR in request.GET:
            return search(queryset, search_term), False
        is_among_few = vars(request).get("is_among_few", False)
        return ranked(queryset, search_term, is_among_few=is_among_few), False

    @admin.display(description="Statement")
    def statement_cell(self, insight: Insight) -> SafeString:
        extra: Extra = vars(insight)["extra"]
        marks = [
            *((name, "segment") for name in sorted(extra.segments)[:3]),
            *((f"#{name}", "own") for name in sorted(extra.tags)),
        ]
        if insight.status != InsightStatus.ACTIVE:
            marks.insert(0, (insight.status, insight.status))
        return format_html(
            "{}{}",
            display.statement(insight.statement),
            format_html_join(
                "", ' <bdi class="tag {1}">{0}</bdi>', ((name, kind) for name, kind in marks)
            ),
        )

    @admin.display(description="Mentions", ordering="summary__mentions")
    def mentions(self, insight: Insight) -> str:
        return self._figure(insight, "mentions")

    @admin.display(description="Trend")
    def trend(self, insight: Insight) -> SafeString | str:
        drawn: SafeString | str = vars(insight)["trend"]
        return drawn

    @admin.display(description="People", ordering="summary__people")
    def people(self, insight: Insight) -> str:
        return self._figure(insight, "people")

    @admin.display(description="Companies", ordering="summary__companies")
    def companies(self, insight: Insight) -> str:
        return self._figure(insight, "companies")

    @admin.display(description="Sources")
    def sources(self, insight: Insight) -> str:
        return self._figure(insight, "sources")

    @admin.display(description="First said", ordering="summary__first_said")
    def first_said(self, insight: Insight) -> date | None:
        return getattr(summary_of(insight), "first_said", None)

    @admin.display(description="Last said", ordering="summary__last_said")
    def last_said(self, insight: Insight) -> date | None:
        return getattr(summary_of(insight), "last_said", None)

    def _figure(self, insight: Insight, name: str) -> str:
        number = getattr(summary_of(insight), name, 0)
        return f"{number:,}" if number else display.NONE

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        return {
            "formats": [(kind, name) for kind, (name, _) in FORMATS.items()],
            "filters": request.GET.urlencode(),
            "can_decide": self.has_decide_permission(request),
        }

    def download(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Answer with all insights that the list's filters leave, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied("You may not view insights.")
        if kind not in FORMATS:
            raise Http404(f"There is no download as “{kind}”.")
        return download(self.get_changelist_instance(request).get_queryset(request), kind)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DECIDE_CLUSTER)

    @admin.action(description="Merge", permissions=["decide"])
    def merge_ticked(
        self, request: StaffRequest, queryset: QuerySet[Insight]
    ) -> HttpResponse | None:
        if queryset.count() > MERGED_AT_MOST:
            messages.error(request, f"Merge at most {MERGED_AT_MOST} insights at once.")
            return None
        return self._decide(request, list(queryset), same=True)

    @admin.action(description="Tag", permissions=["decide"])
    def tag_ticked(self, request: StaffRequest, queryset: QuerySet[Insight]) -> None:
        try:
            insights = list(queryset.order_by().values_list("pk", flat=True)[:TAGGED_AT_MOST])
            tagged = tag(insights, request.POST.get("tag", ""), by=request.user)
        except TagError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"Insights tagged: {tagged:,}.")

    @posting(DECIDE_CLUSTER, "tag insights")
    def tag(self, request: StaffRequest, pk: UUID) -> HttpResponse:
        insight = self.find(request, pk)
        try:
            tag([insight.pk], request.POST.get("tag", ""), by=request.user)
        except TagError as error:
            messages.error(request, str(error))
        return redirect(display.url_of(insight))

    @posting(DECIDE_CLUSTER, "tag insights")
    def untag(self, request: StaffRequest, pk: UUID) -> HttpResponse:
        insight = self.find(request, pk)
        untag(insight.pk, request.POST.get("tag", ""))
        return redirect(display.url_of(insight))

    @posting(DECIDE_CLUSTER, "merge insights")
    def same(self, request: StaffRequest, pk: UUID, other: UUID) -> HttpResponse:
        return self._decide(request, self._pair(request, pk, other), same=True)

    @posting(DECIDE_CLUSTER, "merge insights")
    def distinct(self, request: StaffRequest, pk: UUID, other: UUID) -> HttpResponse:
        return self._decide(request, self._pair(request, pk, other), same=False)

    @posting(DECIDE_CLUSTER, "replace insights")
    def replaced(self, request: StaffRequest, pk: UUID, other: UUID) -> HttpResponse:
        """Record that `other` replaces the outdated `pk`."""
        old, new = self._pair(request, pk, other)
        try:
            replace_by(request.user, old, new)
        except ReviewError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Saved. The newer one replaces this insight.")
        return redirect(display.url_of(old))

    def _pair(self, request: HttpRequest, pk: UUID, other: UUID) -> list[Insight]:
        return [self.find(request, one) for one in (pk, other)]

    def _decide(
        self, request: StaffRequest, insights: list[Insight], *, same: bool
    ) -> HttpResponse:
        """Decide and show the decision with its undo, or go back with the reason."""
        try:
            decision = decide_by_hand(request.user, insights, same=same)
        except ReviewError as error:
            messages.error(request, str(error))
            return redirect(display.list_url(Insight))
        messages.success(request, "Merged." if same else "Saved. They stay separate.")
        return redirect(display.url_of(decision))

    def page(self, request: HttpRequest, record: Insight) -> dict[str, object]:
        return {
            **history_of(request, record),
            "title": "Insight",
            "summary": summary_of(record),
            "can_decide": self.has_decide_permission(request),
        }


def summary_of(insight: Insight) -> InsightSummary | None:
    """Return the counts of an active insight; others have none."""
    return getattr(insight, "summary", None)
