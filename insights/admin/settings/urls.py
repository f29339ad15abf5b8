"""The addresses under /admin/settings/, and the address of invitations."""

from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.urls import path, reverse_lazy
from django.urls.resolvers import URLPattern

from insights.admin.review.base import View
from insights.admin.settings.erasure import erase_person
from insights.admin.settings.health import health
from insights.admin.settings.notices import notices
from insights.admin.settings.page import settings_page
from insights.admin.settings.people import change_person, invite_again, people
from insights.admin.settings.schedules import change_schedule, run_now, schedules
from insights.admin.settings.webhooks import change_webhook, test_webhook, webhooks

ROUTES: list[tuple[str, View, str]] = [
    ("", settings_page, "settings"),
    ("notices/", notices, "notices"),
    ("people/", people, "people"),
    ("people/<int:pk>/", change_person, "people_change"),
    ("people/<int:pk>/invite/", invite_again, "people_invite"),
    ("webhooks/", webhooks, "webhooks"),
    ("webhooks/<uuid:pk>/", change_webhook, "webhooks_change"),
    ("webhooks/<uuid:pk>/test/", test_webhook, "webhooks_test"),
    ("schedules/", schedules, "schedules"),
    ("schedules/<int:pk>/", change_schedule, "schedules_change"),
    ("schedules/<int:pk>/run/", run_now, "schedules_run"),
    ("health/", health, "health"),
    ("erase-person/", erase_person, "erase_person"),
]


class Invitation(PasswordResetConfirmView):
    """Sets the first password, for whoever has the link, and logs in."""

    title = "Choose your password"
    success_url = reverse_lazy("admin:index")
    post_reset_login = True
    template_name = "admin/insights/settings/invitation.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context = super().get_context_data(**kwargs)
        return context if context["validlink"] else {**context, "title": "Invitation expired"}

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None


def settings_urls(site: AdminSite) -> list[URLPattern]:
    pages = [
        path(f"settings/{route}", site.admin_view(view), name=name) for route, view, name in ROUTES
    ]
    invitation = path("invitation/<uidb64>/<token>/", Invitation.as_view(), name="invitation")
    return [*pages, invitation]
