"""Shared by all admin pages: read-only rows, and no count over a large table."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils.functional import cached_property
from django.utils.text import capfirst, smart_split, unescape_string_literal

from insights.models import Insight

COUNT_AT_MOST = 10_000
SEARCHED_AT_MOST = 1000  # counting a broad search takes longer than showing it
UNSEARCHED = {"o", "p", "status"}  # what a list's address may hold without a search or a filter

Names = tuple[str, ...]
Record = TypeVar("Record", bound=Model)


class BoundedCountPaginator(Paginator):
    """Counts to `at_most` and no further.

    Without a filter the number comes from PostgreSQL's statistics, which costs nothing and is right
    to a few percent; with one, counting stops at the bound. Nobody turns to page 101.
    """

    at_most = COUNT_AT_MOST

    @cached_property
    def count(self) -> int:
        queryset = self.object_list
        if not isinstance(queryset, QuerySet):
            return len(queryset)
        if not queryset.query.where:
            estimate = _estimated_rows(queryset.model._meta.db_table)
            if estimate > self.at_most:
                return estimate
        return int(queryset.order_by().values("pk")[: self.at_most].count())

    @property
    def is_bounded(self) -> bool:
        """Return whether there may be more."""
        return self.count == self.at_most


def _estimated_rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])


def words_of(search_term: str) -> Iterator[str]:
    """Yield the words; a phrase in quotation marks counts as one."""
    for word in smart_split(search_term):
        is_quoted = word[0] in "\"'" and word[0] == word[-1] and len(word) > 1
        yield unescape_string_literal(word) if is_quoted else word


class RecordAdmin(admin.ModelAdmin, Generic[Record]):
    """Rows that the system writes: read-only, with search and filters.

    What a person may change goes through an action with a receipt, not through a form.

    `related` is joined in lists and pages alike; `deferred` names the heavy columns of the joined
    rows, which their own managers would leave out. Only indexed columns belong in `sortable_by`.
    """

    paginator = BoundedCountPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions: Names | None = None
    sortable_by: ClassVar[Names] = ()
    index_order = 100  # on the site's front page
    nothing_yet = ""  # what an empty list says: where its rows come from
    related: ClassVar[Names] = ()
    deferred: ClassVar[Names] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Record]:
        queryset = super().get_queryset(request).defer(*self.deferred)
        return queryset.select_related(*self.related) if self.related else queryset

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[Record],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> BoundedCountPaginator:
        found = BoundedCountPaginator(queryset, per_page, orphans, allow_empty_first_page)
        if not UNSEARCHED.issuperset(request.GET):
            found.at_most = SEARCHED_AT_MOST
        return found

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        context = {"title": title, "nothing_yet": self.nothing_yet, **self.list_context(request)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        """Return what the list's template shows beside the rows."""
        return {}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Record], search_term: str
    ) -> tuple[QuerySet[Record], bool]:
        """Search statements of other tables by the trigram index first, then join."""
        fields = self.get_search_fields(request)
        paths = [field.removesuffix("__statement") for field in fields if "__" in field]
        if not paths or not search_term.strip():
            return super().get_search_results(request, queryset, search_term)
        found = Insight.objects.order_by().values("pk")
        for word in words_of(search_term):
            found = found.filter(statement__icontains=word)
        condition = Q()
        for name in paths:
            # By a subquery: joined, a row would be found once for each of its members.
            holding = self.model._base_manager.order_by().filter(**{f"{name}__in": found})
            many = name.endswith("s__insight")
            condition |= Q(pk__in=holding.values("pk")) if many else Q(**{f"{name}__in": found})
        return queryset.filter(condition), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return False


View = Callable[..., HttpResponseBase]


def refuse_nul(request: HttpRequest) -> None:
    """Refuse NUL, which PostgreSQL cannot store and no browser sends. Raises BadRequest."""
    if any("\0" in text for name in request.POST for text in request.POST.getlist(name)):
        raise BadRequest("The form holds a NUL character, which cannot be stored.")


def posting(permission: str, doing: str) -> Callable[[View], View]:
    """Decorate a view that changes something: POST only, and only with the permission."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(
            self: "PageAdmin[Any]", request: HttpRequest, *args: object, **kwargs: object
        ) -> HttpResponseBase:
            if request.method != "POST":
                return self.render(
                    request,
                    "admin/insights/refused.html",
                    title="Nothing was changed",
                    reason="This address only works with the button of its page. Go to that page "
                    "and press the button there.",
                    status=405,
                    headers={"Allow": "POST"},
                )
            if not request.user.has_perm(permission):
                raise PermissionDenied(
                    f"You may not {doing}: that needs the permission “{permission}”. "
                    "Ask an administrator for it."
                )
            refuse_nul(request)
            return view(self, request, *args, **kwargs)

        return checked

    return decorate


class PageAdmin(RecordAdmin[Record]):
    """Records shown on a page of their own instead of a form."""

    page_template: str

    def page(self, request: HttpRequest, record: Record) -> dict[str, object]:
        """Return the page's context for one record; the template also has it as `original`."""
        raise NotImplementedError

    def views(self) -> dict[str, View]:
        """Return this model's own views, by route."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                route,
                self.admin_site.admin_view(view),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{view.__name__}",
            )
            for route, view in self.views().items()
        ]
        return own + super().get_urls()

    def find(self, request: HttpRequest, pk: UUID) -> Record:
        record = self.get_object(request, str(pk))
        if record is None:
            raise Http404(f"There is no {self.opts.verbose_name} {pk}.")
        return record

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        record = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, record):
            raise PermissionDenied(f"You may not view {self.opts.verbose_name_plural}.")
        if record is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request, self.opts, object_id
            )
        return self.render_record(request, record)

    def render_record(
        self, request: HttpRequest, record: Record, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        shown: dict[str, Any] = {**self.page(request, record), **context}
        shown.setdefault("title", str(record))
        return self.render(request, self.page_template, original=record, status=status, **shown)

    def render(
        self,
        request: HttpRequest,
        template: str,
        *,
        title: str,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **context: object,
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": title,
                "has_view_permission": self.has_view_permission(request),
                **context,
            },
            status=status,
            headers=headers,
        )
