"""The audit of automatic merges: drawn at random, judged blind, and every answer teaches."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from insights.audit import answers
from insights.audit.answers import answer, blind_members, claim, settle_by_decisions
from insights.audit.sampling import draw, due, week_of
from insights.models import (
    AuditItem,
    Insight,
    MergeDecision,
    PairLabel,
)
from insights.review.actions import UndoDecision
from insights.review.errors import Forbidden, Stale

pytestmark = pytest.mark.django_db


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
    """The final sample is the same whether it is drawn at once or during the week."""
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
    label_decision = MergeDecision.objects.get(kind="rejected")
    UndoDecision(decision_id=label_decision.pk, actor=reviewer).execute()
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
    record = answers._record

    def meanwhile(*args):
        UndoDecision(decision_id=item.decision_id, actor=second_reviewer).execute()
        record(*args)

    monkeypatch.setattr(answers, "_record", meanwhile)
    answer(item.pk, reviewer=reviewer, same=False)
    label = PairLabel.objects.get()
    assert (label.is_same, label.decision.actor) == (False, reviewer)


def test_a_confirmed_merge_is_a_positive_example(items, reviewer):
    from finetuning.training_data.dataset import build_dataset

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
