"""The frame of every admin page: menu, progress strip, and the bar while merging is stopped."""

from typing import NamedTuple

from django import template
from django.http import HttpRequest
from django.urls import reverse

from insights.admin.kit.strip import Step, steps_for
from insights.admin.settings.page import PLACES
from insights.audit.stop import stop_in_force
from insights.models import AutoMergeStop
from insights.permissions import (
    ADD_SOURCE,
    DECIDE_CLUSTER,
    VIEW_CLUSTER,
    VIEW_DECISION,
    VIEW_INSIGHT,
    VIEW_SOURCE,
)

register = template.Library()


class Entry(NamedTuple):
    """A place that the menu or the palette leads to."""

    name: str
    url: str
    is_here: bool = False


# Name, address, permission; a page belongs to the entry whose address its own begins with.
MENU = [
    ("Review", "admin:review", VIEW_CLUSTER),
    ("Insights", "admin:insights_insight_changelist", VIEW_INSIGHT),
    ("Sources", "admin:insights_source_changelist", VIEW_SOURCE),
    (
        "Models",
        "admin:finetuning_deduplicationmodel_changelist",
        "finetuning.view_deduplicationmodel",
    ),
    ("Audit", "admin:insights_audititem_changelist", "insights.view_audititem"),
    ("Settings", "admin:settings", VIEW_CLUSTER),
]
# The lists of these tables belong to an entry, too.
TABLES = {
    "Review": ["insights_cluster", "insights_mergedecision"],
    "Sources": ["insights_processingrun", "insights_clusteringrun"],
    "Models": ["finetuning_retrainingrun", "finetuning_modelprediction"],
    "Audit": ["insights_automergestop", "insights_recallpair"],
    "Settings": ["insights_apitoken", "insights_apicall"],
}  # fmt: skip
MORE = [
    ("Overview", "admin:index", VIEW_CLUSTER),
    ("What the model merged", "admin:review_merged", VIEW_DECISION),
    ("Contradictions", "admin:review_contradictions", VIEW_CLUSTER),
    ("Bulk-approve likely duplicates", "admin:review_batch", DECIDE_CLUSTER),
    ("All clusters", "admin:insights_cluster_changelist", VIEW_CLUSTER),
    ("Decisions", "admin:insights_mergedecision_changelist", VIEW_DECISION),
    ("Add sources", "admin:insights_source_add", ADD_SOURCE),
    ("Clustering runs", "admin:insights_clusteringrun_changelist", "insights.view_clusteringrun"),
    (
        "Thresholds",
        "admin:finetuning_deduplicationmodel_thresholds",
        "finetuning.view_deduplicationmodel",
    ),
    (
        "Evaluation",
        "admin:finetuning_deduplicationmodel_evaluation",
        "finetuning.view_deduplicationmodel",
    ),
    *((name, view, permission) for name, _, view, permission in PLACES),
    ("Keys", "admin:review_keys", VIEW_CLUSTER),
]


def _request(context: template.Context) -> HttpRequest | None:
    """Return the request of a logged-in user; None on pages without one, such as error pages."""
    request = context.get("request")
    user = getattr(request, "user", None)
    return request if user is not None and user.is_authenticated else None


def _entries(request: HttpRequest, places: list[tuple[str, str, str]]) -> list[Entry]:
    found = []
    for name, view, permission in places:
        if request.user.has_perm(permission):
            url = reverse(view)
            own = [reverse(f"admin:{table}_changelist") for table in TABLES.get(name, [])]
            found.append(Entry(name, url, request.path.startswith((url, *own))))
    return found


@register.simple_tag(takes_context=True)
def automatic_merging_stop(context: template.Context) -> AutoMergeStop | None:
    """Return the stop in force, for users who may see clusters."""
    request = _request(context)
    if request is None or not request.user.has_perm(VIEW_CLUSTER):
        return None
    return stop_in_force()


@register.simple_tag(takes_context=True)
def menu(context: template.Context) -> list[Entry]:
    request = _request(context)
    return _entries(request, MENU) if request else []


@register.simple_tag(takes_context=True)
def palette(context: template.Context) -> list[Entry]:
    """Return all places that Ctrl+K offers."""
    request = _request(context)
    return _entries(request, MENU + MORE) if request else []


@register.simple_tag(takes_context=True)
def progress_strip(context: template.Context) -> list[Step]:
    request = _request(context)
    return steps_for(request) if request else []
