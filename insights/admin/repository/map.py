"""The page of the map of insights, and the data that its script draws."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from insights.admin.kit.base import PageAdmin, View, posting
from insights.embedding import map as maps
from insights.jobs.enqueue import enqueue
from insights.models import Insight
from insights.permissions import DECIDE_CLUSTER, StaffRequest


class MapPages(PageAdmin[Insight]):
    def map_views(self) -> dict[str, View]:
        return {"map/": self.map, "map/points/": self.map_points, "map/draw/": self.map_draw}

    def map(self, request: HttpRequest) -> HttpResponse:
        self._require_view(request)
        drawn, active = maps.drawn_map(), maps.active().count()
        return self.render(
            request,
            "admin/insights/map.html",
            title="Map of insights",
            drawn=drawn and drawn["drawn"],
            shown=min(len(drawn["at"]), active) if drawn else 0,
            active=active,
            can_draw=request.user.has_perm(DECIDE_CLUSTER),
        )

    def map_points(self, request: HttpRequest) -> HttpResponse:
        self._require_view(request)
        return JsonResponse({"points": maps.points()})

    @posting(DECIDE_CLUSTER, "draw the map")
    def map_draw(self, request: StaffRequest) -> HttpResponse:
        if enqueue("insights.tasks.draw_map"):
            messages.success(request, "The map is being drawn. Reload this page in a minute.")
        else:
            messages.error(request, "The map was not drawn: no background worker can be reached.")
        return redirect("admin:insights_insight_map")

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied("You may not view insights.")
