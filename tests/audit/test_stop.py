"""Measured on the audit, a model that is too often wrong is stopped until a person resumes it."""

from math import comb

import pytest
from django.core import mail
from django.urls import reverse

from insights.audit.answers import answer
from insights.audit.precision import measured_precision, merges_since_last_good_audit
from insights.audit.sampling import draw
from insights.audit.stop import resume, stop_in_force, undo_doubtful
from insights.intervals import exact_interval
from insights.models import (
    AuditItem,
    AutoMergeStop,
    MergeDecision,
    ReviewEvent,
    WebhookDelivery,
)
from insights.review import bulk
from insights.review.errors import Forbidden, Stale
from tests.audit.conftest import VERSION

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("audited", [3, 10, 17, 24, 50, 260])
def test_a_version_as_good_as_the_target_is_hardly_ever_called_too_low(audited, settings):
    """At any one look; Wilson's interval does so in 16 % of the cases at 17 audited."""
    falsely = sum(
        comb(audited, wrong) * 0.01**wrong * 0.99 ** (audited - wrong)
        for wrong in range(audited + 1)
        if exact_interval(audited - wrong, audited)[1] < settings.AUTO_MERGE_PRECISION
    )
    assert falsely <= 0.025


def test_one_mistake_in_twenty_may_be_chance_and_two_are_not(items, reviewer):
    drawn = items(20)
    for item in drawn[:18]:
        answer(item.pk, reviewer=reviewer, same=True)
    answer(drawn[18].pk, reviewer=reviewer, same=False)
    measured = measured_precision(VERSION)
    assert (measured.audited, measured.right, measured.waiting) == (19, 18, 1)
    assert measured.high > 0.99
    assert stop_in_force() is None

    answer(drawn[19].pk, reviewer=reviewer, same=False)

    stop = stop_in_force()
    assert stop.reason.startswith(f"Of {stop.numbers['audited']} audited merges of {VERSION}")
    assert stop.numbers["high"] < 0.99


def test_a_stop_is_told_to_the_leads_and_to_webhooks(
    items, reviewer, mailoutbox, monkeypatch, django_capture_on_commit_callbacks
):
    from insights.models import Webhook

    Webhook.objects.create(url="https://example.org/hook", notices=["auto_merge.stopped"])
    reviewer.email = "rosa@example.org"
    reviewer.save()
    drawn = items(4)
    monkeypatch.setattr("insights.webhooks.notify.enqueue", lambda task: True)
    with django_capture_on_commit_callbacks(execute=True):
        for item in drawn[:3]:
            answer(item.pk, reviewer=reviewer, same=False)

    assert AutoMergeStop.objects.count() == 1
    (letter,) = mail.outbox
    assert letter.to == ["rosa@example.org"]
    assert "audited merges of version 7" in letter.body
    delivery = WebhookDelivery.objects.get()
    assert delivery.data["stop"] == str(stop_in_force().pk)


def stopped(items, reviewer, right=5, wrong=3, after=4):
    """`right` audited merges, then `wrong` ones, then `after` that nobody looked at."""
    drawn = items(right + wrong + after)
    for item in drawn[:right]:
        answer(item.pk, reviewer=reviewer, same=True)
    for item in drawn[right : right + wrong]:
        answer(item.pk, reviewer=reviewer, same=False)
    return drawn, stop_in_force()


def test_while_stopped_nothing_is_merged_on_a_models_word(items, auto_merge, reviewer):
    _, stop = stopped(items, reviewer)
    assert stop is not None
    assert auto_merge() is None
    assert auto_merge(model=None, version="") is not None  # an exact repeat is no opinion

    resume(actor=reviewer, comment="the threshold was raised")

    assert stop_in_force() is None
    assert auto_merge() is not None
    with pytest.raises(Stale):
        resume(actor=reviewer)


def test_the_measurement_starts_afresh_when_it_is_resumed(items, reviewer):
    stopped(items, reviewer)
    resume(actor=reviewer)
    assert measured_precision(VERSION).audited == 0


def test_only_leads_may_resume(items, reviewer, viewer):
    stopped(items, reviewer)
    with pytest.raises(Forbidden):
        resume(actor=viewer)


def test_another_versions_mistakes_do_not_stop_this_one(auto_merge, reviewer):
    for _ in range(3):
        auto_merge(version="version 6 (local)")
    draw()
    for item in AuditItem.objects.all():
        answer(item.pk, reviewer=reviewer, same=False)
    assert measured_precision(VERSION).audited == 0
    assert stop_in_force().model_version == "version 6 (local)"


def test_the_merges_since_the_last_good_audit_are_undone_by_one_action(items, reviewer):
    drawn, stop = stopped(items, reviewer)
    doubtful = [item.decision_id for item in reversed(drawn[8:])]
    assert [one.pk for one in merges_since_last_good_audit(VERSION)] == doubtful

    run = bulk.work(undo_doubtful(stop, actor=reviewer))

    assert (run.status, run.counts) == ("succeeded", {"decided": 4, "left_out": 0})
    undone = ReviewEvent.objects.filter(batch=run.batch, kind="undone").order_by("created_at", "pk")
    assert set(undone.values_list("decision", flat=True)) == set(doubtful)
    in_force = MergeDecision.objects.filter(kind="automatic", undone_at__isnull=True)
    assert set(in_force.values_list("pk", flat=True)) == {one.decision_id for one in drawn[:5]}
    assert not merges_since_last_good_audit(VERSION).exists()


def test_without_a_mistake_no_merge_is_doubtful(items, reviewer):
    for item in items(3):
        answer(item.pk, reviewer=reviewer, same=True)
    assert not merges_since_last_good_audit(VERSION).exists()


def test_a_stop_is_resumed_and_its_merges_undone_in_the_admin(items, client, reviewer, monkeypatch):
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda run: False)
    drawn = items(6)
    client.force_login(reviewer)
    url = reverse("admin:insights_audititem_changelist")
    assert "Nothing audited yet. 6 merges left to audit" in " ".join(
        client.get(url).content.decode().split()
    )
    for item in drawn[:3]:
        answer(item.pk, reviewer=reviewer, same=False)
    stop = stop_in_force()
    page = client.get(reverse("admin:insights_automergestop_change", args=[stop.pk]))
    assert "Undo all 3" in page.content.decode()
    client.post(reverse("admin:insights_automergestop_undo", args=[stop.pk]))
    assert not MergeDecision.objects.filter(kind="automatic", undone_at__isnull=True).exists()
    client.post(reverse("admin:insights_automergestop_resume", args=[stop.pk]), {"comment": "ok"})
    assert stop_in_force() is None
