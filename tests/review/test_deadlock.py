"""An action that PostgreSQL sacrifices to end a deadlock is taken again, and nobody notices."""

import threading
import time
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from insights.audit import answers
from insights.jobs import locks
from insights.models import AuditItem, Insight, MergeDecision
from insights.review.actions import ApproveCluster, RejectCluster, UndoDecision
from insights.review.actions import base as approving
from insights.review.actions import undo as undoing
from insights.review.actions.automatic import MergeAutomatically
from tests.insights.waiting import somebody_waits
from tests.tasks.conftest import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Opponent:
    """A transaction that locks a row the action will want, and wants the one it has locked.

    `wanted` is the cluster unless set otherwise.
    """

    def __init__(self, other, cluster):
        self.other, self.cluster, self.wanted = other, cluster, cluster
        self.has_locked, self.provoked = threading.Event(), 0
        self.thread = threading.Thread(target=self._compete)

    def _compete(self):
        try:
            with transaction.atomic():
                Insight.objects.select_for_update().get(pk=self.other.pk)
                self.has_locked.set()
                # Each who waits looks for a deadlock after deadlock_timeout, 1 s; who finds one
                # gives way. That is the action, when it is well ahead.
                wait_for(somebody_waits, "the action waits")
                time.sleep(0.5)
                type(self.wanted).objects.select_for_update().get(pk=self.wanted.pk)
        finally:
            connection.close()

    def step_in(self, real):
        def patched(*args):
            if not self.provoked:
                self.provoked = 1
                self.thread.start()
                assert self.has_locked.wait(10)
                Insight.objects.select_for_update().get(pk=self.other.pk)
            return real(*args)

        return patched


@pytest.fixture
def opponent(make_insight, make_cluster):
    cluster = make_cluster(["alpha", "beta"])
    opponent = Opponent(make_insight("gamma"), cluster)
    yield opponent
    if opponent.thread.is_alive():
        opponent.thread.join(30)


@pytest.mark.parametrize("decide", [ApproveCluster, RejectCluster])
def test_a_decision(opponent, decide, reviewer, monkeypatch):
    patched = opponent.step_in(approving.refresh_labels)
    monkeypatch.setattr(approving, "refresh_labels", patched)
    decision = decide(cluster_id=opponent.cluster.pk, actor=reviewer).execute()
    assert opponent.provoked
    assert MergeDecision.objects.get() == decision


def test_an_undo(opponent, reviewer, monkeypatch):
    decision = ApproveCluster(cluster_id=opponent.cluster.pk, actor=reviewer).execute()
    monkeypatch.setattr(undoing, "refresh_labels", opponent.step_in(undoing.refresh_labels))
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
    assert opponent.provoked
    assert Insight.objects.filter(status="active").count() == 3


def test_an_answer_to_the_audit(opponent, reviewer, make_insight, monkeypatch):
    one, same = make_insight("delta"), make_insight("epsilon")
    merge = MergeAutomatically(
        canonical_id=one.pk, duplicate_id=same.pk, model_id=uuid4(), model_version="version 1"
    ).execute()
    opponent.wanted = item = AuditItem.objects.create(decision=merge, week="2026-01-05")
    monkeypatch.setattr(answers, "_record", opponent.step_in(answers._record))
    answers.answer(item.pk, reviewer=reviewer, same=False)
    assert opponent.provoked
    assert AuditItem.objects.get().verdict == "not_same"
    assert Insight.objects.filter(status="active").count() == 5


def test_without_a_second_attempt_it_would_have_failed(opponent, reviewer, monkeypatch):
    """The control: there really is a deadlock, and it is the action that is sacrificed."""
    monkeypatch.setattr(locks, "ATTEMPTS", 1)
    patched = opponent.step_in(approving.refresh_labels)
    monkeypatch.setattr(approving, "refresh_labels", patched)
    with pytest.raises(OperationalError, match="deadlock"):
        RejectCluster(cluster_id=opponent.cluster.pk, actor=reviewer).execute()
    assert not MergeDecision.objects.exists()


def test_inside_another_transaction_it_is_not_tried_again(opponent, reviewer, monkeypatch):
    patched = opponent.step_in(approving.refresh_labels)
    monkeypatch.setattr(approving, "refresh_labels", patched)
    action = RejectCluster(cluster_id=opponent.cluster.pk, actor=reviewer)
    with pytest.raises(OperationalError, match="deadlock"), transaction.atomic():
        action.execute()
