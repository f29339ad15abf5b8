"""Security headers of every page, and the refusal of addresses that PostgreSQL cannot store.

A view whose page needs more sources sets `response.csp_also = {"img-src": ["data:"]}`.
"""

from collections.abc import Callable, Mapping, Sequence

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse

# Our own files only, nothing inline, no frames.
POLICY: dict[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'",),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'none'",),
    "frame-ancestors": ("'none'",),
}
FEATURES = ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in FEATURES)


def security_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Add the headers, as middleware. django-csp would do no more; Django 6.0 has it built in."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Content-Security-Policy"] = _policy(getattr(response, "csp_also", {}))
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return middleware


def refuse_nul(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 400 to a NUL in a page's address, which PostgreSQL cannot store; a middleware.

    The API's own serializers refuse it with a problem that names the parameter.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/") and (
            "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
        ):
            raise SuspiciousOperation("The address contains a NUL character.")
        return get_response(request)

    return middleware


def _policy(also: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(
        " ".join((directive, *sources, *also.get(directive, ())))
        for directive, sources in POLICY.items()
    )
