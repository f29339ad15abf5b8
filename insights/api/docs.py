"""The schema and its pages, all from local files, for whoever is signed in or has a token."""

from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)

from insights.api.access import Access
from insights.models import Scope

_SIGNED_IN = {"GET": Access(Scope.READ)}


class SchemaView(SpectacularAPIView):
    access = _SIGNED_IN


class SwaggerView(SpectacularSwaggerSplitView):
    access = _SIGNED_IN


class RedocView(SpectacularRedocView):
    access = _SIGNED_IN
