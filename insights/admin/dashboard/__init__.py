"""The admin's front page for a reviewer. What other apps add to it, they append to `panels`."""

from collections.abc import Callable

from django.http import HttpRequest

from insights.admin.dashboard.review import review_panels
from insights.admin.dashboard.spending import spending_panels
from insights.admin.kit.charts import Panel
from insights.models import Insight, Source

# Each gives the panels that this person may see. This app does not know who appends.
panels: list[Callable[[HttpRequest], list[Panel]]] = [review_panels, spending_panels]


def dashboard(request: HttpRequest) -> list[Panel]:
    return [panel for panels_of in panels for panel in panels_of(request)]


def is_new(request: HttpRequest) -> bool:
    """Nothing was ever added, so there is nothing to show but how to begin."""
    may_see = request.user.has_perm("insights.view_source")
    return may_see and not Source.objects.exists() and not Insight.objects.exists()
