"""Insights: the repository as a list to search, download and merge, and each one's history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import (
    Case,
    Count,
    Exists,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from insights.admin.export import FORMATS, download
from insights.admin.kit import display
from insights.admin.kit.base import PageAdmin, RecordAdmin, View, posting
from insights.embedding.nearest import nearest_to, nearest_to_vector
from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.ids import as_uuid
from insights.models import (
    Cluster,
    DecisionMember,
    Insight,
    InsightSource,
    InsightStatus,
    PairLabel,
    Source,
)
from insights.permissions import DECIDE_CLUSTER, StaffRequest
from insights.registry import insight_panels
from insights.review.by_hand import decide_by_hand
from insights.review.errors import ReviewError
from insights.text.normalise import clean

LISTED = 20
SIMILAR = 10
NEAREST_FOUND = 50
LEAST_SIMILARITY = 0.5
MERGED_AT_MOST = 20


class StatusFilter(admin.SimpleListFilter):
    """Show active insights unless asked otherwise."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        others = [one for one in InsightStatus.choices if one[0] != InsightStatus.ACTIVE]
        return [*((value, capfirst(label)) for value, label in others), ("all", "All")]

    def choices(self, changelist: ChangeList) -> Any:
        first, *rest = super().choices(changelist)
        yield {**first, "display": "Active"}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Insight]) -> QuerySet[Insight]:
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or InsightStatus.ACTIVE)


class OfSourceFilter(admin.SimpleListFilter):
    """A filter that appears only when a source's page links here, or it would list every source."""

    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        source = _source(self.value_asked(request))
        return [(str(source.pk), source.title)] if source else []

    @staticmethod
    def value_asked(request: HttpRequest) -> str:
        return request.GET.get(OfSourceFilter.parameter_name, "")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Insight]) -> QuerySet[Insight]:
        source = self.value()
        if not source:
            return queryset
        found_there = InsightSource.objects.filter(source=as_uuid(source), insight=OuterRef("pk"))
        return queryset.filter(Exists(found_there))


def _source(value: str) -> Source | None:
    pk = as_uuid(value)
    return Source.objects.filter(pk=pk).first() if pk else None


@admin.register(Insight)
class InsightAdmin(PageAdmin[Insight]):
    index_order = 20
    nothing_yet = "No insight yet. Add a source: its statements become insights."
    page_template = "admin/insights/insight.html"
    related = ("merged_into",)
    deferred = ("merged_into__embedding",)
    change_list_template = "admin/insights/insight_list.html"
    list_display = ("statement_cell", "mentions", "sources", "first_seen", "last_seen", "status")
    list_filter = (OfSourceFilter, StatusFilter, "origin", "created_at")
    search_fields = ("statement",)
    search_help_text = "By words and by meaning"
    actions = ("merge_selected",)

    def views(self) -> dict[str, View]:
        return {
            "download/<str:kind>/": self.download,
            "<uuid:pk>/same/<uuid:other>/": self.same,
            "<uuid:pk>/distinct/<uuid:other>/": self.distinct,
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Insight]:
        found = InsightSource.objects.filter(insight=OuterRef("pk")).order_by().values("insight")
        return (
            super()
            .get_queryset(request)
            .annotate(
                mention_count=Subquery(found.annotate(n=Count("pk")).values("n")),
                source_count=Subquery(found.annotate(n=Count("source", distinct=True)).values("n")),
                first_at=Subquery(found.annotate(at=Min("created_at")).values("at")),
                last_at=Subquery(found.annotate(at=Max("created_at")).values("at")),
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Insight], search_term: str
    ) -> tuple[QuerySet[Insight], bool]:
        """Find insights by words, and the nearest by meaning, which come first."""
        by_words, may_repeat = super().get_search_results(request, queryset, search_term)
        text = clean(search_term)
        if not text:
            return by_words, may_repeat
        try:
            _, vector = embed_one(text)
        except VectorsOfAnotherModel:
            return by_words, may_repeat
        near = nearest_to_vector(vector, limit=NEAREST_FOUND, least_similarity=LEAST_SIMILARITY)
        if not near:
            return by_words, may_repeat
        ids = [one.insight.pk for one in near]
        rank = Case(
            *(When(pk=pk, then=Value(place)) for place, pk in enumerate(ids)), default=len(ids)
        )
        either = queryset.filter(Q(pk__in=ids) | Q(pk__in=by_words.order_by().values("pk")))
        return either.order_by(rank, "-created_at", "pk"), may_repeat

    @admin.display(description="Mentions")
    def mentions(self, insight: Insight) -> int:
        return getattr(insight, "mention_count", None) or 0

    @admin.display(description="Sources")
    def sources(self, insight: Insight) -> int:
        return getattr(insight, "source_count", None) or 0

    @admin.display(description="First seen")
    def first_seen(self, insight: Insight) -> datetime | None:
        return getattr(insight, "first_at", None)

    @admin.display(description="Last seen")
    def last_seen(self, insight: Insight) -> datetime | None:
        return getattr(insight, "last_at", None)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        context = {"formats": list(FORMATS), "filters": request.GET.urlencode()}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def download(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Answer with all insights that the list's filters leave, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied("You may not look at insights.")
        if kind not in FORMATS:
            raise Http404(f"There is no download as “{kind}”.")
        return download(self.get_changelist_instance(request).get_queryset(request), kind)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DECIDE_CLUSTER)

    @admin.action(description="Merge the selected insights", permissions=["decide"])
    def merge_selected(
        self, request: StaffRequest, queryset: QuerySet[Insight]
    ) -> HttpResponse | None:
        if queryset.count() > MERGED_AT_MOST:
            messages.error(request, f"Merge at most {MERGED_AT_MOST} insights at once.")
            return None
        return self._decide(request, list(queryset), same=True)

    @posting(DECIDE_CLUSTER, "merge insights")
    def same(self, request: StaffRequest, pk: UUID, other: UUID) -> HttpResponse:
        return self._decide(request, self._pair(request, pk, other), same=True)

    @posting(DECIDE_CLUSTER, "merge insights")
    def distinct(self, request: StaffRequest, pk: UUID, other: UUID) -> HttpResponse:
        return self._decide(request, self._pair(request, pk, other), same=False)

    def _pair(self, request: HttpRequest, pk: UUID, other: UUID) -> list[Insight]:
        return [self.find(request, one) for one in (pk, other)]

    def _decide(
        self, request: StaffRequest, insights: list[Insight], *, same: bool
    ) -> HttpResponse:
        """Decide, and show the decision with its undo; or say why not, where the person was."""
        try:
            decision = decide_by_hand(request.user, insights, same=same)
        except ReviewError as error:
            messages.error(request, str(error))
            return redirect(display.list_url(Insight))
        messages.success(request, "Merged." if same else "Saved. They stay separate.")
        return redirect(display.url_of(decision))

    @admin.display(description="Statement")
    def statement_cell(self, insight: Insight) -> SafeString:
        return display.statement(insight.statement)

    def page(self, request: HttpRequest, record: Insight) -> dict[str, object]:
        """Its history, each part bounded: one more than is shown says that there is more."""
        most = LISTED + 1
        is_active = record.status == InsightStatus.ACTIVE
        return {
            "title": "Insight",
            "found": InsightSource.objects.filter(insight=record)
            .select_related("source", "origin_insight")
            .defer("source__content", "origin_insight__embedding")
            .order_by("created_at", "pk")[:most],
            "came_from": InsightSource.objects.filter(origin_insight=record)
            .exclude(insight=record)
            .select_related("source")
            .defer("source__content")
            .order_by("created_at", "pk")[:most],
            "merged": Insight.objects.filter(merged_into=record).order_by("created_at", "pk")[
                :most
            ],
            "decisions": DecisionMember.objects.filter(insight=record)
            .select_related("decision__actor", "decision__canonical")
            .defer("decision__canonical__embedding")
            .order_by("-decision__decided_at")[:most],
            "clusters": Cluster.objects.filter(members__insight=record).order_by("-created_at")[
                :most
            ],
            "labels": _labels(record, most),
            "panels": [panel(request, record) for panel in insight_panels],
            "similar": nearest_to(record, limit=SIMILAR, least_similarity=LEAST_SIMILARITY)
            if is_active
            else [],
            "can_decide": self.has_decide_permission(request),
            "listed": LISTED,
        }


def _labels(insight: Insight, most: int) -> list[tuple[Insight, PairLabel]]:
    """Return the other side of each label, with the label, by two index scans instead of one OR."""
    found: list[tuple[Insight, PairLabel]] = []
    for mine, other in (("insight1", "insight2"), ("insight2", "insight1")):
        labels = (
            PairLabel.objects.filter(**{mine: insight})
            .select_related(other, "decision__actor")
            .defer(f"{other}__embedding")
            .order_by("pk")[:most]
        )
        found += [(getattr(label, other), label) for label in labels]
    return found[:most]


@admin.register(InsightSource)
class InsightSourceAdmin(RecordAdmin[InsightSource]):
    index_order = 110
    related = ("insight", "origin_insight", "source", "run")
    deferred = ("insight__embedding", "origin_insight__embedding", "source__content")
    list_display = ("statement_cell", "source_cell", "locator", "insight_cell", "created_at")
    search_fields = ("insight__statement",)
    search_help_text = "Words of the insight"
    ordering = ("source_id", "ordinal")
    fields = (
        "statement",
        "locator",
        "source",
        "insight",
        "origin_insight",
        "run",
        "ordinal",
        "start",
        "end",
        "created_at",
    )

    @admin.display(description="Original wording")
    def statement_cell(self, found: InsightSource) -> SafeString:
        return display.statement(found.statement)

    @admin.display(description="Source")
    def source_cell(self, found: InsightSource) -> SafeString | str:
        return display.link(found.source)

    @admin.display(description="Insight")
    def insight_cell(self, found: InsightSource) -> SafeString | str:
        return display.link(found.insight)
