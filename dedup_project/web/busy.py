"""The page for a request that found no slot for heavy work; the API answers with a problem."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights.jobs.slots import RETRY_AFTER, Busy


class BusyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Busy):
            return None
        response = render(request, "busy.html", {"message": str(error)}, status=503)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
