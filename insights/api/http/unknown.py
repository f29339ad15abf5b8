"""What is at no address of the API: a problem in JSON, not a page in HTML."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from insights.api.http.problems import MEDIA_TYPE, problem


@csrf_exempt
def unknown_address(request: HttpRequest, rest: str) -> HttpResponse:
    if "//" in request.path:
        hint = " An id is missing between the two slashes."
    elif rest.endswith("/"):
        hint = " No address ends in a slash."
    else:
        hint = " Ids are UUIDs." if rest.count("/") > 1 else ""
    body = problem(
        404,
        "not_found",
        f"There is nothing at {request.path}.{hint} /api/docs lists what there is.",
    )
    return JsonResponse(body, status=404, content_type=MEDIA_TYPE)
