"""Errors outside of the API's views: a problem for programs, a page for people."""

import sys

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views import defaults

from insights.api.http.problems import MEDIA_TYPE, RETRY_AFTER, problem
from insights.jobs.locks import is_connection_lost


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        host = request.META.get("HTTP_HOST", "")
        return _problem(
            400,
            "wrong_host",
            f"This server does not answer to the name “{host}”. Add it to ALLOWED_HOSTS, or use a "
            "name that is listed there.",
        )
    if request.path.startswith("/api/"):
        return _problem(400, "malformed", "The request is malformed; the log says more.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    away = error is not None and is_connection_lost(error)
    if request.path.startswith("/api/"):
        response: HttpResponse = _problem(
            503 if away else 500,
            "database_away" if away else "internal_error",
            "The database cannot be reached right now. Send the request again in a few seconds."
            if away
            else "Something went wrong here, not with your request.",
        )
    else:
        # Without the request, because its user is in the database.
        page = loader.get_template("503.html" if away else "500.html").render()
        response = HttpResponse(page, status=503 if away else 500)
    if away:
        response["Retry-After"] = str(RETRY_AFTER)
    return response


def _problem(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse(problem(status, code, detail), status=status, content_type=MEDIA_TYPE)
