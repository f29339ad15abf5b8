"""Cursor pages: no count, no offset, stable while rows come in."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from insights.api.http.problems import Problem
from insights.types import JSONObject

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


class CursorPages(CursorPagination):
    page_size = PAGE_SIZE
    max_page_size = MAX_PAGE_SIZE
    page_size_query_param = "page_size"

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        ordering: tuple[str, ...] = view.page_ordering
        if view.params.get("order") != "oldest":
            return ordering
        return tuple(name[1:] if name[0] == "-" else f"-{name}" for name in ordering)

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError):  # a position that is not a date or number
            raise self._refused() from None

    def decode_cursor(self, request: Request) -> Any:
        try:
            return super().decode_cursor(request)
        except Exception:
            raise self._refused() from None

    def _refused(self) -> Problem:
        return Problem(
            "This cursor is invalid. Use the address in `next` or `previous` unchanged, or leave "
            "the cursor out to start again.",
            status=404,
            code="invalid_cursor",
            field="cursor",
        )

    def get_paginated_response_schema(self, schema: JSONObject) -> JSONObject:
        link = {"type": "string", "format": "uri", "nullable": True}
        properties = {"next": link, "previous": link, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: object) -> list[JSONObject]:
        return []  # insights.api.http.base.ListQuery describes and checks them
