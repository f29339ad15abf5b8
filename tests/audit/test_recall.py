"""Measured recall: random pairs that were never proposed, and an interval that keeps its word."""

import numpy as np
import pytest
from django.urls import reverse

from insights.audit import recall
from insights.audit.recall import (
    Band,
    answer_recall,
    draw_recall_sample,
    measured_recall,
    missed_in,
    next_recall_pair,
)
from insights.models import PairLabel, RecallPair
from insights.review.errors import ReviewError, Stale
from tests.conftest import unit_vector


def test_the_interval_holds_the_truth_in_95_of_100_simulated_years():
    random = np.random.default_rng(1)
    held = 0
    for _ in range(1000):
        sizes = random.integers(200, 20_000, 3)
        truth = [
            int(size * share) for size, share in zip(sizes, random.beta(0.5, 20, 3), strict=True)
        ]
        bands = [
            Band(int(size), 40, int(random.hypergeometric(same, size - same, 40)))
            for size, same in zip(sizes, truth, strict=True)
        ]
        estimate, low, high = missed_in(bands)
        assert low <= estimate <= high
        held += low <= sum(truth) <= high
    assert held >= 950


def test_a_band_that_nobody_has_judged_may_hold_any_number():
    assert missed_in([Band(100, 0, 0)]) == (0.0, 0, 100.0)
    assert missed_in([]) == (0.0, 0.0, 0.0)


@pytest.fixture
def below(make_insight, settings):
    """Four insights a little below the threshold of each other: six pairs."""
    settings.CANDIDATE_SIMILARITY = 0.64
    vectors = np.zeros((4, 384))
    for row in range(4):
        vectors[row, 0] = np.sqrt(0.5)
        vectors[row, row + 1] = np.sqrt(0.5)
    return [make_insight(f"statement {row}", vector) for row, vector in enumerate(vectors)]


@pytest.mark.django_db
def test_pairs_below_the_threshold_are_drawn_and_those_judged_are_not(below, reviewer):
    sample = draw_recall_sample(seed=1)
    assert [band["pairs"] for band in sample.bands] == [0, 6, 0, 0]
    first = next_recall_pair()
    answer_recall(first.pk, reviewer=reviewer, same=True)
    assert PairLabel.objects.get().is_same
    with pytest.raises(Stale):
        answer_recall(first.pk, reviewer=reviewer, same=False)
    for _ in range(5):
        answer_recall(next_recall_pair().pk, reviewer=reviewer, same=False)
    assert next_recall_pair() is None
    found = measured_recall()
    assert (found.judged, found.waiting, found.missed) == (6, 0, 1.0)
    assert found.low == 1 < found.high
    with pytest.raises(ReviewError, match="nothing to draw"):
        draw_recall_sample()


@pytest.mark.django_db
def test_similar_pairs_that_the_model_keeps_out_of_clusters_are_drawn(
    below, make_insight, make_cluster
):
    def similar(one, other):
        near = unit_vector(other, near=unit_vector(one), cosine=0.9)
        return [make_insight(one), make_insight(other, near)]

    kept_out = similar("The rota is late", "The rota is never on time")
    make_cluster(similar("Parking is dear", "Parking costs too much"))
    sample = draw_recall_sample(seed=1)
    assert sample.bands[-1]["least"] == pytest.approx(0.64)
    assert sample.bands[-1]["pairs"] == 1
    (drawn,) = RecallPair.objects.filter(band=3)
    assert {drawn.insight1, drawn.insight2} == set(kept_out)


@pytest.mark.django_db
def test_in_a_large_repository_some_insights_are_drawn_and_the_counts_scaled(below, monkeypatch):
    monkeypatch.setattr(recall, "INSIGHTS", 2)
    sample = draw_recall_sample(seed=1)
    assert sum(band["pairs"] for band in sample.bands) == 4  # one pair of two, times (4 / 2) ** 2
    assert RecallPair.objects.count() == 1


@pytest.mark.django_db
def test_the_queue_shows_two_statements_and_the_audit_page_the_result(below, client, reviewer):
    client.force_login(reviewer)
    audit = reverse("admin:insights_audititem_changelist")
    assert b"not measured yet" in client.get(audit).content
    page = client.post(reverse("admin:insights_recallpair_draw"), follow=True)
    for _ in range(6):
        pair = page.context["original"]
        assert page.content.decode().count('class="statement"') == 2
        url = reverse("admin:insights_recallpair_answer", args=[pair.pk])
        page = client.post(url, {"same": "no"}, follow=True)
    assert page.request["PATH_INFO"] == audit
    assert b"About 0 duplicates are missed" in page.content
