"""Tokens: made by a command or in the admin, seen once, revoked."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from insights.models import ApiToken
from tests.api.conftest import Caller


def test_the_command_prints_the_token_and_nothing_else(superuser, capsys):
    call_command("create_api_token", "ada", "--scope", "review", "--scope", "train", "--expires=7")
    printed = capsys.readouterr()
    assert re.fullmatch(r"idt_[0-9a-f]{8}_[\w-]{43}\n", printed.out)
    assert printed.err == ""
    body = Caller(printed.out.strip()).get("/api/v1/whoami").json()
    assert (body["username"], body["scopes"]) == ("ada", ["review", "train"])
    left = ApiToken.objects.get().expires_at - timezone.now()
    assert 6 <= left.days <= 7


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody", "--scope", "read"], "no user “nobody”"),
        (["ada"], "--scope"),
        (["ada", "--scope", "all"], "invalid choice"),
        (["ada", "--scope", "read", "--expires", "0"], "from 1 to"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, says, superuser):
    with pytest.raises(CommandError, match=says):
        call_command("create_api_token", *arguments)
    assert not ApiToken.objects.exists()


@pytest.fixture
def browse():
    def login(user: User) -> Caller:
        client = Caller()
        client.force_login(user)
        return client

    return login


ADD = "/admin/insights/apitoken/add/"


def test_a_token_made_in_the_admin_is_shown_once(reviewer, browse):
    client = browse(reviewer)
    page = client.post(ADD, {"name": "import", "scopes": ["ingest"], "lifetime": "30"})
    (key,) = re.findall(r"idt_[\w-]{40,}", page.content.decode())
    assert "no-store" in page["Cache-Control"]
    assert Caller(key).get("/api/v1/whoami").json()["username"] == "rosa"
    token = ApiToken.objects.get()
    for path in ("/admin/insights/apitoken/", f"/admin/insights/apitoken/{token.pk}/change/"):
        shown = client.get(path).content.decode()
        assert str(token) in shown
        assert key not in shown
        assert token.digest not in shown


def test_nobody_but_a_superuser_makes_a_token_for_somebody_else(reviewer, superuser, browse):
    sent = {"name": "x", "scopes": ["admin"], "lifetime": "0", "user": superuser.pk}
    browse(reviewer).post(ADD, sent)
    assert ApiToken.objects.get().user == reviewer
    ApiToken.objects.all().delete()
    browse(superuser).post(ADD, {**sent, "user": reviewer.pk})
    assert ApiToken.objects.get().user == reviewer


def test_who_may_not_make_tokens_is_told_so(viewer, browse):
    assert browse(viewer).get(ADD).status_code == 403
    assert browse(viewer).post(ADD, {"name": "x", "scopes": ["read"]}).status_code == 403
    assert not ApiToken.objects.exists()


def test_a_form_without_scopes_makes_nothing(reviewer, browse):
    page = browse(reviewer).post(ADD, {"name": "x", "lifetime": "30"})
    assert "required" in page.content.decode()
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_refused_from_then_on(reviewer, viewer, browse):
    token, key = ApiToken.make(user=reviewer, scopes=["read"])
    path = f"/admin/insights/apitoken/{token.pk}/revoke/"
    assert browse(viewer).post(path).status_code == 403
    assert Caller(key).get("/api/v1/whoami").status_code == 200
    assert browse(reviewer).post(path).status_code == 302
    assert Caller(key).get("/api/v1/whoami").json()["code"] == "token_revoked"


def test_the_account_of_a_program_adds_sources_and_decides_nothing(world, caller, superuser):
    User.objects.filter(pk=superuser.pk).update(is_staff=False)
    superuser.refresh_from_db()
    program = caller("admin", user=superuser)
    assert program.get("/api/v1/clusters").status_code == 200
    assert program.send("/api/v1/sources/text", {"name": "a.txt", "text": "Hi."}).status_code < 300
    refused = program.send(world.path("/api/v1/clusters/<id>/reject"))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_staff")
