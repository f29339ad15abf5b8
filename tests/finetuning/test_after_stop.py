"""After a stop: the lowest threshold that would have been right, on what was never learned."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from finetuning.models import DeduplicationModel, ModelPrediction
from finetuning.thresholds.after_stop import advise, safer_threshold
from insights.audit.stop import _tell_leads
from insights.models import AutoMergeStop

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(scripted):
    DeduplicationModel.objects.update(
        created_at=timezone.now() - timedelta(days=7), auto_merge_confidence=0.9
    )
    scripted.model.refresh_from_db()
    return scripted.model


@pytest.fixture
def stop(model):
    return AutoMergeStop.objects.create(reason="Too often wrong.", model_version=str(model))


@pytest.fixture
def judged(model, make_insight):
    """Pairs that came in after the model was made; what people say of each."""
    names = iter(range(10_000))

    def make(probability, right, n=1, statement="The rota"):
        rows = []
        for number in (next(names) for _ in range(n)):
            pair = [make_insight(f"{statement} {word} {number}") for word in ("one", "two")]
            first, second = sorted(pair, key=lambda one: one.pk)
            rows.append(
                ModelPrediction(
                    model=model,
                    insight1=first,
                    insight2=second,
                    prediction=True,
                    probability=probability,
                    confidence=probability,
                    similarity_score=0.8,
                    origin="ingestion",
                    actual_label=right,
                )
            )
        return ModelPrediction.objects.bulk_create(rows)

    return make


@pytest.fixture(autouse=True)
def _no_differences(monkeypatch):
    """A number in a statement keeps the tests' pairs apart, and would be a near miss."""
    monkeypatch.setattr(
        "finetuning.thresholds.after_stop.differences_of",
        lambda pair: ("hours",) if "hours" in pair.statement1 else (),
    )


def test_the_lowest_threshold_over_all_that_was_wrong_is_proposed_with_how_sure_it_is(stop, judged):
    judged(0.92, False, 3)
    judged(0.91, True, 5)
    judged(0.97, True, 30)
    found = safer_threshold(stop)
    assert (found.threshold, found.right, found.count, found.is_sure) == (0.921, 30, 30, False)
    advice = advise(stop)
    assert "From 0.921, 30 of 30 pairs that people have judged" in advice.sentence
    assert "prove only 88.4%" in advice.sentence
    assert "auto_merge_confidence=0.921" in advice.url


def test_one_that_is_surely_enough_goes_before_one_that_only_looks_so(stop, judged, settings):
    settings.AUTO_MERGE_PRECISION = 0.9
    judged(0.905, False, 2)
    judged(0.95, True, 20)
    judged(0.96, False, 1)
    judged(0.98, True, 60)
    found = safer_threshold(stop)
    assert found.is_sure
    # From 0.9 on 80 of 83 are right, yet surely only 0.898; from 0.906 on 80 of 81, surely 0.933.
    assert (found.threshold, found.right, found.count) == (0.906, 80, 81)
    assert "with 95% confidence at least 93.3%" in advise(stop).sentence


def test_few_pairs_propose_nothing_and_say_so(stop, judged):
    judged(0.95, False)
    judged(0.97, True, 19)
    assert safer_threshold(stop).threshold is None
    advice = advise(stop)
    assert "surest wrong one had a probability of 0.950" in advice.sentence
    assert not advice.url


def test_where_no_number_is_due_to_be_audited_it_proposes_from_one_pair_on(stop, judged, settings):
    settings.AUDIT_LEAST_A_WEEK = 0
    judged(0.92, False)
    assert safer_threshold(stop).threshold is None
    judged(0.95, True)
    assert safer_threshold(stop).threshold == 0.921


def test_what_the_version_learned_from_or_would_not_merge_does_not_count(stop, judged, model):
    judged(0.92, False)
    judged(0.97, True, 20)
    judged(0.99, False, statement="In 3 hours")  # the guard holds it back
    judged(0.89, False)
    judged(0.99, None)
    old = judged(0.99, False)[0]
    for insight in (old.insight1, old.insight2):
        type(insight).objects.filter(pk=insight.pk).update(
            created_at=model.created_at - timedelta(days=1)
        )
    found = safer_threshold(stop)
    assert (found.judged, found.threshold, found.count) == (21, 0.921, 20)


def test_after_the_threshold_was_raised_it_says_that_it_holds(stop, judged, model):
    judged(0.92, False)
    judged(0.97, True, 30)
    judged(0.99, False)
    judged(0.995, True, 150)
    DeduplicationModel.objects.update(auto_merge_confidence=0.95)
    assert "already merges from there" in advise(stop).sentence


def test_of_another_version_or_without_a_mistake_nothing_is_said(stop, judged, model):
    judged(0.97, True, 30)
    assert advise(stop) is None
    judged(0.92, False)
    assert advise(stop) is not None
    stop.model_version = "version 99 (local)"
    assert advise(stop) is None


def test_the_page_of_the_stop_leads_to_the_preview_and_the_letter_says_it(
    stop, judged, reviewer, client
):
    judged(0.92, False)
    judged(0.97, True, 30)
    client.force_login(reviewer)
    page = client.get(reverse("admin:insights_automergestop_change", args=[stop.pk]))
    (advice,) = page.context["advice"]
    assert advice.sentence in page.content.decode()
    preview = client.get(advice.url)
    assert preview.status_code == 200
    assert preview.context["preview"].proposed.auto_merge_confidence == 0.921
    reviewer.email = "rosa@example.org"
    reviewer.save()
    _tell_leads(stop)
    assert advice.sentence in mail.outbox[0].body
