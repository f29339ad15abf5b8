"""Errors as RFC 9457 problem details: a code for scripts, and a detail that says how to fix it."""

import logging
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from insights.ingest.readers import ReadError
from insights.jobs.locks import is_connection_lost
from insights.jobs.slots import RETRY_AFTER as BUSY_FOR
from insights.jobs.slots import Busy
from insights.request_id import current_request_id
from insights.review.errors import ReviewError
from insights.types import JSONObject

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
REVIEW_STATUS = {"invalid": 422, "stale": 409, "forbidden": 403}
MAX_ERRORS = 100
RETRY_AFTER = 5  # seconds


class Problem(exceptions.APIException):
    """A refusal as a problem document; `members` are added to the standard ones."""

    status: ClassVar[int] = 400
    default_code = "invalid"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(detail, code or self.default_code)
        self.code = code or self.default_code
        self.status_code = status or self.status
        self.headers = headers or {}
        self.members = members


class Conflict(Problem):
    status = 409
    default_code = "conflict"


class Unprocessable(Problem):
    status = 422
    default_code = "unprocessable"


class TooLarge(Problem):
    status = 413
    default_code = "too_large"


class FieldErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Which one; dots lead into lists and objects.")
    code = serializers.CharField()
    detail = serializers.CharField()


class RowErrorSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="Of the uploaded file, from 1.")
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457. Act on `status` and `code`, show `detail` to people."""

    type = serializers.CharField(help_text='Always "about:blank": the code tells them apart.')
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable, for scripts.")
    detail = serializers.CharField(help_text="What is wrong and how to fix it.")
    field = serializers.CharField(required=False, help_text="The only or the first wrong field.")
    errors = FieldErrorSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="Each wrong field."
    )
    row_errors = RowErrorSerializer(many=True, required=False, help_text="Of an uploaded file.")
    row_error_count = serializers.IntegerField(required=False)
    task = serializers.CharField(required=False, help_text="The conflicting task.")
    error = serializers.CharField(
        required=False, help_text="The guide's message, at the guide's addresses."
    )
    success = serializers.BooleanField(required=False, help_text="False, at the guide's addresses.")
    request_id = serializers.CharField(help_text="Quote it when you ask about this request.")


def problem(status: int, code: str, detail: str, **members: object) -> JSONObject:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **members,
        "request_id": current_request_id(),
    }


def exception_handler(error: Exception, context: JSONObject) -> Response:
    """Turn every error of an API view into a problem; DRF's hook."""
    known = _known(error, context["view"].parser_classes)
    if isinstance(known, Problem):
        headers = dict(known.headers)
        body = problem(known.status_code, known.code, str(known.detail), **known.members)
    elif isinstance(known, exceptions.ValidationError):
        headers = {}
        body = _validation_problem(known)
    elif isinstance(known, exceptions.APIException):
        headers = _headers(known)
        code = known.get_codes()
        body = problem(
            known.status_code,
            code if isinstance(code, str) else known.default_code,
            str(known.detail),
        )
    else:
        headers = {}
        request = context["request"]
        logger.error("%s %s failed.", request.method, request.path, exc_info=error)
        got_request_exception.send(sender=type(context["view"]), request=request)
        body = problem(
            500,
            "internal_error",
            "Something went wrong here, not with your request. Try again; if it persists, give the "
            "request_id to the operator of this server.",
        )
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def _known(error: Exception, parsers: Iterable[Any]) -> Exception:
    """Turn the services' own errors into the API's; `parsers` are those of the view."""
    if isinstance(error, ReviewError):
        return Problem(str(error), code=error.code, status=REVIEW_STATUS[error.code])
    if isinstance(error, ReadError):
        return Unprocessable(
            str(error)
            .replace("--keep-good-rows", "keep_good_rows")
            .replace("--encoding", "encoding"),
            code="unreadable",
            row_errors=[
                {"line": row.line, "message": row.message} for row in error.row_errors[:MAX_ERRORS]
            ],
            row_error_count=error.row_error_count,
        )
    if isinstance(error, Http404):
        return exceptions.NotFound(str(error) or "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied(str(error) or None)
    if isinstance(error, exceptions.UnsupportedMediaType):
        files = any(parser.media_type.startswith("multipart/") for parser in parsers)
        way_out = "a file as multipart/form-data" if files else "JSON as application/json"
        return exceptions.UnsupportedMediaType("", f"{error.detail} Send {way_out}.")
    if isinstance(error, exceptions.Throttled):
        error.detail = exceptions.ErrorDetail(
            "Too many requests with this token and scope in a minute. Wait for the seconds in "
            "Retry-After.",
            "throttled",
        )
        return error
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(error.messages)
    if isinstance(error, Busy):
        return Problem(str(error), code="busy", status=503, headers={"Retry-After": str(BUSY_FOR)})
    if is_connection_lost(error):
        return Problem(
            "The database cannot be reached right now. Send the request again in a few seconds.",
            code="database_away",
            status=503,
            headers={"Retry-After": str(RETRY_AFTER)},
        )
    if isinstance(error, RequestDataTooBig | TooManyFilesSent):
        return TooLarge(f"{error} Send less at once.")
    return error


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if scheme := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = scheme
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    return headers


def _validation_problem(error: exceptions.ValidationError) -> JSONObject:
    errors = list(_flat(error.get_full_details()))[:MAX_ERRORS]
    named = [one for one in errors if one["field"]]
    detail = " ".join(
        f"{one['field']}: {one['detail']}" if one["field"] else one["detail"] for one in errors[:5]
    )
    members: dict[str, Any] = {"field": named[0]["field"], "errors": named} if named else {}
    return problem(error.status_code, errors[0]["code"], detail, **members)


def _flat(details: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested error details, one entry per message."""
    if isinstance(details, list):
        for number, item in enumerate(details):
            leaf = isinstance(item, dict) and set(item) == {"message", "code"}
            yield from _flat(item, path if leaf else f"{path}.{number}".lstrip("."))
    elif set(details) == {"message", "code"} and isinstance(details["code"], str):
        yield {"field": path, "code": details["code"], "detail": str(details["message"])}
    else:
        for name, item in details.items():
            inner = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            yield from _flat(item, inner)


@csrf_exempt
def unknown_address(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer an unknown API address in JSON, not with an HTML page."""
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
