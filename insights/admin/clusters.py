"""Clusters: the queue as a list, and the evidence and history of each."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from insights.admin.kit import display
from insights.admin.kit.base import PageAdmin
from insights.admin.review.batch import confirm
from insights.models import Cluster, ClusterStatus, MergeDecision
from insights.permissions import ADD_CLUSTERING, DECIDE_CLUSTER, StaffRequest
from insights.review.batch import CAP
from insights.review.queue import ORDER

LISTED = 20


class StatusFilter(admin.SimpleListFilter):
    """Show open clusters, the queue, unless asked otherwise."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        decided = [one for one in ClusterStatus.choices if one[0] != ClusterStatus.OPEN]
        return [*decided, ("all", "All")]

    def choices(self, changelist: ChangeList) -> Any:
        first, *rest = super().choices(changelist)
        yield {**first, "display": "Open"}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Cluster]) -> QuerySet[Cluster]:
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or ClusterStatus.OPEN)


@admin.register(Cluster)
class ClusterAdmin(PageAdmin[Cluster]):
    index_order = 1
    nothing_yet = (
        "No cluster is open. Clustering runs after each upload and every hour, and proposes "
        "near-duplicates here."
    )
    page_template = "admin/insights/cluster.html"
    change_list_template = "admin/insights/cluster_list.html"
    related = ("proposed_canonical", "run")
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

    actions = ("approve_selected", "reject_selected")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DECIDE_CLUSTER)

    @admin.action(description="Approve selected clusters …", permissions=["decide"])
    def approve_selected(
        self, request: StaffRequest, queryset: QuerySet[Cluster]
    ) -> HttpResponse | None:
        return self._confirm(request, queryset, "approve")

    @admin.action(description="Reject selected clusters …", permissions=["decide"])
    def reject_selected(
        self, request: StaffRequest, queryset: QuerySet[Cluster]
    ) -> HttpResponse | None:
        return self._confirm(request, queryset, "reject")

    def _confirm(
        self, request: StaffRequest, queryset: QuerySet[Cluster], verb: str
    ) -> HttpResponse | None:
        if queryset.count() > CAP:
            messages.error(request, f"Select at most {CAP} clusters at once.")
            return None
        return confirm(request, queryset, verb)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the queue's order for open clusters, and the latest first otherwise."""
        return ("-created_at", "pk") if request.GET.get(StatusFilter.parameter_name) else ORDER

    @admin.display(description="Proposed canonical statement")
    def statement_cell(self, cluster: Cluster) -> SafeString:
        return display.statement(cluster.proposed_canonical.statement)

    @admin.display(description="Sources")
    def sources_cell(self, cluster: Cluster) -> int:
        return cluster.source_count

    @admin.display(description="Similarity", ordering="mean_similarity")
    def similarity_cell(self, cluster: Cluster) -> str:
        return display.ratio(cluster.mean_similarity)

    @admin.display(description="Probability")
    def probability_cell(self, cluster: Cluster) -> str:
        return display.ratio(cluster.probability)

    @admin.display(description="Near miss")
    def near_miss_cell(self, cluster: Cluster) -> str:
        return "⚠\u00a0yes" if cluster.has_near_miss else display.NONE

    @admin.display(description="Age")
    def age(self, cluster: Cluster) -> str:
        return timesince(cluster.created_at, depth=1)

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        return {"title": "Clusters to review", "can_start": request.user.has_perm(ADD_CLUSTERING)}

    def page(self, request: HttpRequest, cluster: Cluster) -> dict[str, object]:
        members = list(cluster.members.select_related("insight").order_by("position"))
        number_of = {member.insight_id: number for number, member in enumerate(members, 1)}
        weakest = {cluster.weakest_insight1_id, cluster.weakest_insight2_id}
        return {
            "title": f"Cluster of {cluster.size}",
            "cluster": cluster,
            "members": members,
            "pairs": [
                {
                    "first": number_of.get(pair.insight1_id, 0),
                    "second": number_of.get(pair.insight2_id, 0),
                    "pair": pair,
                    "is_weakest": {pair.insight1_id, pair.insight2_id} == weakest,
                }
                for pair in cluster.pairs.order_by("similarity")
            ],
            "is_open": cluster.status == ClusterStatus.OPEN,
            "decisions": MergeDecision.objects.filter(cluster=cluster)
            .select_related("actor", "undone_by", "canonical")
            .order_by("-decided_at")[:LISTED],
        }
