"""Thresholds are moved once, by people, with a row that undoes it; nobody is overwritten."""

import pytest
from django.db import IntegrityError, transaction

from finetuning.errors import FineTuningError, NotPossible, StaleThresholds
from finetuning.lifecycle import activation, start
from finetuning.lifecycle.retraining import retrain
from finetuning.ml.gate import gate
from finetuning.models import DeduplicationModel, ModelEvent, ThresholdChange
from finetuning.thresholds.changes import (
    Proposal,
    change_thresholds,
    fingerprint,
    undo_change,
)
from insights.clustering.run import run_clustering
from tests.conftest import unit_vector


@pytest.fixture
def versions(db):
    made = [
        DeduplicationModel.objects.create(
            version=number, backend="local", base_model="local-logistic-v1", status="succeeded"
        )
        for number in (1, 2)
    ]
    return activation.activate(made[0]), made[1]


def state():
    active = DeduplicationModel.objects.active()
    return (
        active and active.version,
        list(
            DeduplicationModel.objects.order_by("version").values_list(
                "auto_merge_confidence", "cluster_out_confidence"
            )
        ),
    )


def test_a_change_is_written_with_who_and_from_what_and_undone_by_a_row(versions, reviewer):
    one, _ = versions
    change = change_thresholds(Proposal(one, 0.97, 0.6), actor=reviewer, comment="too many slips")
    assert state() == (1, [(0.97, 0.6), (0.9, 0.7)])
    assert (
        str(change) == "version 1: auto-merge from 0.9 → 0.97; version 1: clusters from 0.7 → 0.6"
    )
    assert (change.actor, change.comment) == (reviewer, "too many slips")
    assert ModelEvent.objects.filter(model=one, actor=reviewer, message__contains="0.97").exists()
    undone = undo_change(change.pk, actor=reviewer)
    assert state() == (1, [(0.9, 0.7), (0.9, 0.7)])
    assert undone.undoes == change
    assert ThresholdChange.objects.count() == 2
    with pytest.raises(NotPossible, match="already undone"):
        undo_change(change.pk, actor=reviewer)
    with pytest.raises(NotPossible, match="It undid another change"):
        undo_change(undone.pk, actor=reviewer)


def test_a_change_is_undone_once_says_the_database(versions, reviewer):
    change = change_thresholds(Proposal(versions[0], 0.97, 0.7), actor=reviewer)
    undo_change(change.pk, actor=reviewer)
    copy = ThresholdChange.objects.get(undoes=change)
    copy.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_another_version_is_let_decide_and_undo_lets_the_former_decide_again(versions, reviewer):
    one, other = versions
    change = change_thresholds(Proposal(other, 0.95, 0.7), actor=reviewer, activate=True)
    assert state() == (2, [(0.9, 0.7), (0.95, 0.7)])
    assert (change.active_before, change.active_after) == (one, other)
    undo_change(change.pk, actor=reviewer)
    assert state() == (1, [(0.9, 0.7), (0.9, 0.7)])


def test_with_no_version_before_undo_goes_back_to_plain_similarity(versions, reviewer):
    activation.deactivate()
    change = change_thresholds(Proposal(versions[1], 0.9, 0.7), actor=reviewer, activate=True)
    assert state()[0] == 2
    undo_change(change.pk, actor=reviewer)
    assert state()[0] is None


def test_without_activating_only_the_thresholds_of_that_version_move(versions, reviewer):
    change_thresholds(Proposal(versions[1], 0.95, 0.7), actor=reviewer)
    assert state() == (1, [(0.9, 0.7), (0.95, 0.7)])


def test_a_change_on_what_somebody_else_moved_meanwhile_is_refused(versions, reviewer):
    one, other = versions
    seen = fingerprint(one, one)
    change_thresholds(Proposal(one, 0.93, 0.7), actor=reviewer)
    before = state()
    with pytest.raises(StaleThresholds, match=r"merges from 0\.93"):
        change_thresholds(Proposal(one, 0.97, 0.7), actor=reviewer, seen=seen)
    assert state() == before
    one.refresh_from_db()
    seen = fingerprint(one, one)
    activation.activate(other)
    with pytest.raises(StaleThresholds, match="version 2"):
        change_thresholds(Proposal(one, 0.97, 0.7), actor=reviewer, seen=seen)
    assert ThresholdChange.objects.count() == 1


def test_undo_is_refused_when_something_newer_stands_on_it_and_says_what(versions, reviewer):
    one, other = versions
    first = change_thresholds(Proposal(one, 0.93, 0.7), actor=reviewer)
    second = change_thresholds(Proposal(one, 0.97, 0.7), actor=reviewer)
    with pytest.raises(NotPossible, match=r"Something newer changed it: .* merges from 0\.97"):
        undo_change(first.pk, actor=reviewer)
    undo_change(second.pk, actor=reviewer)
    undo_change(first.pk, actor=reviewer)
    assert state() == (1, [(0.9, 0.7), (0.9, 0.7)])
    switch = change_thresholds(Proposal(other, 0.9, 0.7), actor=reviewer, activate=True)
    activation.activate(one)
    with pytest.raises(NotPossible, match="version 1"):
        undo_change(switch.pk, actor=reviewer)


def test_nothing_goes_below_the_guides_confidence_unless_it_is_said(versions, reviewer):
    one, other = versions
    with pytest.raises(FineTuningError, match=r"below 0\.90"):
        change_thresholds(Proposal(one, 0.89, 0.7), actor=reviewer)
    assert change_thresholds(Proposal(one, 0.89, 0.7), actor=reviewer, may_go_below_floor=True)
    assert change_thresholds(Proposal(one, 0.89, 0.5), actor=reviewer)  # it was said already
    DeduplicationModel.objects.filter(pk=other.pk).update(auto_merge_confidence=0.8)
    with pytest.raises(FineTuningError, match=r"below 0\.90"):
        change_thresholds(Proposal(other, 0.8, 0.7), actor=reviewer, activate=True)


@pytest.mark.parametrize(
    ("auto_merge", "cluster_out", "said"),
    [(0.49, 0.7, "0.50 to 1.00"), (1.01, 0.7, "0.50 to 1.00"), (float("nan"), 0.7, "0.50 to 1.00"),
     (0.9, -0.1, "0.00 to 0.90"), (0.9, 0.91, "0.00 to 0.90"), (0.9, float("nan"), "0.00 to 0.90")],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(versions, reviewer, auto_merge, cluster_out, said):
    with pytest.raises(FineTuningError, match=said):
        change_thresholds(
            Proposal(versions[0], auto_merge, cluster_out), actor=reviewer, may_go_below_floor=True
        )


def test_a_version_that_has_failed_has_no_thresholds(versions, reviewer):
    DeduplicationModel.objects.filter(version=2).update(status="failed")
    with pytest.raises(NotPossible, match="has not succeeded"):
        change_thresholds(Proposal(versions[1], 0.95, 0.7), actor=reviewer)


def test_what_is_so_already_leaves_no_row(versions, reviewer):
    assert change_thresholds(Proposal(versions[0], 0.9, 0.7), actor=reviewer, activate=True) is None
    assert not ThresholdChange.objects.exists()


def standing():
    changes = ThresholdChange.objects
    return changes.standing_auto_merge(), changes.standing_cluster_out()


def test_what_a_person_set_last_goes_over_to_new_versions(versions, reviewer, monkeypatch):
    monkeypatch.setattr("finetuning.lifecycle.start.submit", lambda model: None)
    one, _ = versions
    change_thresholds(Proposal(one, 0.97, 0.0), actor=reviewer)
    new = start.submit_new("For the test.", created_by=None, backend="local", base_model="b")
    assert (new.auto_merge_confidence, new.cluster_out_confidence) == (0.97, 0.0)
    lowered = change_thresholds(Proposal(one, 0.8, 0.0), actor=reviewer, may_go_below_floor=True)
    assert standing()[0] == 0.9  # less than the guide's holds for that version only
    undo_change(lowered.pk, actor=reviewer)
    assert standing() == (0.97, 0.0)
    undo_change(ThresholdChange.objects.order_by("created_at").first().pk, actor=reviewer)
    assert standing() == (0.9, 0.7)


def test_clustering_keeps_apart_what_is_under_the_active_versions_bound(
    scripted, similar_pair, reviewer, settings
):
    settings.DUPLICATE_DECIDER = "finetuning.inference.decider.ActiveModelDecider"
    first, second = similar_pair("The rota is late", "The rota comes too late", 0.8)
    scripted.says(0.65, first, second)
    run = run_clustering()
    assert (run.parameters["out"], run.counts["clusters"]) == (0.7, 0)
    change_thresholds(Proposal(scripted.model, 0.9, 0.6), actor=reviewer)
    run = run_clustering()
    assert (run.parameters["out"], run.counts["clusters"]) == (0.6, 1)
    change_thresholds(Proposal(scripted.model, 0.9, 0.0), actor=reviewer)
    assert run_clustering().parameters["out"] == 0.0  # an explicit 0 is none of "not given"


def test_an_explicit_similarity_of_0_is_not_the_default(make_insight):
    make_insight("a", unit_vector("a"))
    assert run_clustering(threshold=0.0).parameters["threshold"] == 0.0


def test_the_gate_chooses_nothing_under_what_a_person_set(
    versions, decisions, reviewer, monkeypatch
):
    activation.deactivate()
    change_thresholds(Proposal(versions[0], 0.985, 0.6), actor=reviewer)
    seen = {}

    def spy(*args, **kwargs):
        seen.update(kwargs)
        return gate(*args, **kwargs)

    monkeypatch.setattr("finetuning.evaluation.gate.gate", spy)
    run = retrain(always=True)
    assert (run.status, seen["floor"]) == ("succeeded", 0.985), run.error
    assert run.model.auto_merge_confidence >= 0.985
    assert run.model.cluster_out_confidence == 0.6
