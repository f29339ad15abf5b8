"""The admin site: its name, front page, log-in and the order of its apps."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from insights.jobs.slots import turn_of
from insights.types import JSONObject

# Daily work first, accounts last.
APP_ORDER = {"insights": 0, "finetuning": 1}
# Django's messages for a parameter or id that no column can hold; it raises them as server errors.
NO_SUCH_VALUE = re.compile(r"expected a number but got|out of range|too large to convert")
AnyView = Callable[..., Any]


class InsightDedupSite(admin.AdminSite):
    site_header = site_title = "Insight Dedup"
    empty_value_display = "–"
    index_title = "Overview"
    enable_nav_sidebar = False  # the menu on top leads everywhere
    site_url = None  # the admin is the site
    index_template = "admin/insights/dashboard/index.html"

    def index(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> TemplateResponse:
        from insights.admin.dashboard import dashboard, is_new  # needs the models

        context = {"panels": dashboard(request), "is_new": is_new(request)}
        return super().index(request, {**context, **(extra_context or {})})

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        from dedup_project.web.login import ThrottledLoginForm  # needs the models

        self.login_form = ThrottledLoginForm
        sign_in = reverse("oidc_authentication_init") if settings.OIDC_RP_CLIENT_ID else ""
        return super().login(request, {"sign_in_url": sign_in, **(extra_context or {})})

    def admin_view(self, view: AnyView, cacheable: bool = False) -> AnyView:  # type: ignore[override]
        """Add the turns of who reads, and refuse what no column can hold."""
        checked = super().admin_view(_in_turn(view), cacheable)

        @wraps(checked)
        def refusing(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            try:
                return checked(request, *args, **kwargs)
            except IncorrectLookupParameters as error:
                raise BadRequest("A parameter in the address has an invalid value.") from error
            except (ValueError, OverflowError) as error:
                if NO_SUCH_VALUE.search(str(error)):
                    raise BadRequest(str(error)) from error
                raise

        return refusing

    def get_urls(self) -> list[Any]:
        from insights.admin.review.urls import review_urls  # needs the models
        from insights.admin.settings.urls import settings_urls

        # "View on site" leads nowhere: no object here has a page outside of the admin.
        urls = [one for one in super().get_urls() if getattr(one, "name", "") != "view_on_site"]
        return [*review_urls(self), *settings_urls(self), *urls]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[JSONObject]:
        apps: list[dict[str, Any]] = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda entry: self._order(entry["model"]))
        return sorted(apps, key=lambda app: APP_ORDER.get(app["app_label"], len(APP_ORDER)))

    def _order(self, model: Any) -> int:
        return int(getattr(self._registry[model], "index_order", 0))


def _in_turn(view: AnyView) -> AnyView:
    """Let the pages that one account reads pass one after the other, as its reads of the API do."""

    @wraps(view)
    def waiting(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        with turn_of(f"user:{request.user.pk}"):
            response: HttpResponseBase = view(request, *args, **kwargs)
            return response.render() if isinstance(response, TemplateResponse) else response

    return waiting


class InsightDedupAdminConfig(AdminConfig):
    default_site = "dedup_project.web.admin_site.InsightDedupSite"
