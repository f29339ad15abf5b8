"""Settings: people, webhooks, schedules, health and tokens; the system tables folded below."""

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse

# Name, what it is for, app and model.
PLACES = [
    ("People", "Accounts and their roles", "auth", "user"),
    ("Webhooks", "Addresses that are told about events", "insights", "webhook"),
    ("Schedules", "When regular work runs", "django_celery_beat", "periodictask"),
    ("Health", "When each background queue last worked", "insights", "heartbeat"),
    ("API tokens", "Access for scripts", "insights", "apitoken"),
    ("Spending", "Calls to model providers and their cost", "insights", "apicall"),
]


def settings_page(request: HttpRequest) -> HttpResponse:
    """List the places that this user may open, and all tables for administrators."""
    places = []
    for name, text, label, model_name in PLACES:
        model_admin = admin.site._registry.get(apps.get_model(label, model_name))
        if model_admin is None or not model_admin.has_view_permission(request):
            continue
        try:
            places.append((name, text, reverse(f"admin:{label}_{model_name}_changelist")))
        except NoReverseMatch:  # not in this installation
            continue
    return TemplateResponse(
        request,
        "admin/insights/settings.html",
        {
            **admin.site.each_context(request),
            "title": "Settings",
            "places": places,
            "app_list": admin.site.get_app_list(request),
        },
    )
