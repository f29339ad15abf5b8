"""Insights and where they were found. An insight's page tells its life."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from insights.admin.kit import display
from insights.admin.kit.base import PageAdmin, RecordAdmin
from insights.ids import as_uuid
from insights.models import (
    Cluster,
    DecisionMember,
    Insight,
    InsightSource,
    PairLabel,
    Source,
)
from insights.registry import insight_panels

LISTED = 20


class OfSourceFilter(admin.SimpleListFilter):
    """A filter that appears only when a source's page links here, or it would list every source."""

    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
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
class InsightAdmin(PageAdmin):
    index_order = 20
    nothing_yet = "No insight yet. Add a source: its statements become insights."
    page_template = "admin/insights/insight.html"
    related = ("merged_into",)
    deferred = ("merged_into__embedding",)
    list_display = ("statement_cell", "status", "origin", "merged_into_cell", "created_at")
    list_filter = (OfSourceFilter, "status", "origin", "created_at")
    search_fields = ("statement",)
    sortable_by = ("created_at",)

    @admin.display(description="Statement")
    def statement_cell(self, insight: Insight) -> SafeString:
        return display.statement(insight.statement)

    @admin.display(description="Merged into")
    def merged_into_cell(self, insight: Insight) -> SafeString | str:
        return display.link(insight.merged_into)

    def page(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """Its life, each part bounded: one more than is shown says that there is more."""
        most = LISTED + 1
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
class InsightSourceAdmin(RecordAdmin):
    index_order = 110
    related = ("insight", "origin_insight", "source", "run")
    deferred = ("insight__embedding", "origin_insight__embedding", "source__content")
    list_display = ("statement_cell", "source_cell", "locator", "insight_cell", "created_at")
    search_fields = ("insight__statement",)
    search_help_text = "Words of the statement that holds the occurrence"
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

    @admin.display(description="As it was extracted")
    def statement_cell(self, found: InsightSource) -> SafeString:
        return display.statement(found.statement)

    @admin.display(description="Source")
    def source_cell(self, found: InsightSource) -> SafeString | str:
        return display.link(found.source)

    @admin.display(description="Insight")
    def insight_cell(self, found: InsightSource) -> SafeString | str:
        return display.link(found.insight)
