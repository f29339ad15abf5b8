"""The merges since the last good audit are undone in pieces, whoever goes on with them."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from insights import tasks
from insights.audit import rollback
from insights.audit.answers import answer
from insights.audit.sampling import draw
from insights.audit.stop import resume, stop_in_force
from insights.models import AuditItem, AutoMergeStop, MergeDecision, ReviewEvent
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


@pytest.fixture
def queued(monkeypatch):
    calls = []
    for module in ("insights.tasks", "insights.admin.audit"):
        monkeypatch.setattr(f"{module}.enqueue", lambda task, *args: calls.append(args) or True)
    return calls


def in_force():
    return MergeDecision.objects.filter(kind="automatic", undone_at__isnull=True)


def test_a_piece_ends_when_its_time_is_over_and_a_worker_goes_on(
    stop, reviewer, queued, monkeypatch
):
    piece = rollback.take_back(stop, actor=reviewer, seconds=0)
    assert (piece.undone, piece.left, piece.is_finished) == (1, 8, False)

    monkeypatch.setattr(tasks, "CHUNK_SECONDS", 0)
    for left in (7, 6):
        assert tasks.take_back_doubtful(str(stop.pk)) == {"undone": 1, "left": left}
    assert queued == [(str(stop.pk),)] * 2
    monkeypatch.setattr(tasks, "CHUNK_SECONDS", 600)
    assert tasks.take_back_doubtful(str(stop.pk)) == {"undone": 6, "left": 0}

    assert len(queued) == 2
    assert not in_force().exists()
    events = ReviewEvent.objects.filter(batch=stop.pk, kind="undone")
    assert (events.count(), {event.actor for event in events}) == (9, {reviewer})
    assert tasks.take_back_doubtful(str(stop.pk)) == {"undone": 0, "left": 0}, "delivered again"


def test_the_sweep_hands_it_over_until_it_has_ended(stop, reviewer, queued):
    assert tasks.sweep_lost() == {"handed_over": 0}
    rollback.take_back(stop, actor=reviewer, seconds=0)
    assert tasks.sweep_lost() == {"handed_over": 1}
    rollback.go_on(stop.pk)
    assert tasks.sweep_lost() == {"handed_over": 0}


def test_while_another_process_is_at_it_nothing_is_done(stop, reviewer, monkeypatch):
    rollback.take_back(stop, actor=reviewer, seconds=0)
    monkeypatch.setattr(rollback, "advisory_lock", lambda name: nullcontext(False))
    assert rollback.go_on(stop.pk).is_busy
    assert "another process" in tasks.take_back_doubtful(str(stop.pk))["skipped"]
    assert in_force().count() == 8
    monkeypatch.undo()
    assert rollback.go_on(stop.pk).undone == 8


def test_what_later_decisions_stand_on_is_left_and_may_be_asked_for_again(
    stop, reviewer, monkeypatch
):
    newest = in_force().order_by("-decided_at").first()
    apply = UndoDecision.apply

    def refuses(self):
        if self.decision_id == newest.pk:
            raise ReviewError("Something stands on it.")
        return apply(self)

    monkeypatch.setattr(UndoDecision, "apply", refuses)
    piece = rollback.take_back(stop, actor=reviewer, seconds=0)
    assert (piece.undone, piece.left) == (1, 8), "a refusal is no piece"
    piece = rollback.go_on(stop.pk)
    assert (piece.undone, piece.left, piece.is_finished) == (7, 1, True)
    monkeypatch.undo()
    piece = rollback.take_back(stop, actor=reviewer)
    assert (piece.undone, piece.left, piece.is_finished) == (1, 0, True)


def test_only_who_may_undo_asks_for_it(stop, viewer):
    with pytest.raises(Forbidden):
        rollback.take_back(stop, actor=viewer)
    assert not AutoMergeStop.objects.get().is_undoing
    assert in_force().count() == 9


def test_it_goes_on_when_who_asked_for_it_has_left(stop, reviewer):
    rollback.take_back(stop, actor=reviewer, seconds=0)
    User.objects.filter(pk=reviewer.pk).update(is_active=False)
    piece = rollback.go_on(stop.pk)
    assert (piece.undone, piece.left, piece.is_finished) == (8, 0, True)


def test_nothing_is_resumed_before_it_has_ended(stop, reviewer):
    rollback.take_back(stop, actor=reviewer, seconds=0)
    with pytest.raises(Stale, match="still being undone"):
        resume(actor=reviewer)
    rollback.go_on(stop.pk)
    resume(actor=reviewer)


def test_the_page_says_how_far_it_is(stop, reviewer, client, queued, monkeypatch):
    monkeypatch.setattr("insights.admin.audit.SECONDS", 0)
    client.force_login(reviewer)
    page = reverse("admin:insights_automergestop_change", args=[stop.pk])
    assert "Undo all 9" in client.get(page).content.decode()
    shown = client.post(reverse("admin:insights_automergestop_undo", args=[stop.pk]), follow=True)
    text = shown.content.decode()
    assert "1 merge was undone. Undoing 8 more in the background." in text
    assert "8 left" in text
    order = ["What happened", "What it means", "What to do", "Details"]
    assert sorted(order, key=text.index) == order
    assert "Undo all" not in text
    assert queued == [(str(stop.pk),)]
    rollback.go_on(stop.pk)
    assert "is left to undo" in client.get(page).content.decode()


def test_without_a_broker_the_page_says_that_it_waits(stop, reviewer, client, monkeypatch):
    monkeypatch.setattr("insights.admin.audit.SECONDS", 0)
    monkeypatch.setattr("insights.admin.audit.enqueue", lambda task, *args: False)
    client.force_login(reviewer)
    undo = reverse("admin:insights_automergestop_undo", args=[stop.pk])
    assert (
        "The other 8 wait for a background worker"
        in client.post(undo, follow=True).content.decode()
    )


def test_an_old_page_undoes_nothing_and_lifts_no_later_stop(stop, reviewer, client):
    resume(actor=reviewer)
    later = AutoMergeStop.objects.create(reason="Again.", model_version="version 8 (local)")
    client.force_login(reviewer)
    for post, says in (("undo", "no merges are doubtful any more"), ("resume", "a later one")):
        url = reverse(f"admin:insights_automergestop_{post}", args=[stop.pk])
        assert says in client.post(url, follow=True).content.decode()
    assert in_force().count() == 9
    assert stop_in_force() == later
