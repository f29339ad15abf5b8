"""The admin's front page for a reviewer. Other apps add panels by the registry."""

from django.http import HttpRequest

from insights.admin.dashboard.review import review_panels
from insights.admin.dashboard.spending import spending_panels
from insights.admin.kit.charts import Panel
from insights.models import Insight, Source
from insights.permissions import VIEW_SOURCE
from insights.registry import dashboard_panels

dashboard_panels.append(review_panels)
dashboard_panels.append(spending_panels)


def dashboard(request: HttpRequest) -> list[Panel]:
    return [panel for panels_of in dashboard_panels for panel in panels_of(request)]


def is_new(request: HttpRequest) -> bool:
    """Return True if nothing was ever added: the page then shows how to begin."""
    may_see = request.user.has_perm(VIEW_SOURCE)
    return may_see and not Source.objects.exists() and not Insight.objects.exists()
