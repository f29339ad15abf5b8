"""Settings: people, webhooks, schedules, health and tokens; the system tables folded below."""

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from insights.permissions import ERASE_PERSON, VIEW_INSIGHT

# Name, what it is for, page, and the permission to see it.
PLACES = [
    ("People", "Members and their roles", "admin:people", "auth.view_user"),
    ("Notices", "What you receive by e-mail", "admin:notices", VIEW_INSIGHT),
    ("Webhooks", "Addresses that receive events", "admin:webhooks", "insights.view_webhook"),
    (
        "Schedules",
        "When regular work runs",
        "admin:schedules",
        "django_celery_beat.view_periodictask",
    ),
    ("Health", "Whether every part is working", "admin:health", "insights.view_heartbeat"),
    (
        "API tokens",
        "Access for scripts",
        "admin:insights_apitoken_changelist",
        "insights.view_apitoken",
    ),
    (
        "Spending",
        "Calls to model providers and their cost",
        "admin:insights_apicall_changelist",
        "insights.view_apicall",
    ),
    ("Erase a person", "Delete what somebody said, for good", "admin:erase_person", ERASE_PERSON),
]


def render(
    request: HttpRequest, template: str, *, title: str, status: int = 200, **context: object
) -> HttpResponse:
    """Return a page of the settings, in the admin's frame."""
    return TemplateResponse(
        request,
        f"admin/insights/settings/{template}",
        {**admin.site.each_context(request), "title": title, **context},
        status=status,
    )


def settings_page(request: HttpRequest) -> HttpResponse:
    """List the places that this user may open, and all tables for administrators."""
    places = [
        (name, text, reverse(view))
        for name, text, view, permission in PLACES
        if request.user.has_perm(permission)
    ]
    if settings.SECOND_FACTOR != "off":
        address = reverse("second_factor")
        places.append(("Second factor", "A code from your phone at each log-in", address))
    app_list = admin.site.get_app_list(request)
    return render(request, "index.html", title="Settings", places=places, app_list=app_list)
