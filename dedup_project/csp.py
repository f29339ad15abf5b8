"""The Content-Security-Policy of every page: our own files only, nothing inline, no frames."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Two constant texts: an empty style, which ReDoc fills through the CSSOM, and its scroll bar's.
# tests/browser says when another release has others.
REDOC_STYLES = [
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
]
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' {' '.join(REDOC_STYLES)}",
        "img-src 'self' data:",  # Swagger's icons; a picture runs nothing
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Ten lines do what django-csp would, as long as no page needs another policy (Django 6.0 has
    one built in)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware
