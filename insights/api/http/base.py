"""Shared by all views of the API: access, strict query parameters, versions, tasks."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from insights.api.http.access import Access, caller_of
from insights.api.http.fields import Choice, require_json_types
from insights.api.http.links import Link
from insights.api.http.pagination import MAX_PAGE_SIZE, PAGE_SIZE, CursorPages
from insights.api.http.parsing import require_plain_body
from insights.api.http.problems import Problem
from insights.jobs.slots import turn_of
from insights.types import JSONMapping, JSONObject

# Of a cluster: its version, then when its members changed.
ETAG_PATTERN = r'^(W/)?"([0-9]{1,9})(\.[0-9.]{1,20})?"$'

AnyModel = TypeVar("AnyModel", bound=Model)


class Query(serializers.Serializer[Any]):
    """The query parameters that a view knows. Others are refused, so that typos are noticed."""


class NoBody(serializers.Serializer[Any]):
    """The empty body of a POST that needs no more than its address."""


class ListQuery(Query):
    cursor = serializers.RegexField(
        r"^[A-Za-z0-9+/=_-]+$",
        required=False,
        max_length=500,
        help_text="From `next` or `previous` of the page before.",
    )
    page_size = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE
    )


class TimedListQuery(ListQuery):
    """Parameters of a list ordered by time."""

    since = serializers.DateTimeField(required=False, help_text="From this moment on.")
    before = serializers.DateTimeField(required=False, help_text="Before this moment.")
    order = Choice(
        choices=("newest", "oldest"), default="newest", help_text="The order of the rows."
    )


class InTurn(APIView):
    """Let the reads of one caller pass one after the other; `in_turn` names the methods."""

    in_turn: ClassVar[Sequence[str]] = ("GET", "HEAD")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        with ExitStack() as self.turn:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in self.in_turn:
            self.turn.enter_context(turn_of(caller_of(request)))


class ApiView(InTurn, GenericAPIView):
    """Base of all views.

    `access` maps a method to its scope and permission; a method that is missing is a 405. `links`
    tells the schema what may follow.
    """

    http_method_names = ["get", "head", "post", "patch"]
    access: ClassVar[Mapping[str, Access]]
    links: ClassVar[Sequence[Link]] = ()
    query_serializer: ClassVar[type[Query]] = Query
    pagination_class = None
    takes_sources: ClassVar[bool] = False  # JSON as long as a file may be
    lookup_url_kwarg = "id"

    @classmethod
    def query_of(cls, method: str | None) -> type[Query]:
        """Return the serializer of the query: only reading has parameters."""
        return cls.query_serializer if method in ("GET", "HEAD") else Query

    def query(self, request: Request) -> JSONObject:
        if not request.query_params and self.query_of(request.method) is Query:
            return {}
        known = self.query_of(request.method)(data=request.query_params.dict())
        unknown = sorted(set(request.query_params) - set(known.fields))
        if unknown:
            there_are = ", ".join(known.fields) or "none"
            message = f"Unknown parameter. Known here: {there_are}."
            raise ValidationError({unknown[0]: [message]}, "unknown_parameter")
        _refuse_repeated(request.query_params, "repeated_parameter")
        known.is_valid(raise_exception=True)
        return known.validated_data

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        require_plain_body(request)
        self.params = self.query(request)

    def body(self, serializer: type[serializers.Serializer[Any]]) -> JSONObject:
        """Return the checked body; unknown members are refused as unknown parameters are."""
        data = self.request.data
        if not isinstance(data, Mapping):
            raise ValidationError("Send a JSON object.", "not_an_object")
        known = serializer(data=data)
        if unknown := sorted(set(data) - set(known.fields)):
            there_are = ", ".join(known.fields) or "none"
            raise ValidationError(
                {unknown[0]: [f"Unknown member. Known here: {there_are}."]},
                "unknown_member",
            )
        if isinstance(data, QueryDict):  # which a form gives: all text
            _refuse_repeated(data, "repeated_member")
        else:
            require_json_types(known, data)
        known.is_valid(raise_exception=True)
        return known.validated_data

    def find(self, queryset: QuerySet[AnyModel], pk: UUID, noun: str) -> AnyModel:
        found = queryset.filter(pk=pk).first()
        if found is None:
            raise missing(noun, pk)
        return found

    def conditional(self, etag: str, build: Callable[[], object]) -> Response:
        """Answer 304, without building the body, if the caller already has this version."""
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        given = self.request.headers.get("If-None-Match", "")
        if strip_weak(etag) in [strip_weak(one.strip()) for one in given.split(",")]:
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(build(), headers=headers)

    @property
    def account(self) -> User:
        """Return the account behind the token or session, which HasAccess has required."""
        return cast(User, self.request.user)

    def expected_version(self, data: JSONMapping) -> int | None:
        """Return the version from `If-Match` (the displayed cluster's ETag), else from the body."""
        given = self.request.headers.get("If-Match")
        if given is None:
            return data.get("expected_version")
        found = re.fullmatch(ETAG_PATTERN, given.strip())
        if found is None:
            raise Problem(
                "If-Match must be the ETag of the cluster, as it was sent.", field="If-Match"
            )
        return int(found[2])


class ListView(ListModelMixin, ApiView):
    """A list in pages. `page_ordering` follows the index; its first column is the cursor.

    `filters` maps a parameter to the filter that takes it as it is.
    """

    pagination_class = CursorPages  # type: ignore[assignment]
    query_serializer: ClassVar[type[Query]] = ListQuery
    page_ordering: ClassVar[tuple[str, ...]] = ("-created_at", "id")
    filters: ClassVar[Mapping[str, str]] = {}

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        moment = self.page_ordering[0].lstrip("-")
        names = {"since": f"{moment}__gte", "before": f"{moment}__lt", **self.filters}
        given = {names[name]: self.params[name] for name in names if name in self.params}
        return super().filter_queryset(queryset.filter(**given))

    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        return self.list(request, *args, **kwargs)


def _refuse_repeated(data: QueryDict, code: str) -> None:
    if repeated := [name for name in data if len(data.getlist(name)) > 1]:
        raise ValidationError({repeated[0]: ["Give it once."]}, code)


def missing(noun: str, pk: UUID) -> NotFound:
    return NotFound(
        f"There is no {noun} {pk}. GET /api/v1/{noun.replace(' ', '-')}s lists what there is."
    )


def etag_of(*parts: object) -> str:
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:20]}"'


def strip_weak(etag: str) -> str:
    return etag.removeprefix("W/")
