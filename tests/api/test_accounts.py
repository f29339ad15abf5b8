"""Tokens, people and webhooks over the API; bulk decisions; downloads."""

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO, StringIO
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from insights.models import ApiToken, Cluster, MergeDecision, Webhook
from insights.webhooks import notify
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


def test_a_webhook_is_added_tested_rotated_switched_off_and_removed(api, monkeypatch):
    posted = []
    monkeypatch.setattr(notify, "post", lambda url, body, headers: posted.append(headers) or 200)
    added = api.send("/api/v1/webhooks", {"url": "https://hook.example.org/x"})
    assert added.status_code == 201, added.content
    path = f"/api/v1/webhooks/{added.json()['id']}"
    secret = added.json()["secret"]
    assert secret not in str(api.get("/api/v1/webhooks").json())
    assert "secret" not in api.get(path).json()
    said = {"arrived": True, "response_status": 200, "error": ""}
    assert api.send(f"{path}/test").json() == said
    assert len(posted) == 1
    rotated = api.send(f"{path}/rotate-secret").json()["secret"]
    assert rotated != secret
    assert Webhook.objects.get().secret == rotated
    assert api.patch(path, {"is_active": False}, "application/json").json()["is_active"] is False
    again = api.send("/api/v1/webhooks", {"url": "https://hook.example.org/x"})
    assert (again.status_code, again.json()["field"]) == (422, "url")
    assert api.send(f"{path}/remove").status_code == 204
    assert not Webhook.objects.exists()


def test_a_token_is_made_used_and_revoked(api):
    made = api.send("/api/v1/tokens", {"name": "nightly", "scopes": ["read"], "days": 3})
    assert made.status_code == 201, made.content
    script = Caller(made.json()["key"])
    assert script.get("/api/v1/whoami").json()["scopes"] == ["read"]
    assert script.send("/api/v1/tokens", {"name": "x", "scopes": ["admin"]}).status_code == 403
    assert made.json()["key"] not in str(api.get("/api/v1/tokens").json())
    assert api.send(f"/api/v1/tokens/{made.json()['id']}/revoke").json()["revoked_at"]
    assert script.get("/api/v1/whoami").status_code == 401


def test_a_token_makes_none_that_lives_longer(api, caller):
    script = caller(expires_at=timezone.now() + timedelta(days=30, minutes=1))
    refused = script.send("/api/v1/tokens", {"name": "x", "scopes": ["admin"], "days": 31})
    assert (refused.status_code, refused.json()["field"]) == (422, "days")
    assert "at most 30 days" in refused.json()["detail"]
    again = "/api/v1/tokens", {"name": "x", "scopes": ["read"], "days": 30}
    for days in ({"days": 30}, {}):
        made = script.send("/api/v1/tokens", {"name": "x", "scopes": ["admin"], **days})
        lives = ApiToken.objects.get(pk=made.json()["id"])
        assert lives.expires_at - lives.created_at < timedelta(days=30)
        assert Caller(made.json()["key"]).send(*again).status_code == 201  # so it can be rotated
    made = api.send("/api/v1/tokens", {"name": "x", "scopes": ["admin"], "days": 365})
    assert made.status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "sent", "made"),
    [
        ("people", [{"username": "pia"}, {"username": "PIA"}], lambda: User.objects.all()),
        ("webhooks", 2 * [{"url": "https://a.example/"}], lambda: Webhook.objects.all()),
    ],
)
def test_of_two_equal_additions_at_once_one_is_refused(path, sent, made, caller):
    for _ in range(5):
        before, barrier = made().count(), Barrier(2)

        def add(body, barrier=barrier):
            mine = caller()
            barrier.wait(timeout=20)
            try:
                return mine.send(f"/api/v1/{path}", body).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(add, sent)) == [201, 422]
        assert made().count() == before + 1
        made().order_by("-pk" if path == "webhooks" else "-date_joined")[0].delete()


def test_an_account_sees_and_revokes_its_own_tokens_only(caller, reviewer, superuser):
    theirs, _ = ApiToken.make(user=superuser, scopes=["read"])
    mine = caller("admin", user=reviewer)
    assert str(theirs.pk) not in str(mine.get("/api/v1/tokens").json())
    reviewer.user_permissions.remove(*reviewer.user_permissions.filter(codename="change_apitoken"))
    assert mine.send(f"/api/v1/tokens/{theirs.pk}/revoke").status_code == 404
    assert not ApiToken.objects.get(pk=theirs.pk).revoked_at


def test_a_person_is_invited_promoted_and_switched_off(api, superuser):
    added = api.send("/api/v1/people", {"username": "pia", "role": "Reviewer"})
    assert added.status_code == 201, added.content
    assert "/invitation/" in added.json()["invitation"]
    path = f"/api/v1/people/{added.json()['id']}"
    sent = {"role": "Lead", "is_active": False}
    changed = api.patch(path, sent, "application/json").json()
    assert (changed["role"], changed["is_active"], changed["invited"]) == ("Lead", False, True)
    own = api.patch(f"/api/v1/people/{superuser.pk}", {"is_active": False}, "application/json")
    assert own.status_code == 403
    assert User.objects.get(pk=superuser.pk).is_active
    assert api.send("/api/v1/people", {"username": "PIA"}).status_code == 422
    assert api.patch("/api/v1/people/999999", {}, "application/json").status_code == 404


def test_each_of_many_decisions_stands_for_itself(api, make_cluster):
    one = make_cluster(["The lift is broken.", "The lift is out of order."])
    two = make_cluster(["Parking is free.", "Parking costs nothing."])
    unknown = "00000000-0000-0000-0000-000000000001"
    sent = {
        "decisions": [
            {"cluster": str(one.pk), "verdict": "approve", "expected_version": one.version},
            {"cluster": unknown, "verdict": "reject"},
            {"cluster": str(two.pk), "verdict": "reject", "expected_version": 99},
            {"cluster": str(two.pk), "verdict": "reject"},
        ]
    }
    answer = api.send("/api/v1/clusters/decide", sent)
    assert answer.status_code == 200, answer.content
    codes = [(one["code"], one["decision"] is not None) for one in answer.json()["results"]]
    assert codes == [("", True), ("not_found", False), ("stale", False), ("", True)]
    assert not Cluster.objects.filter(status="open").exists()
    assert set(MergeDecision.objects.values_list("kind", flat=True)) == {"approved", "rejected"}


@pytest.mark.parametrize("what", ["insights", "decisions"])
def test_a_download_as_csv_and_as_parquet(what, api, world, make_insight):
    make_insight("=1+1 is what the sheet would compute.")
    answer = api.get(f"/api/v1/{what}/download")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(b"".join(answer).decode())))
    parquet = pytest.importorskip("pyarrow.parquet")
    answer = api.get(f"/api/v1/{what}/download?format=parquet")
    table = parquet.read_table(BytesIO(b"".join(answer)))
    assert table.num_rows == len(rows) > 0
    assert table.column_names == list(rows[0])
    assert [str(one) for one in table["id"].to_pylist()] == [row["id"] for row in rows]
    if what == "insights":
        assert rows[-1]["statement"].startswith("'=1")
        assert table["statement"].to_pylist()[-1].startswith("=1")
    else:
        assert (rows[0]["kind"], rows[0]["members"]) == ("rejected", "2")
