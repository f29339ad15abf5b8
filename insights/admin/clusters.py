"""Clusters: the queue as a list, and the page on which a reviewer decides one."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timesince import timesince

from insights.admin.bulk import BulkDecisions
from insights.admin.kit import display
from insights.admin.kit.base import PageAdmin, posting
from insights.admin.review.cluster_input import ReviewInput
from insights.admin.review.cluster_page import review_page
from insights.ids import as_uuid
from insights.models import Cluster, ClusterStatus, MergeDecision
from insights.permissions import DECIDE_CLUSTER
from insights.review.actions.base import ClusterAction
from insights.review.errors import ReviewError
from insights.review.queue import ORDER, next_open

LISTED = 20


class StatusFilter(admin.SimpleListFilter):
    """Open ones unless asked otherwise: that is the queue."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        decided = [
            (value, capfirst(label))
            for value, label in ClusterStatus.choices
            if value != ClusterStatus.OPEN
        ]
        return [*decided, ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *rest = super().choices(changelist)
        yield {**first, "display": "Open"}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Cluster]) -> QuerySet[Cluster]:
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or ClusterStatus.OPEN)


@admin.register(Cluster)
class ClusterAdmin(BulkDecisions, PageAdmin):
    index_order = 1
    nothing_yet = (
        "No cluster is open. Clustering proposes near-duplicates among the insights, by "
        "its schedule or when somebody starts it."
    )
    page_template = "admin/insights/cluster.html"
    change_list_template = "admin/insights/cluster_list.html"
    related = ("proposed_canonical", "run", "split_from")
    deferred = ("proposed_canonical__embedding",)
    list_display = (
        "statement_cell",
        "size",
        "sources_cell",
        "similarity_cell",
        "probability_cell",
        "near_miss_cell",
        "age",
    )
    list_filter = (StatusFilter, "has_near_miss", "created_at")
    search_fields = ("members__insight__statement",)
    search_help_text = "Words of a member's statement"
    sortable_by = ("similarity_cell",)

    def views(self) -> dict[str, Any]:
        return {
            "<uuid:pk>/approve/": self.approve,
            "<uuid:pk>/reject/": self.reject,
            "<uuid:pk>/split/": self.split,
            **self.bulk_views(),
        }

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Open ones as the queue asks for them; with the others, the latest first."""
        return ("-created_at", "pk") if request.GET.get(StatusFilter.parameter_name) else ORDER

    @admin.display(description="Proposed canonical statement")
    def statement_cell(self, cluster: Cluster) -> SafeString:
        return display.statement(cluster.proposed_canonical.statement)

    @admin.display(description="Sources")
    def sources_cell(self, cluster: Cluster) -> int:
        return cluster.source_count

    @admin.display(description="Mean / weakest", ordering="mean_similarity")
    def similarity_cell(self, cluster: Cluster) -> str:
        mean, weakest = cluster.mean_similarity, cluster.weakest_similarity
        return f"{display.ratio(mean)} / {display.ratio(weakest)}"

    @admin.display(description="Probability")
    def probability_cell(self, cluster: Cluster) -> str:
        return display.ratio(cluster.probability)

    @admin.display(description="Near miss")
    def near_miss_cell(self, cluster: Cluster) -> str:
        return "⚠\u00a0yes" if cluster.has_near_miss else display.NONE

    @admin.display(description="Age")
    def age(self, cluster: Cluster) -> str:
        return timesince(cluster.created_at, depth=1)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_start = request.user.has_perm("insights.add_clusteringrun")
        return super().changelist_view(
            request,
            {"title": "Clusters to review", "can_start": may_start, **(extra_context or {})},
        )

    def page(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        return self._review(request, record, None)

    def _review(
        self, request: HttpRequest, cluster: Cluster, given: ReviewInput | None
    ) -> dict[str, Any]:
        is_open = cluster.status == ClusterStatus.OPEN
        return {
            "title": f"Cluster of {cluster.size}",
            "cluster": cluster,
            "review": review_page(cluster, given),
            "given": given,
            "can_decide": is_open and self.has_decide_permission(request),
            "is_open": is_open,
            "next": next_open(cluster),
            "decisions": MergeDecision.objects.filter(cluster=cluster)
            .select_related("actor", "undone_by", "canonical")
            .defer("canonical__embedding")
            .order_by("-decided_at")[:LISTED],
            "parts": Cluster.objects.filter(split_from=cluster).order_by("-created_at")[:LISTED],
            "receipt": self._receipt(request),
        }

    def _receipt(self, request: HttpRequest) -> MergeDecision | None:
        """The decision that led here, to be undone from here."""
        if (pk := as_uuid(request.GET.get("decided"))) is None:
            return None
        return (
            MergeDecision.objects.select_related("actor", "canonical", "cluster")
            .defer("canonical__embedding")
            .filter(pk=pk, undone_at__isnull=True)
            .first()
        )

    @posting(DECIDE_CLUSTER, "decide clusters")
    def approve(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        return self._decide(request, pk, ReviewInput.approve)

    @posting(DECIDE_CLUSTER, "decide clusters")
    def reject(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        return self._decide(request, pk, ReviewInput.reject)

    @posting(DECIDE_CLUSTER, "decide clusters")
    def split(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        return self._decide(request, pk, ReviewInput.split)

    def _decide(
        self,
        request: HttpRequest,
        pk: UUID,
        action: Callable[[ReviewInput, Cluster, Any], ClusterAction],
    ) -> HttpResponse:
        """On to the next cluster; or this one again with the reason and all that was put in."""
        cluster = self.find(request, pk)
        given = ReviewInput.sent(request.POST)
        try:
            decision = action(given, cluster, request.user).execute()
        except ReviewError as error:
            messages.error(request, str(error))
            cluster = self.find(request, pk)
            return self.render(
                request,
                self.page_template,
                original=cluster,
                status=409,
                **self._review(request, cluster, given),
            )
        following = next_open(cluster)
        if following is None:
            messages.success(request, "Decided. No open cluster is left.")
            return redirect(display.url_of(decision))
        return redirect(f"{display.url_of(following)}?decided={decision.pk}")
