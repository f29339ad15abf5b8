"""The schema and its pages, all from local files, for whoever is signed in or has a token."""

from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from insights.api.access import Access
from insights.models import Scope

_SIGNED_IN = {"GET": Access(Scope.READ)}


class SchemaView(SpectacularAPIView):
    access = _SIGNED_IN
    renderer_classes = [OpenApiJsonRenderer]


class _Page:
    access = _SIGNED_IN

    def handle_exception(self, exc: Exception) -> Response:
        """A problem in JSON also here, where pages are HTML."""
        response: Response = super().handle_exception(exc)  # type: ignore[misc]
        self.request.accepted_renderer = JSONRenderer()  # type: ignore[attr-defined]
        return response


class SwaggerView(_Page, SpectacularSwaggerSplitView):
    template_name = "api/swagger.html"  # the library's own has an inline style


class RedocView(_Page, SpectacularRedocView):
    template_name = "api/redoc.html"  # the library's own asks Google for fonts
