"""Filters of the list of insights."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from insights.ids import among, as_uuid
from insights.models import (
    ConflictVerdict,
    Insight,
    InsightSource,
    InsightStatus,
    InsightTag,
    Source,
)
from insights.models.decision import Verdict

OUTDATED = "outdated"
RECENT, NEWEST_SOURCES = 1000, 5
FEW = 20_000


def outdated() -> Exists:
    """Match an insight that a decision in force replaced by another."""
    replaced = ConflictVerdict.objects.filter(
        Q(insight1=OuterRef("pk")) | Q(insight2=OuterRef("pk")),
        ~Q(holds=OuterRef("pk")),
        verdict=Verdict.ONE_HOLDS,
        decision__undone_at__isnull=True,
    )
    return Exists(replaced)


class StatusFilter(admin.SimpleListFilter):
    """Show active insights unless asked otherwise."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        others = [one for one in InsightStatus.choices if one[0] != InsightStatus.ACTIVE]
        shown = ((value, label.partition(" (")[0]) for value, label in others)
        return [(OUTDATED, "Replaced"), *shown, ("all", "All")]

    def choices(self, changelist: ChangeList) -> Any:
        first, *rest = super().choices(changelist)
        yield {**first, "display": "Active"}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Insight]) -> QuerySet[Insight]:
        if self.value() == "all":
            return queryset
        if self.value() == OUTDATED:
            return queryset.filter(outdated(), status=InsightStatus.ACTIVE, summary__isnull=False)
        found = queryset.filter(status=self.value() or InsightStatus.ACTIVE)
        # With an inner join, an index on the counts can sort. Every active insight has an
        # occurrence.
        return found if self.value() else found.filter(summary__isnull=False)


class OfSourceFilter(admin.SimpleListFilter):
    """A filter that appears only when a source's page links here, or it would list every source."""

    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        pk = as_uuid(request.GET.get(self.parameter_name, ""))
        source = Source.objects.filter(pk=pk).first() if pk else None
        return [(str(source.pk), source.title)] if source else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Insight]) -> QuerySet[Insight]:
        source = self.value()
        if not source:
            return queryset
        found_there = InsightSource.objects.filter(source=as_uuid(source), insight=OuterRef("pk"))
        return queryset.filter(Exists(found_there))


class MentionFilter(admin.ListFilter):
    """Match insights with one mention that satisfies all the fields; a tag is the insight's own."""

    title = "mentions"
    template = "admin/insights/_mention_filter.html"
    BEGINNINGS = ("person", "company", "segment")
    DAYS = {"since": "said_on__gte", "until": "said_on__lte"}
    NAMES = (*BEGINNINGS, *DAYS, "attribute", "value", "tag")

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Insight],
        model_admin: "admin.ModelAdmin[Insight]",
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.asked: dict[str, str] = {}
        for name in self.NAMES:
            *_, value = params.pop(name, [""])
            self.asked[name] = value.strip()
        for name in self.DAYS:
            if self.asked[name] and _day(self.asked[name]) is None:
                messages.error(request, f"“{self.asked[name]}” is not a date. Write 2026-03-31.")
                self.asked[name] = ""

    def expected_parameters(self) -> list[str | None]:
        return list(self.NAMES)

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, object]]:
        """Yield one entry: the fields' values, their options, and the other filters to keep."""
        others = changelist.get_filters_params()
        newest = list(Source.objects.values_list("pk", flat=True)[:NEWEST_SOURCES])
        offered = InsightSource.objects.filter(source__in=newest).order_by()[:RECENT]
        rows = list(offered.values_list("company", "segment", "attributes"))
        yield {
            **self.asked,
            "kept": [(key, value) for key, values in others.items() if key not in self.NAMES
                     for value in values] + [("q", changelist.query)],
            "is_set": any(self.asked.values()),
            "companies": sorted({row[0] for row in rows} - {""}),
            "segments": sorted({row[1] for row in rows} - {""}),
            "attributes": sorted({name for row in rows for name in row[2]}),
            "tags": InsightTag.objects.order_by("name").values_list("name", flat=True).distinct()[
                :RECENT
            ],
        }  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[Insight]) -> QuerySet[Insight]:
        asked, is_search = self.asked, bool(request.GET.get(SEARCH_VAR))
        condition = Q()
        for name in self.BEGINNINGS:
            if asked[name]:
                condition &= Q(**{f"{name}__istartswith": asked[name]})
        for name, lookup in self.DAYS.items():
            if day := _day(asked[name]):
                condition &= Q(**{lookup: day})
        if asked["attribute"] and asked["value"]:
            condition &= Q(attributes__contains={asked["attribute"]: asked["value"]})
        if condition:
            said = InsightSource.objects.filter(condition).order_by().values_list("insight")
            few = list(said.values_list("insight", flat=True)[: FEW + 1]) if is_search else []
            # A search looks at each of a few instead of at the indexes of all insights.
            vars(request)["is_among_few"] = is_few = is_search and len(few) <= FEW
            if is_few:
                queryset = queryset.filter(pk__in=among(set(few)))
            else:
                queryset = queryset.filter(pk__in=said)
        if asked["tag"]:
            tagged = InsightTag.objects.filter(name__iexact=asked["tag"]).order_by()
            roots = tagged.annotate(root=Coalesce("insight__merged_into", "insight"))
            queryset = queryset.filter(pk__in=roots.values("root"))
        return queryset


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
