from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, re_path

from dedup_project.web.health import healthz, metrics, readyz
from finetuning.api.urls import urlpatterns as finetuning_api
from insights.api.http.problems import unknown_address
from insights.api.urls import urlpatterns as insights_api


def index(request: HttpRequest) -> HttpResponse:
    return redirect("admin:index")


handler400 = "dedup_project.web.errors.bad_request"
handler500 = "dedup_project.web.errors.server_error"

second_factor = []
if settings.SECOND_FACTOR != "off":
    from dedup_project.web import second_factor as page

    second_factor = [path("admin/second-factor/", page.second_factor, name="second_factor")]

urlpatterns = [
    *second_factor,
    path("", index),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    *([path("oidc/", include("mozilla_django_oidc.urls"))] if settings.OIDC_RP_CLIENT_ID else []),
    path("api/", include(([*insights_api, *finetuning_api], "api"))),
    re_path(r"^api/(?P<rest>[\s\S]*)\Z", unknown_address),
]
