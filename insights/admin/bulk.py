"""Several clusters at once: a page that shows what will change, then a result for each."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse

from insights.admin.kit.base import PageAdmin, posting
from insights.admin.review.cluster_input import version
from insights.ids import as_uuid
from insights.models import Cluster, ClusterMember, MergeDecision
from insights.permissions import DECIDE_CLUSTER
from insights.review.actions import ApproveCluster, RejectCluster
from insights.review.errors import ReviewError

AT_MOST = 100

ACTIONS: dict[str, type[ApproveCluster] | type[RejectCluster]] = {
    "approve": ApproveCluster,
    "reject": RejectCluster,
}


@dataclass(frozen=True)
class Result:
    cluster: Cluster | None
    decision: MergeDecision | None
    reason: str = ""


class BulkDecisions(PageAdmin):
    """Approve or reject what is ticked in the list of clusters."""

    actions = ("approve_selected", "reject_selected")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DECIDE_CLUSTER)

    def bulk_views(self) -> dict[str, Any]:
        return {"bulk/approve/": self.bulk_approve, "bulk/reject/": self.bulk_reject}

    @admin.action(description="Approve selected clusters …", permissions=["decide"])
    def approve_selected(
        self, request: HttpRequest, queryset: QuerySet[Cluster]
    ) -> HttpResponse | None:
        return self._confirm(request, queryset, "approve")

    @admin.action(description="Reject selected clusters …", permissions=["decide"])
    def reject_selected(
        self, request: HttpRequest, queryset: QuerySet[Cluster]
    ) -> HttpResponse | None:
        return self._confirm(request, queryset, "reject")

    def _confirm(
        self, request: HttpRequest, queryset: QuerySet[Cluster], verb: str
    ) -> HttpResponse | None:
        clusters = list(with_members(queryset)[: AT_MOST + 1])
        if len(clusters) > AT_MOST:
            messages.error(
                request,
                f"At most {AT_MOST} clusters are decided at once, so that you can look at each "
                "of them first. Select fewer.",
            )
            return None
        return self.render(
            request,
            "admin/insights/bulk_confirm.html",
            title=f"{verb.capitalize()} {len(clusters)} cluster{'s'[: len(clusters) != 1]}?",
            clusters=clusters,
            verb=verb,
            merged=sum(cluster.size - 1 for cluster in clusters),
        )

    @posting(DECIDE_CLUSTER, "decide clusters")
    def bulk_approve(self, request: HttpRequest) -> HttpResponse:
        return self._execute(request, "approve")

    @posting(DECIDE_CLUSTER, "decide clusters")
    def bulk_reject(self, request: HttpRequest) -> HttpResponse:
        return self._execute(request, "reject")

    def _execute(self, request: HttpRequest, verb: str) -> HttpResponse:
        """Each cluster on its own; one that was decided meanwhile does not hold up the others."""
        sent = [value.partition(":") for value in request.POST.getlist("cluster")[:AT_MOST]]
        asked = [(as_uuid(pk), seen) for pk, _, seen in sent]
        clusters = with_members(self.get_queryset(request)).in_bulk([pk for pk, _ in asked if pk])
        comment = request.POST.get("comment", "").strip()
        results = []
        for pk, seen in asked:
            cluster = clusters.get(pk)
            try:
                decision = self._one(verb, cluster, seen, comment, request.user)
            except ReviewError as error:
                results.append(Result(cluster, None, str(error)))
            else:
                results.append(Result(cluster, decision))
        decided = sum(result.decision is not None for result in results)
        return self.render(
            request,
            "admin/insights/bulk_result.html",
            title=f"{decided} of {len(results)} decided",
            results=results,
            verb={"approve": "Approved", "reject": "Rejected"}[verb],
        )

    def _one(
        self, verb: str, cluster: Cluster | None, seen: str, comment: str, user: Any
    ) -> MergeDecision:
        if cluster is None:
            raise ReviewError("There is no such cluster any more.")
        action = ACTIONS[verb](
            cluster_id=cluster.pk, actor=user, expected_version=version(seen), comment=comment
        )
        return action.execute()


def with_members(queryset: QuerySet[Cluster]) -> QuerySet[Cluster]:
    members = (
        ClusterMember.objects.select_related("insight")
        .defer("insight__embedding")
        .order_by("position")
    )
    return queryset.prefetch_related(Prefetch("members", members))
