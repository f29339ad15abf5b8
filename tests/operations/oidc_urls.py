"""The site's addresses with single sign-on, which settings turn on when the process starts."""

from django.urls import include, path

from dedup_project.urls import handler400, handler500
from dedup_project.urls import urlpatterns as own

urlpatterns = [path("oidc/", include("mozilla_django_oidc.urls")), *own]

__all__ = ["handler400", "handler500", "urlpatterns"]
