"""The schema and its pages from local files, for signed-in users and tokens."""

import threading
from collections.abc import Sequence
from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access
from insights.api.http.base import InTurn
from insights.models import Scope

ICONS = ("data:",)  # a picture runs nothing
# Two constant texts: an empty style, which ReDoc fills through the CSSOM, and its scroll bar's.
# tests/browser says when another release has others.
REDOC_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
)
_rendering = threading.Lock()  # the generator is not made for threads, and takes a second
_SIGNED_IN = {"GET": Access(Scope.READ)}


class SchemaView(InTurn, SpectacularAPIView):
    """The schema, rendered once per process, because it is the same for everybody."""

    access = _SIGNED_IN
    renderer_classes = [OpenApiJsonRenderer]
    _rendered: ClassVar[bytes] = b""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        with _rendering:
            if not self._rendered:
                schema = super().get(request, *args, **kwargs).data
                SchemaView._rendered = OpenApiJsonRenderer().render(schema, renderer_context={})
        return HttpResponse(self._rendered, content_type=OpenApiJsonRenderer.media_type)


class _Page(InTurn):
    """A page about the API. `csp_also`: what its library needs beyond our security policy."""

    access = _SIGNED_IN
    csp_also: ClassVar[dict[str, Sequence[str]]] = {"img-src": ICONS}

    def finalize_response(
        self, request: Request, response: Response, *args: object, **kwargs: object
    ) -> Response:
        response.csp_also = self.csp_also  # type: ignore[attr-defined]
        return super().finalize_response(request, response, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer with a JSON problem here too, although pages are HTML."""
        self.request.accepted_renderer = JSONRenderer()
        return super().handle_exception(exc)


class SwaggerView(_Page, SpectacularSwaggerSplitView):
    template_name = "api/swagger.html"  # the library's own has an inline style


class RedocView(_Page, SpectacularRedocView):
    template_name = "api/redoc.html"  # the library's own asks Google for fonts
    csp_also: ClassVar = {"img-src": ICONS, "style-src": REDOC_STYLES}
