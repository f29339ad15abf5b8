"""The page where reviewers choose their keys."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from insights.admin.review.base import allowed, page
from insights.admin.review.preferences import DEFAULTS, keys_of, preferences, remap
from insights.permissions import VIEW_CLUSTER, StaffRequest
from insights.review.errors import ReviewError


@allowed(VIEW_CLUSTER, "GET", "POST")
def keys(request: StaffRequest) -> HttpResponse:
    given, refused = keys_of(preferences(request.user)), ""
    if request.method == "POST":
        if request.POST.get("defaults"):
            given = {action: key for action, (key, _) in DEFAULTS.items()}
        else:
            given = {action: request.POST.get(action, "") for action in DEFAULTS}
        try:
            remap(request.user, given)
        except ReviewError as error:
            refused = str(error)
        else:
            messages.success(request, "Keys saved.")
            return redirect("admin:review_keys")
    return page(
        request,
        "keys.html",
        title="Keys",
        status=409 if refused else 200,
        refused=refused,
        rows=[(action, given[action], label) for action, (_, label) in DEFAULTS.items()],
    )
