"""Shared by the review pages: the admin's frame, permissions, and answers for the script."""

import json
from collections.abc import Callable
from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from insights.admin.kit.base import refuse_nul
from insights.admin.review.preferences import DEFAULTS, keys_of, preferences
from insights.permissions import StaffRequest
from insights.review.lease import Leased, release
from insights.review.queue import Facet

View = Callable[..., HttpResponse]


def allowed(permission: str, *methods: str) -> Callable[[View], View]:
    """Allow these methods only, with this permission; never cache the answer."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: StaffRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            if not request.user.has_perm(permission):
                raise PermissionDenied(
                    f"This needs the permission “{permission}”. Ask an administrator for it."
                )
            refuse_nul(request)
            return view(request, *args, **kwargs)

        return checked

    return decorate


def is_fragment(request: HttpRequest) -> bool:
    """Return True if the script asks for a part of the page, to put it in place itself."""
    return request.headers.get("X-Requested-With") == "fetch"


def facet_of(request: StaffRequest) -> Facet:
    asked = request.POST.get("facet") or request.GET.get("facet") or ""
    try:
        return Facet(asked)
    except ValueError:
        return Facet.ALL


def move_on(
    request: StaffRequest,
    place: str,
    named: Callable[[StaffRequest, str], Leased | None],
    claim: Callable[..., Leased | None],
    go_to: Callable[[StaffRequest, Leased | None], HttpResponse],
) -> HttpResponse:
    """Show the next item, or with `before` the one above it; `leave` gives a lease back."""
    after, before, left = (named(request, field) for field in ("after", "before", "leave"))
    if request.POST.get("only_leave"):  # the script shows the next one already
        if left is not None:
            release(request.user, left)
        return HttpResponse(status=204)
    found = claim(after=after, before=before)
    if found is None and before is not None:
        messages.info(request, f"This is the top of the {place}.")
        found = before
    if left is not None and found is not None and left.pk != found.pk:
        release(request.user, left)
    return go_to(request, found)


def page(
    request: StaffRequest, template: str, *, title: str, status: int = 200, **context: object
) -> HttpResponse:
    chosen = preferences(request.user)
    keys = keys_of(chosen)
    return TemplateResponse(
        request,
        f"admin/insights/review/{template}",
        {
            **admin.site.each_context(request),
            "title": title,
            "keys": keys,
            "actions_by_key_json": json.dumps({key: action for action, key in keys.items()}),
            "sheet": [(keys[action], label) for action, (_, label) in DEFAULTS.items()],
            "is_blind": chosen.is_blind,
            "facet": facet_of(request),
            **context,
        },
        status=status,
    )
