"""The merges since the last good audit are undone by a bulk run, and nothing is resumed before."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from insights import tasks
from insights.audit.answers import answer
from insights.audit.sampling import draw
from insights.audit.stop import resume, stop_in_force, undo_doubtful
from insights.models import AuditItem, AutoMergeStop, BulkRun, MergeDecision, ReviewEvent
from insights.review import bulk
from insights.review.actions import UndoDecision
from insights.review.errors import Forbidden, ReviewError, Stale

pytestmark = pytest.mark.django_db


@pytest.fixture
def stop(auto_merge, reviewer):
    """Three found wrong, and undone by that; nine doubtful."""
    start = timezone.now() - timedelta(hours=2)
    for minute in range(12):
        auto_merge(at=start + timedelta(minutes=minute))
    draw()
    for item in AuditItem.objects.order_by("decision__decided_at")[:3]:
        answer(item.pk, reviewer=reviewer, same=False)
    return stop_in_force()


def in_force():
    return MergeDecision.objects.filter(kind="automatic", undone_at__isnull=True)


def test_asking_twice_is_one_run_and_nothing_is_resumed_before_it_has_ended(
    stop, reviewer, monkeypatch
):
    monkeypatch.setattr(bulk, "PIECE", 1)
    run = undo_doubtful(stop, actor=reviewer)
    bulk.work(run, seconds=0)
    assert in_force().count() == 8
    assert undo_doubtful(stop, actor=reviewer) == run
    with pytest.raises(Stale, match="still being undone"):
        resume(actor=reviewer)
    assert tasks.decide_in_bulk(str(run.pk)) == {
        "run": str(run.pk), "status": "succeeded", "decided": 9, "left_out": 0,
    }  # fmt: skip
    assert not in_force().exists()
    events = ReviewEvent.objects.filter(batch=run.batch, kind="undone")
    assert (events.count(), {event.actor for event in events}) == (9, {reviewer})
    resume(actor=reviewer)


def test_what_later_decisions_stand_on_is_left_and_may_be_asked_for_again(
    stop, reviewer, monkeypatch
):
    newest = in_force().order_by("-decided_at").first()
    execute = UndoDecision.execute

    def refuses(self):
        if self.decision_id == newest.pk:
            raise ReviewError("Something stands on it.")
        return execute(self)

    monkeypatch.setattr(UndoDecision, "execute", refuses)
    run = bulk.work(undo_doubtful(stop, actor=reviewer))
    assert (run.status, run.counts) == ("succeeded", {"decided": 8, "left_out": 1})
    monkeypatch.undo()
    again = bulk.work(undo_doubtful(stop, actor=reviewer))
    assert (again.status, again.counts["decided"]) == ("succeeded", 1)


def test_only_who_may_undo_asks_for_it(stop, viewer):
    with pytest.raises(Forbidden):
        undo_doubtful(stop, actor=viewer)
    assert stop.undoing() is None
    assert in_force().count() == 9


def test_when_who_asked_has_left_the_run_fails_and_somebody_else_asks(
    stop, reviewer, second_reviewer
):
    run = undo_doubtful(stop, actor=reviewer)
    User.objects.filter(pk=reviewer.pk).update(is_active=False)
    run = BulkRun.objects.get(pk=run.pk)
    with pytest.raises(Forbidden):
        bulk.work(run)
    assert (run.status, stop.undoing()) == ("failed", None)
    assert bulk.work(undo_doubtful(stop, actor=second_reviewer)).counts["decided"] == 9


def test_the_page_says_how_far_it_is(stop, reviewer, client, monkeypatch):
    queued = []
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda run: queued.append(run) or True)
    client.force_login(reviewer)
    page = reverse("admin:insights_automergestop_change", args=[stop.pk])
    assert "Undo all 9" in client.get(page).content.decode()
    shown = client.post(reverse("admin:insights_automergestop_undo", args=[stop.pk]), follow=True)
    text = shown.content.decode()
    assert "being undone in the background" in text
    assert "9 left" in text
    order = ["What happened", "What it means", "What to do", "Details"]
    assert sorted(order, key=text.index) == order
    assert "Undo all" not in text
    (run,) = queued
    assert reverse("admin:review_bulk", args=[run.pk]) in text
    bulk.work(run)
    assert "is left to undo" in client.get(page).content.decode()


def test_who_may_not_undo_follows_the_run_and_cannot_cancel_it(stop, reviewer, client):
    run = undo_doubtful(stop, actor=reviewer)
    page = reverse("admin:review_bulk", args=[run.pk])
    client.force_login(reviewer)
    assert "Cancel the run" in client.get(page).content.decode()
    undoing = reviewer.user_permissions.filter(codename="undo_mergedecision")
    reviewer.user_permissions.remove(*undoing)
    shown = client.get(page).content.decode()
    assert "Bulk undo" in shown
    assert "Cancel the run" not in shown
    assert client.post(page).status_code == 403
    run.refresh_from_db()
    assert (run.status, run.cancel_requested_at) == ("queued", None)


def test_without_a_broker_the_request_does_it(stop, reviewer, client, monkeypatch):
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda run: False)
    client.force_login(reviewer)
    undo = reverse("admin:insights_automergestop_undo", args=[stop.pk])
    assert "9 merges were undone." in client.post(undo, follow=True).content.decode()


def test_a_request_without_a_broker_stops_in_time_and_leaves_the_rest_in_the_queue(
    stop, reviewer, client, monkeypatch
):
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda run: False)
    monkeypatch.setattr(bulk, "PIECE", 1)
    monkeypatch.setattr(bulk, "REQUEST_SECONDS", 0)
    client.force_login(reviewer)
    undo = reverse("admin:insights_automergestop_undo", args=[stop.pk])
    text = client.post(undo, follow=True).content.decode()
    assert "being undone in the background" in text
    assert in_force().count() == 8
    assert stop.undoing().status == "queued"


def test_an_old_page_undoes_nothing_and_lifts_no_later_stop(stop, reviewer, client):
    resume(actor=reviewer)
    later = AutoMergeStop.objects.create(reason="Again.", model_version="version 8 (local)")
    client.force_login(reviewer)
    for post, says in (("undo", "no merges are doubtful any more"), ("resume", "a later one")):
        url = reverse(f"admin:insights_automergestop_{post}", args=[stop.pk])
        assert says in client.post(url, follow=True).content.decode()
    assert in_force().count() == 9
    assert stop_in_force() == later
