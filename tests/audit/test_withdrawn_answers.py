"""A withdrawn audit answer: everything it did is undone, and the item waits again."""

import pytest

from insights.audit.answers import answer, claim, settle_by_decisions, withdraw
from insights.audit.precision import measured_precision
from insights.audit.sampling import draw
from insights.audit.stop import refuted, stop_in_force
from insights.models import AuditItem, EventKind, MergeDecision, PairLabel, ReviewEvent
from insights.review.actions import RejectCluster, UndoDecision
from insights.review.errors import Forbidden, ReviewError, Stale
from tests.audit.conftest import VERSION
from tests.review.state import snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(auto_merge):
    auto_merge()
    draw()
    return AuditItem.objects.get()


def waits_for(item, reviewer):
    item.refresh_from_db()
    nothing = (item.verdict, item.reviewer, item.answered_at, item.taught)
    assert nothing == ("", None, None, None)
    assert item.held_by == reviewer
    assert item.is_held


def test_undoing_wrong_restores_the_merge_and_the_labels_as_before(item, reviewer):
    before = snapshot()
    answer(item.pk, reviewer=reviewer, same=False, comment="mis-keyed")
    assert snapshot() != before

    withdraw(item.pk, reviewer=reviewer)

    assert snapshot() == before
    assert not MergeDecision.objects.get(pk=item.decision_id).is_undone
    waits_for(item, reviewer)
    event = ReviewEvent.objects.get(kind=EventKind.WITHDRAWN)
    assert (event.audit, event.actor, event.comment) == (item, reviewer, "mis-keyed")
    assert (event.answer["verdict"], event.answer["reviewer"]) == ("not_same", reviewer.pk)
    assert event.decision.is_undone, "the label decision keeps its receipt"
    assert claim(reviewer) == item


def test_undoing_same_removes_the_label_and_the_other_answer_may_follow(item, reviewer):
    before = snapshot()
    answer(item.pk, reviewer=reviewer, same=True)
    withdraw(item.pk, reviewer=reviewer)
    assert snapshot() == before
    assert not PairLabel.objects.exists()
    waits_for(item, reviewer)
    answer(item.pk, reviewer=reviewer, same=False)
    assert PairLabel.objects.get().is_same is False
    withdraw(item.pk, reviewer=reviewer)
    assert snapshot() == before


def test_undoing_the_lesson_itself_takes_the_answer_back_too(item, reviewer, second_reviewer):
    before = snapshot()
    answer(item.pk, reviewer=reviewer, same=False)
    item.refresh_from_db()
    UndoDecision(decision_id=item.taught_id, actor=second_reviewer).execute()
    assert snapshot() == before
    waits_for(item, reviewer)
    assert ReviewEvent.objects.get(kind=EventKind.WITHDRAWN).actor == second_reviewer


def test_a_lesson_about_a_merge_undone_before_restores_nothing(item, reviewer):
    UndoDecision(decision_id=item.decision_id, actor=reviewer).execute()
    before = snapshot()
    answer(item.pk, reviewer=reviewer, same=False)
    withdraw(item.pk, reviewer=reviewer)
    assert snapshot() == before
    assert MergeDecision.objects.get(pk=item.decision_id).is_undone


def test_what_somebody_else_keeps_apart_is_not_merged_again(
    item, reviewer, second_reviewer, make_cluster
):
    answer(item.pk, reviewer=reviewer, same=False)
    members = [m.insight for m in item.decision.members.select_related("insight")]
    cluster = make_cluster(members)
    RejectCluster(cluster_id=cluster.pk, actor=second_reviewer).execute()
    withdraw(item.pk, reviewer=reviewer)
    assert MergeDecision.objects.get(pk=item.decision_id).is_undone
    assert PairLabel.objects.get().is_same is False


def test_only_its_own_reviewer_may_and_only_once(item, reviewer, second_reviewer, viewer):
    answer(item.pk, reviewer=reviewer, same=False)
    after = snapshot()
    with pytest.raises(Forbidden, match="rosa"):
        withdraw(item.pk, reviewer=second_reviewer)
    with pytest.raises(Forbidden):
        withdraw(item.pk, reviewer=viewer)
    assert snapshot() == after
    withdraw(item.pk, reviewer=reviewer)
    with pytest.raises(Stale, match="already withdrawn"):
        withdraw(item.pk, reviewer=reviewer)
    assert ReviewEvent.objects.filter(kind=EventKind.WITHDRAWN).count() == 1


def test_what_was_settled_elsewhere_is_refused_and_says_where(item, reviewer):
    UndoDecision(decision_id=item.decision_id, actor=reviewer, not_same=True).execute()
    assert settle_by_decisions() == 1
    elsewhere = PairLabel.objects.get().decision_id
    with pytest.raises(ReviewError, match=f"decision elsewhere settled.*{elsewhere}"):
        withdraw(item.pk, reviewer=reviewer)
    item.refresh_from_db()
    assert item.verdict == "not_same"


def test_a_stop_that_the_answer_had_caused_stays_until_a_person_resumes(auto_merge, reviewer):
    for _ in range(2):
        auto_merge()
    draw()
    items = list(AuditItem.objects.all())
    while stop_in_force() is None and items:
        last = items.pop()
        answer(last.pk, reviewer=reviewer, same=False)
    stop = stop_in_force()
    assert stop is not None
    assert refuted(VERSION) is None
    withdraw(last.pk, reviewer=reviewer)
    assert not measured_precision(VERSION).is_too_low
    assert stop_in_force() == stop
    assert refuted(VERSION) == stop
    assert refuted("another version") is None
