"""Stops of automatic merging over HTTP: what they would undo, undoing it, merging again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from insights.audit.answers import answer
from insights.audit.sampling import draw
from insights.audit.stop import resume, stop_in_force
from insights.models import AuditItem, AutoMergeStop, BulkRun, MergeDecision
from insights.review import bulk
from tests.audit.conftest import VERSION, auto_merge  # noqa: F401

STOPS = "/api/v1/auto-merge-stops"


@pytest.fixture
def stop(auto_merge, reviewer):  # noqa: F811
    """Three found wrong, and undone by that; five doubtful."""
    start = timezone.now() - timedelta(hours=2)
    for minute in range(8):
        auto_merge(at=start + timedelta(minutes=minute))
    draw()
    for item in AuditItem.objects.order_by("decision__decided_at")[:3]:
        answer(item.pk, reviewer=reviewer, same=False)
    return stop_in_force()


def refused(response, status, code, words):
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert words in body["detail"]


def test_a_stop_tells_why_and_what_it_would_undo(stop, api):
    (row,) = api.get(STOPS, {"in_force": "true"}).json()["results"]
    assert api.get(STOPS, {"in_force": "false"}).json()["results"] == []
    shown = api.get(f"{STOPS}/{row['id']}").json()
    assert shown["reason"] == row["reason"] == stop.reason
    assert (shown["model_version"], shown["doubtful"]) == (VERSION, 5)
    assert shown["measured"]["right"] == 0
    assert shown["measured"]["audited"] == 3
    assert shown["measured"]["is_too_low"] is True
    merges = api.get(f"{STOPS}/{stop.pk}/merges", {"page_size": "3"}).json()
    assert len(merges["results"]) == 3
    rest = api.get(merges["next"]).json()["results"]
    seen = [one["id"] for one in merges["results"] + rest]
    in_force = MergeDecision.objects.filter(kind="automatic", undone_at=None)
    assert seen == [str(one.pk) for one in in_force.order_by("-decided_at")]


def test_the_doubtful_merges_are_undone_and_models_merge_again(stop, api, monkeypatch):
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda run: False)
    undone = api.send(f"{STOPS}/{stop.pk}/undo-merges", headers={"Idempotency-Key": "u"})
    assert undone.status_code == 200, undone.content
    assert (undone.json()["undone"], undone.json()["left"]) == (5, 0)
    assert not MergeDecision.objects.filter(kind="automatic", undone_at=None).exists()
    again = api.send(f"{STOPS}/{stop.pk}/undo-merges", headers={"Idempotency-Key": "u"})
    assert again.json() == undone.json()
    task = api.get(undone.json()["task"]).json()
    assert (task["kind"], task["status"], task["is_finished"]) == ("undoing", "succeeded", True)
    assert task["result"]["counts"] == {"decided": 5, "left_out": 0}
    assert api.get(task["resource"]).json()["doubtful"] == 0

    lifted = api.send(f"{STOPS}/{stop.pk}/resume", {"comment": "retrained"})

    assert lifted.status_code == 200, lifted.content
    assert (lifted.json()["resumed_by"], lifted.json()["comment"]) == ("ada", "retrained")
    assert lifted.json()["measured"] is None
    assert stop_in_force() is None
    refused(api.send(f"{STOPS}/{stop.pk}/resume"), 409, "stale", "not stopped")
    refused(api.send(f"{STOPS}/{stop.pk}/undo-merges"), 409, "stale", "single decisions")


def test_merges_are_handed_to_a_worker_followed_and_cancelled(stop, api, monkeypatch):
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda run: True)
    monkeypatch.setattr(bulk, "PIECE", 1)

    begun = api.send(f"{STOPS}/{stop.pk}/undo-merges")

    assert (begun.status_code, begun.json()["undone"], begun.json()["left"]) == (202, 0, 5)
    assert begun["Location"] == begun.json()["task"]
    bulk.work(BulkRun.objects.get(pk=begun.json()["id"]), seconds=0)
    task = api.get(begun.json()["task"])
    assert task.json()["progress"] == {"step": "undo", "done": 1, "total": 5}
    assert task["Retry-After"] == "1"
    refused(api.send(f"{STOPS}/{stop.pk}/resume"), 409, "stale", "still being undone")
    cancelled = api.send(f"/api/v1/tasks/{begun.json()['id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    assert api.get(f"{STOPS}/{stop.pk}").json()["doubtful"] == 4


def test_a_later_stop_is_not_lifted_by_who_looked_at_an_earlier_one(stop, api, reviewer):
    resume(actor=reviewer)
    later = AutoMergeStop.objects.create(reason="Again.", model_version="8")
    refused(api.send(f"{STOPS}/{stop.pk}/resume"), 409, "stale", str(later.pk))
    assert stop_in_force() == later


def test_no_task_is_made_of_a_stop_that_nobody_has_undone(stop, api):
    refused(api.get(f"/api/v1/tasks/{stop.pk}"), 404, "not_found", "no task")


def test_an_unknown_stop_says_where_they_are(api, world):
    for method, path in [(api.get, ""), (api.get, "/merges"), (api.send, "/resume")]:
        refused(method(f"{STOPS}/{world.model.pk}{path}"), 404, "not_found", f"GET {STOPS} lists")
