"""The preview tells what a threshold or another version would change; nothing is written."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finetuning.lifecycle import activation, polling, start
from finetuning.models import DeduplicationModel, ModelPrediction
from finetuning.thresholds import clusters, held_out, merges
from finetuning.thresholds.changes import Proposal, as_it_is
from finetuning.thresholds.held_out import HeldOut, Share, StoredCurve
from finetuning.thresholds.histogram import histogram_of
from finetuning.thresholds.preview import preview
from insights.clustering.run import run_clustering
from insights.models import Cluster, Insight, MergeDecision
from insights.review.actions import MergeAutomatically
from tests.conftest import unit_vector


@pytest.fixture(autouse=True)
def _own_answers():
    held_out._asked.cache_clear()


@pytest.fixture
def recorded(scripted, similar_pair):
    """A pair of insights about which the active version has said this."""

    def make(statement1, statement2, probability, model=None, cosine=0.8):
        pair = similar_pair(statement1, statement2, cosine)
        first, second = sorted(pair, key=lambda one: one.pk)
        scripted.says(probability, first, second)
        ModelPrediction.objects.create(
            model=model or scripted.model, insight1=first, insight2=second,
            prediction=probability >= 0.5, probability=probability,
            confidence=max(probability, 1 - probability), similarity_score=cosine,
            origin="ingestion",
        )  # fmt: skip
        return pair

    return make


def at(scripted, auto_merge=0.9, cluster_out=0.7):
    return Proposal(scripted.model, auto_merge, cluster_out)


# --- The held-out decisions -----------------------------------------------------------------------


def test_precision_and_coverage_are_counted_with_their_intervals():
    measured = HeldOut(
        np.array([0.99, 0.95, 0.95, 0.92, 0.3]),
        np.array([True, True, False, False, True]),
        np.array([False, False, False, True, False]),  # the fourth differs in a number
    ).at(0.9)
    assert (measured.precision, measured.coverage) == (Share(2, 3), Share(3, 5))
    assert measured.recall == Share(2, 3)
    assert str(Share(2, 3)) == "0.667 [0.21, 0.94]"
    assert str(Share(0, 0)) == "–"


def test_an_evaluated_curve_stands_in_where_a_version_cannot_be_asked(db, monkeypatch):
    point = {"threshold": 0.9, "selected": 10, "precision": 0.9, "recall": 0.5, "coverage": 0.25}
    hosted = DeduplicationModel(
        version=9, backend="openai", base_model="gpt", status="succeeded",
        metrics={"n_positive": 20, "n_negative": 20, "curve": [{**point, "threshold": 0.5}, point]},
    )  # fmt: skip
    monkeypatch.setattr(held_out, "Predictor", None)  # it would be asked for money
    (measured,) = held_out.held_out_of([hosted])
    assert isinstance(measured, StoredCurve)
    assert measured.at(0.95).precision == Share(9, 10)
    assert measured.at(0.95).coverage == Share(10, 40)
    assert measured.at(0.95).threshold == 0.9
    assert StoredCurve({}).at(0.9) is None


def test_both_versions_are_measured_on_the_same_held_out_pairs(decisions):
    one = polling.wait(start.start_fine_tuning())
    other = polling.wait(start.start_fine_tuning())
    first, second = held_out.held_out_of([one, other])
    assert first.at(0.9) == second.at(0.9)  # the same decisions, the same training
    assert first.at(0.5).precision.value > 0.9
    assert first.at(0.5).coverage.of == other.metrics["held_out"]["count"]


# --- Merges ---------------------------------------------------------------------------------------


def test_lowering_merges_more_and_what_differs_in_a_number_still_waits(scripted, recorded):
    recorded("The rota is late", "The rota comes too late", 0.85)
    recorded("The ward has 12 beds", "The ward has 21 beds", 0.86)
    recorded("The canteen is closed", "Lunch is not to be had", 0.5)
    found = preview(at(scripted, 0.8))
    (flip,) = found.merges.gained
    assert (flip.newer_statement, flip.older_statement) == (
        "The rota comes too late",
        "The rota is late",
    )
    assert (flip.before, flip.after, flip.person, flip.decision) == (0.85, 0.85, None, None)
    assert (found.merges.held_back, found.merges.lost, found.merges.insights) == (1, [], 6)
    assert found.sentences()[0].startswith(
        "1 more of the last 6 insights would have been merged automatically. 1 more passes "
    )


def test_raising_merges_fewer_and_names_the_receipt(scripted, recorded):
    one, other = recorded("The rota is late", "The rota comes too late", 0.93)
    decision = MergeAutomatically(
        canonical_id=one.pk, duplicate_id=other.pk, model_id=scripted.model.pk,
        model_version="version 3",
    ).execute()  # fmt: skip
    (flip,) = preview(at(scripted, 0.95)).merges.lost
    assert (flip.newer, flip.older, flip.decision) == (other.pk, one.pk, decision.pk)
    assert preview(at(scripted, 0.93)).merges.lost == []  # it is merged from there on


def test_what_differs_in_a_number_is_told_only_where_the_proposal_makes_it_sure(scripted, recorded):
    recorded("The ward has 12 beds", "The ward has 21 beds", 0.93)
    assert preview(at(scripted, 0.95)).merges.held_back == 0
    DeduplicationModel.objects.update(auto_merge_confidence=0.95)
    scripted.model.refresh_from_db()
    assert preview(at(scripted, 0.9)).merges.held_back == 1


def test_what_goes_elsewhere_as_sure_is_no_change(scripted, recorded, make_insight):
    _, other = recorded("The rota is late", "The rota comes too late", 0.97)
    third = make_insight("The rota arrives too late")
    first, second = sorted((third, other), key=lambda each: each.pk)
    ModelPrediction.objects.create(
        model=scripted.model, insight1=first, insight2=second, prediction=True, probability=0.91,
        confidence=0.91, similarity_score=0.8, origin="ingestion",
    )  # fmt: skip
    flips = preview(at(scripted, 0.95)).merges
    assert [flip.newer for flip in flips.lost] == [third.pk]  # the third only had the weaker one


def test_what_a_reviewer_wrote_never_came_in_to_be_merged(scripted, recorded):
    pair = recorded("The rota is late", "Rotas come too late", 0.85)
    newer = max(pair, key=lambda one: (one.created_at, one.pk))
    assert len(preview(at(scripted, 0.8)).merges.gained) == 1
    Insight.objects.filter(pk=newer.pk).update(origin="edited")
    assert preview(at(scripted, 0.8)).merges.gained == []


def test_what_a_person_said_comes_first(scripted, recorded, decide):
    recorded("The rota is late", "The rota comes too late", 0.8)
    pair = recorded("The invoice is late", "The invoice comes too late", 0.85)
    decide(list(pair), same=False)
    gained = preview(at(scripted, 0.75)).merges.gained
    assert [flip.person for flip in gained] == [False, None]


def test_another_version_is_asked_about_the_pairs_at_hand_and_nothing_is_recorded(
    scripted, recorded
):
    one, other = recorded("The rota is late", "The rota comes too late", 0.2)
    successor = DeduplicationModel.objects.create(
        version=4, backend="local", base_model="local-logistic-v1", status="succeeded",
        auto_merge_proof="threshold",
    )  # fmt: skip
    scripted.says(0.96, one, other)
    before = ModelPrediction.objects.count(), list(Cluster.objects.values_list("pk", "status"))
    found = preview(as_it_is(successor))
    (flip,) = found.merges.gained
    assert (flip.before, flip.after) == (0.2, 0.96)
    assert found.measured is None
    assert "Version 4 (local) was not measured on held-out pairs." in found.sentences()
    assert before == (
        ModelPrediction.objects.count(),
        list(Cluster.objects.values_list("pk", "status")),
    )
    assert not MergeDecision.objects.exists()


def test_merges_that_the_version_has_not_earned_are_no_gain(scripted, recorded):
    recorded("The rota is late", "The rota comes too late", 0.85)
    proposed = Proposal(scripted.model, 0.8, 0.7, auto_merge_proof="earned")
    found = preview(proposed)
    assert (found.merges.gained, found.merges.unearned) == ([], 1)
    assert "has not earned merges of that kind yet" in found.sentences()[0]
    (flip,) = preview(at(scripted, 0.8)).merges.gained
    assert flip.after == 0.85


def test_the_auto_merge_threshold_alone_regroups_nothing(scripted, recorded, monkeypatch):
    recorded("The rota is late", "The rota comes too late", 0.85)
    monkeypatch.setattr("finetuning.thresholds.preview.cluster_changes", None)
    assert preview(at(scripted, 0.8)).clusters.changes == []


def test_the_histogram_counts_what_the_version_said(scripted, recorded):
    recorded("The rota is late", "The rota comes too late", 0.85)
    recorded("Parking is free", "Parking costs nothing", 1.0)
    ModelPrediction.objects.filter(probability=1.0).update(actual_label=True)
    with CaptureQueriesContext(connection) as queries:
        found = histogram_of(scripted.model)
    assert len(queries) <= 4, "not one by step"
    assert (found.total, found.open[42], found.same[49]) == (2, 1, 1)
    assert found.merging[35][-1] == "2 pairs that it has judged are above 0.85."
    assert found.merging[36][-1] == "1 pair that it has judged is above 0.86."
    assert (found.apart[85], found.apart[86]) == (0, 1)


def test_a_hosted_version_is_not_asked_for_money_and_the_page_says_so(scripted, recorded):
    recorded("The rota is late", "The rota comes too late", 0.95)
    hosted = DeduplicationModel.objects.create(
        version=4, backend="openai", base_model="gpt", status="succeeded"
    )
    found = preview(as_it_is(hosted))
    assert scripted.asked == []
    assert found.merges.limits == [
        "1 of the 1 pairs were never judged by version 4 (OpenAI); they are left out."
    ]


def test_with_no_version_today_nothing_is_merged_today(scripted, recorded):
    recorded("The rota is late", "The rota comes too late", 0.95)
    activation.deactivate()
    found = preview(as_it_is(scripted.model))
    assert (found.today, len(found.merges.gained), found.measured_today) == (None, 1, None)


def test_the_lists_are_bounded_and_say_what_they_leave_out(scripted, recorded, monkeypatch):
    for n in range(4):
        recorded(f"The rota of ward {'abcd'[n]} is late", f"Ward {'abcd'[n]} has a late rota", 0.85)
    monkeypatch.setattr(merges, "PAIRS", 3)
    monkeypatch.setattr(merges, "CONCERNED", 2)
    found = preview(at(scripted, 0.8)).merges
    assert (found.pairs, len(found.flips)) == (3, 2)
    assert "Of more than 3 pairs, the 3 most similar were taken." in found.limits
    assert any("the lists show 2 of them: " in one for one in found.limits)
    monkeypatch.setattr(merges, "INSIGHTS", 1)
    assert len(preview(at(scripted, 0.8)).merges.flips) == 1


# --- Clusters -------------------------------------------------------------------------------------


@pytest.fixture
def open_clusters(scripted, recorded, settings):
    """Create clusters of two at 0.95 and 0.75, and a pair at 0.6 that is not proposed."""
    settings.DUPLICATE_DECIDER = "finetuning.inference.decider.ActiveModelDecider"
    recorded("The rota is late", "The rota comes too late", 0.95)
    recorded("The badge is lost", "Somebody lost a badge", 0.75)
    recorded("The alarm is loud", "A loud alarm rings", 0.6)
    run_clustering()
    assert Cluster.objects.filter(status="open").count() == 2


def fates(found):
    return sorted((one.fate, len(one.pieces)) for one in found.clusters.changes)


def test_clusters_vanish_above_and_open_below_as_the_run_then_does(open_clusters, scripted):
    found = preview(at(scripted, cluster_out=0.8))
    assert fates(found) == [("vanishes", 2)]
    assert "1 open cluster would vanish." in found.sentences()
    found = preview(at(scripted, cluster_out=0.5))
    assert fates(found) == [("opens", 1)]
    assert "1 new one would be opened." in found.sentences()
    assert Cluster.objects.filter(status="open").count() == 2
    DeduplicationModel.objects.update(cluster_out_confidence=0.5)
    run_clustering()
    assert Cluster.objects.filter(status="open").count() == 3


def test_clusters_split_and_are_joined(scripted, make_insight, settings):
    settings.DUPLICATE_DECIDER = "finetuning.inference.decider.ActiveModelDecider"
    center = unit_vector("center")
    four = [make_insight(f"s{n}", unit_vector(f"s{n}", near=center, cosine=0.95)) for n in range(4)]
    scripted.default = 0.6
    scripted.says(0.95, four[0], four[1])
    scripted.says(0.95, four[2], four[3])
    run_clustering()
    assert sorted(Cluster.objects.values_list("size", flat=True)) == [2, 2]
    assert fates(preview(at(scripted, cluster_out=0.55))) == [("joined", 1), ("joined", 1)]
    DeduplicationModel.objects.update(cluster_out_confidence=0.55)
    run_clustering()
    scripted.model.refresh_from_db()
    (change,) = preview(at(scripted, cluster_out=0.8)).clusters.changes
    assert change.fate == "split"
    assert {frozenset(piece) for piece in change.pieces} == {
        frozenset({four[0].pk, four[1].pk}),
        frozenset({four[2].pk, four[3].pk}),
    }


def test_what_the_next_run_changes_anyway_is_not_put_down_to_the_proposal(open_clusters, scripted):
    DeduplicationModel.objects.update(cluster_out_confidence=0.8)
    scripted.model.refresh_from_db()
    found = preview(at(scripted, 0.95, cluster_out=0.79))
    assert (found.clusters.changes, found.clusters.anyway) == ([], 1)
    assert any(one.startswith("1 more changes at the next") for one in found.sentences())
    (stays,) = preview(at(scripted, cluster_out=0.7)).clusters.changes
    assert stays.fate == "stays"


def test_what_people_decided_binds_the_preview_too(open_clusters, scripted, decide):
    alarm = list(Insight.objects.filter(statement__contains="alarm"))
    decide(alarm, same=False)
    assert fates(preview(at(scripted, cluster_out=0.5))) == []


def test_only_the_first_of_the_queue_are_looked_at(open_clusters, scripted, monkeypatch):
    monkeypatch.setattr(clusters, "CLUSTERS", 1)
    found = preview(at(scripted, cluster_out=0.8)).clusters
    assert (found.open, found.looked_at) == (2, 1)
    assert found.limits == ["Only the first 1 of 2 open clusters in the queue were compared."]


def test_a_preview_takes_the_same_queries_however_much_there_is(scripted, recorded, settings):
    settings.DUPLICATE_DECIDER = "finetuning.inference.decider.ActiveModelDecider"
    taken, made = [], 0
    for number in (3, 30):
        for one in range(made, number):
            word = f"{'abcdefghij'[one % 10]}{'klm'[one // 10]}"
            recorded(f"The {word} rota is late", f"The {word} rota comes too late", 0.85)
        made = number
        run_clustering()
        with CaptureQueriesContext(connection) as caught:
            found = preview(at(scripted, 0.8, 0.86))
        assert len(found.merges.flips) == len(found.clusters.changes) == number
        taken.append(len(caught))
    assert taken[0] == taken[1] < 30
