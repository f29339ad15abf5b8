"""The audit of automatic merges: drawn at random, judged blind; it stops what is often wrong."""

from datetime import UTC, datetime, timedelta
from math import comb

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from insights.audit import verdicts
from insights.audit.precision import (
    exact_interval,
    measured_precision,
    merges_since_last_good_audit,
)
from insights.audit.sample import draw, due, week_of
from insights.audit.stop import resume, stop_in_force
from insights.audit.taking_back import take_back
from insights.audit.verdicts import answer, blind_members, claim, settle_by_decisions
from insights.models import (
    AuditItem,
    AutoMergeStop,
    Insight,
    MergeDecision,
    PairLabel,
    ReviewEvent,
    WebhookDelivery,
)
from insights.review.actions import UndoDecision
from insights.review.errors import Forbidden, Stale
from tests.audit.conftest import VERSION

pytestmark = pytest.mark.django_db


@pytest.fixture
def items(auto_merge):
    """Items in the order of their merges, a minute apart."""

    def make(n, start=None):
        start = start or timezone.now() - timedelta(hours=2)
        for i in range(n):
            auto_merge(at=start + timedelta(minutes=i))
        draw()
        return list(AuditItem.objects.order_by("decision__decided_at"))

    return make


def test_two_percent_are_drawn_and_twenty_at_least_and_never_more_than_there_are():
    assert [due(n) for n in (0, 7, 20, 400, 1000, 1001, 5000)] == [0, 7, 20, 20, 20, 21, 100]


def test_a_weeks_sample_is_filled_up_once(auto_merge, settings):
    settings.AUDIT_LEAST_A_WEEK = 5
    now = timezone.now()
    for _ in range(30):
        auto_merge(at=now)
    assert draw(now) == 5
    assert draw(now) == 0
    assert AuditItem.objects.count() == 5


def test_the_sample_is_drawn_by_hash_and_so_is_uniform(auto_merge, settings):
    """Whether it was drawn in one go or while the week went on, the final sample is in it."""
    settings.AUDIT_LEAST_A_WEEK = 5
    now = timezone.now()
    for _ in range(15):
        auto_merge(at=now)
    draw(now)
    early = set(AuditItem.objects.values_list("decision", flat=True))
    for _ in range(15):
        auto_merge(at=now)
    draw(now)
    both = set(AuditItem.objects.values_list("decision", flat=True))
    AuditItem.objects.all().delete()
    draw(now)
    at_once = set(AuditItem.objects.values_list("decision", flat=True))

    assert early < both or early == both
    assert at_once <= both


def test_exact_repeats_are_nobodys_word_and_not_audited(auto_merge):
    auto_merge(model=None, version="")
    assert draw() == 0


def test_a_week_begins_on_monday_at_midnight_utc():
    """T22: also when a local clock says otherwise, and when it is put forward."""
    sunday = datetime(2026, 3, 29, 23, 59, tzinfo=UTC)  # clocks in Europe change this day
    assert week_of(sunday).isoformat() == "2026-03-23"
    assert week_of(sunday + timedelta(minutes=1)).isoformat() == "2026-03-30"
    berlin = datetime.fromisoformat("2026-03-30T01:30:00+02:00")
    assert week_of(berlin).isoformat() == "2026-03-23"


def test_last_weeks_merges_are_still_drawn_this_week(auto_merge):
    monday = datetime(2026, 6, 8, 0, 0, tzinfo=UTC)
    auto_merge(at=monday - timedelta(seconds=1))
    auto_merge(at=monday)
    assert draw(monday + timedelta(hours=1)) == 2
    weeks = set(AuditItem.objects.values_list("week", flat=True))
    assert {week.isoformat() for week in weeks} == {"2026-06-01", "2026-06-08"}


def test_two_reviewers_are_never_asked_the_same_and_a_lease_runs_out(
    items, reviewer, second_reviewer
):
    items(2)
    mine, theirs = claim(reviewer), claim(second_reviewer)
    assert mine != theirs
    assert claim(reviewer) == mine
    with pytest.raises(Stale, match="rosa is looking"):
        answer(mine.pk, reviewer=second_reviewer, same=True)
    AuditItem.objects.filter(pk=mine.pk).update(held_until=timezone.now())
    assert answer(mine.pk, reviewer=second_reviewer, same=True).verdict == "same"
    with pytest.raises(Stale, match="rene has already answered"):
        answer(mine.pk, reviewer=reviewer, same=False)


def test_only_who_may_decide_may_audit(items, viewer):
    (item,) = items(1)
    with pytest.raises(Forbidden):
        claim(viewer)
    with pytest.raises(Forbidden):
        answer(item.pk, reviewer=viewer, same=True)


def test_a_wrong_merge_is_undone_and_remembered(items, reviewer):
    (item,) = items(1)
    answer(item.pk, reviewer=reviewer, same=False, comment="another month")

    decision = MergeDecision.objects.get(pk=item.decision_id)
    assert decision.is_undone
    assert Insight.objects.filter(status="active").count() == 2
    assert PairLabel.objects.get().is_same is False
    item.refresh_from_db()
    assert (item.verdict, item.reviewer, item.comment) == ("not_same", reviewer, "another month")


def test_a_right_merge_stays_and_counts_for_the_model(items, reviewer):
    from finetuning.models import DeduplicationModel, ModelPrediction

    (item,) = items(1)
    first, second = sorted(m.insight_id for m in item.decision.members.all())
    model = DeduplicationModel.objects.create(
        version=7, backend="local", base_model="x", status="succeeded"
    )
    ModelPrediction.objects.create(
        model=model, insight1_id=first, insight2_id=second, prediction=True, probability=0.97,
        confidence=0.97, similarity_score=0.9, origin="ingestion",
    )  # fmt: skip

    answer(item.pk, reviewer=reviewer, same=True)

    assert not MergeDecision.objects.get(pk=item.decision_id).is_undone
    assert ModelPrediction.objects.get().is_correct is True


def test_a_blind_same_is_a_decision_that_teaches_and_can_be_taken_back(items, reviewer):
    (item,) = items(1)
    answer(item.pk, reviewer=reviewer, same=True, comment="word for word")

    confirmed = MergeDecision.objects.get(kind="confirmed")
    label = PairLabel.objects.get()
    assert (confirmed.actor, confirmed.comment) == (reviewer, "word for word")
    assert (label.is_same, label.decision) == (True, confirmed)
    assert Insight.objects.filter(status="active").count() == 1, "it merges nothing by itself"

    UndoDecision(decision_id=confirmed.pk, actor=reviewer).execute()

    assert not PairLabel.objects.exists()
    assert not MergeDecision.objects.get(pk=item.decision_id).is_undone
    assert Insight.objects.filter(status="active").count() == 1


def test_what_is_said_last_of_a_confirmed_merge_holds(items, reviewer):
    (item,) = items(1)
    answer(item.pk, reviewer=reviewer, same=True)
    UndoDecision(decision_id=item.decision_id, actor=reviewer, not_same=True).execute()
    assert PairLabel.objects.get().is_same is False
    lesson = MergeDecision.objects.get(kind="rejected")
    UndoDecision(decision_id=lesson.pk, actor=reviewer).execute()
    assert PairLabel.objects.get().is_same is True


def test_a_wrong_merge_that_was_undone_meanwhile_teaches_all_the_same(items, reviewer):
    (item,) = items(1)
    UndoDecision(decision_id=item.decision_id, actor=reviewer).execute()
    assert not PairLabel.objects.exists()
    answer(item.pk, reviewer=reviewer, same=False)
    assert PairLabel.objects.get().is_same is False


def test_a_wrong_merge_that_is_undone_while_it_is_answered_teaches_too(
    items, reviewer, second_reviewer, monkeypatch
):
    (item,) = items(1)
    record = verdicts._record

    def meanwhile(*args):
        UndoDecision(decision_id=item.decision_id, actor=second_reviewer).execute()
        record(*args)

    monkeypatch.setattr(verdicts, "_record", meanwhile)
    answer(item.pk, reviewer=reviewer, same=False)
    label = PairLabel.objects.get()
    assert (label.is_same, label.decision.actor) == (False, reviewer)


def test_a_confirmed_merge_is_a_positive_example(items, reviewer):
    from finetuning.dataset import build_dataset

    (item,) = items(1)
    assert len(build_dataset()) == 0
    answer(item.pk, reviewer=reviewer, same=True)
    (example,) = build_dataset().examples()
    assert (example.label, example.decision_kind) == (True, "confirmed")


def test_what_people_decided_elsewhere_is_the_answer(items, reviewer):
    (item,) = items(1)
    UndoDecision(decision_id=item.decision_id, actor=reviewer, not_same=True).execute()
    assert settle_by_decisions() == 1
    assert settle_by_decisions() == 0
    item.refresh_from_db()
    assert (item.verdict, item.reviewer) == ("not_same", reviewer)


def test_looking_for_what_was_decided_elsewhere_costs_the_same_for_2_and_for_12(
    items, django_assert_num_queries
):
    items(2)
    with CaptureQueriesContext(connection) as few:
        assert settle_by_decisions() == 0
    items(10)
    with django_assert_num_queries(len(few)):
        assert settle_by_decisions() == 0


def test_the_interval_is_the_exact_one():
    """Clopper and Pearson 1934; 81 of 263 as in Newcombe 1998, table I."""
    low, high = exact_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2527, 0.3676)
    low, high = exact_interval(20, 20)
    assert (round(low, 4), round(high, 4)) == (0.8316, 1.0)
    assert exact_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("audited", [3, 10, 17, 24, 50, 260])
def test_a_version_as_good_as_the_target_is_hardly_ever_called_too_low(audited, settings):
    """At any one look; Wilson's interval does so in 16 % at 17 audited."""
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
    monkeypatch.setattr("insights.notices.enqueue", lambda task: True)
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

    piece = take_back(stop, actor=reviewer)

    assert (piece.undone, piece.left, piece.is_finished) == (4, 0, True)
    undone = ReviewEvent.objects.filter(batch=stop.pk, kind="undone").order_by("created_at", "pk")
    assert set(undone.values_list("decision", flat=True)) == set(doubtful)
    in_force = MergeDecision.objects.filter(kind="automatic", undone_at__isnull=True)
    assert set(in_force.values_list("pk", flat=True)) == {one.decision_id for one in drawn[:5]}
    assert not merges_since_last_good_audit(VERSION).exists()


def test_without_a_mistake_no_merge_is_doubtful(items, reviewer):
    for item in items(3):
        answer(item.pk, reviewer=reviewer, same=True)
    assert not merges_since_last_good_audit(VERSION).exists()


def test_the_pair_is_shown_in_an_order_that_says_nothing(items):
    orders = {blind_members(item)[0].statement.startswith("the same") for item in items(12)}
    assert orders == {True, False}


def test_until_it_is_answered_its_own_page_tells_nothing(items, client, reviewer):
    (item,) = items(1)
    client.force_login(reviewer)
    url = reverse("admin:insights_audititem_change", args=[item.pk])
    page = client.get(url).content.decode()
    assert "version 7" not in page
    assert str(item.decision_id) not in page
    for one in blind_members(item):
        assert one.statement in page
    answer(item.pk, reviewer=reviewer, same=True)
    assert str(item.decision_id) in client.get(url).content.decode()


def test_a_stop_is_resumed_and_its_merges_undone_in_the_admin(items, client, reviewer):
    drawn = items(6)
    client.force_login(reviewer)
    url = reverse("admin:insights_audititem_changelist")
    assert "nothing was audited yet. 6 wait" in " ".join(client.get(url).content.decode().split())
    for item in drawn[:3]:
        answer(item.pk, reviewer=reviewer, same=False)
    stop = stop_in_force()
    page = client.get(reverse("admin:insights_automergestop_change", args=[stop.pk]))
    assert "Undo all 3" in page.content.decode()
    client.post(reverse("admin:insights_automergestop_undo", args=[stop.pk]))
    assert not MergeDecision.objects.filter(kind="automatic", undone_at__isnull=True).exists()
    client.post(reverse("admin:insights_automergestop_resume", args=[stop.pk]), {"comment": "ok"})
    assert stop_in_force() is None
