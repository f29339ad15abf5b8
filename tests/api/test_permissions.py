"""Every address and every sort of caller; a new address fails until it is in the table."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from insights.models import Scope
from tests.api.access_table import TABLE
from tests.api.conftest import Caller

WHO = [
    "anonymous", "staff without permission", "viewer", "reviewer", "superuser",
    *(f"token {scope}" for scope in Scope.values), "token of a viewer", "expired", "revoked",
    "switched off",
]  # fmt: skip


def addresses() -> set[tuple[str, str]]:
    found = set()
    for pattern in get_resolver().url_patterns:
        if str(pattern.pattern) != "api/":
            continue
        for route in pattern.url_patterns:
            view = route.callback.view_class
            path = "/api/" + re.sub(r"<(uuid|int):id>", "<id>", str(route.pattern))
            found |= {(method, path) for method in view.access}
            handlers = {m.upper() for m in ("get", "post", "put", "patch", "delete")} & {
                name.upper() for name in dir(view)
            }
            assert handlers == set(view.access), f"{view.__name__} serves what is in no table"
    return found


def test_every_address_is_in_the_table():
    assert addresses() == set(TABLE)


@pytest.mark.parametrize("who", WHO)
def test_every_address_lets_in_whom_the_table_says(who, world, caller, viewer, reviewer, superuser):
    client, user, scope = _caller(who, caller, viewer, reviewer, superuser)
    for (method, template), (needed, permission) in TABLE.items():
        out_of_scope = scope and scope not in (needed, Scope.ADMIN) and needed != Scope.READ
        expected = None
        if user is None:
            expected = 401
        elif out_of_scope or (permission and not user.has_perm(permission)):
            expected = 403
        response = client.generic(
            method, world.path(template), "{", content_type="application/json"
        )
        said = f"{who} {method} {template}: {response.status_code} {response.reason_phrase}"
        if expected is None:
            assert response.status_code not in (401, 403, 405), said
        else:
            assert response.status_code == expected, said
            assert response["Content-Type"] == "application/problem+json", said
            assert response.json()["detail"], said
        assert response.status_code < 500, said
        if response.streaming:
            b"".join(response)  # read to its end, a file is closed
        if response.status_code == 401:
            assert response["WWW-Authenticate"].startswith("Token")


def _caller(who, caller, viewer, reviewer, superuser):
    if who == "anonymous":
        return Caller(), None, None
    if who.startswith("token of"):
        return caller("admin", user=viewer), viewer, Scope.ADMIN
    if who.startswith("token"):
        scope = who.removeprefix("token ")
        return caller(scope), superuser, scope
    now = timezone.now()
    if who == "expired":
        return caller(expires_at=now - timedelta(seconds=1)), None, None
    if who == "revoked":
        return caller(revoked_at=now), None, None
    if who == "switched off":
        gone = User.objects.create_superuser("gone", is_active=False)
        return caller(user=gone), None, None
    user = {
        "viewer": viewer,
        "reviewer": reviewer,
        "superuser": superuser,
        "staff without permission": User.objects.create_user("stan", is_staff=True),
    }[who]
    client = Caller()
    client.force_login(user)
    return client, user, None


@pytest.mark.parametrize("template", [path for method, path in TABLE if method == "GET"])
def test_get_changes_nothing(template, world, api):
    queries = {
        "/api/v1/insights/search": {"text": "shifts"},
        "/api/admin/insights/fine-tune-model": {"jobId": "local-1"},
        "/api/v1/models/<id>/thresholds/preview": {"auto_merge_confidence": "0.9"},
    }
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = api.get(world.path(template), queries.get(template))
        b"".join(response) if response.streaming else response.content
    assert response.status_code in (200, 409), response.content
    # A statement's side is written down when it is first needed, the same whoever needs it.
    changes = re.compile(r'\s*(INSERT INTO (?!"statement_splits")|UPDATE|DELETE)')
    for query in captured.captured_queries:
        assert not changes.match(query["sql"]), query["sql"]


def test_a_session_needs_the_csrf_token_to_change_something(world, reviewer):
    browser = Caller(enforce_csrf_checks=True)
    browser.force_login(reviewer)
    response = browser.send(world.path("/api/v1/clusters/<id>/reject"))
    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]


def test_a_permission_that_was_taken_away_is_missed_at_once(world, caller, reviewer):
    client = caller("review", user=reviewer)
    reviewer.user_permissions.remove(Permission.objects.get(codename="decide_cluster"))
    assert client.send(world.path("/api/v1/clusters/<id>/reject")).status_code == 403


def test_a_token_has_its_users_permissions_and_no_others(world, caller):
    """The user's own permissions and those of the groups, as Django's has_perm() finds them."""
    user = User.objects.create_user("gil")
    client = caller("admin", user=user)

    def allowed(path):
        return client.get(f"/api/v1/{path}").status_code == 200

    assert [allowed("insights"), allowed("clusters")] == [False, False]
    group = Group.objects.create(name="readers")
    group.permissions.add(Permission.objects.get(codename="view_insight"))
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.get(codename="view_cluster"))
    assert [allowed("insights"), allowed("clusters"), allowed("models")] == [True, True, False]
    user.groups.clear()
    assert [allowed("insights"), allowed("clusters")] == [False, True]


def test_an_address_that_is_not_there_is_a_problem_whoever_asks(db):
    response = Caller().post("/api/v1/nothing/", {})
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert "No address ends in a slash" in response.json()["detail"]
