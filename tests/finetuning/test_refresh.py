"""The active version measured anew: on decisions it does not know, once a day, and shown."""

from datetime import timedelta

import pytest
from django.urls import reverse

from finetuning import tasks
from finetuning.evaluation.learning_curve import gain_in_words
from finetuning.evaluation.refresh import refresh_evaluation
from finetuning.lifecycle import activation, polling, start
from finetuning.models import DeduplicationModel, ModelEvaluation, ModelPrediction, StatementSplit
from finetuning.training_data.dataset import build_dataset
from finetuning.training_data.files import examples_of, trained_statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def active(decisions):
    return activation.activate(polling.wait(start.start_fine_tuning()))


def test_it_is_measured_on_what_is_held_out_today(active, decide, similar_pair):
    before = refresh_evaluation()
    assert before.pairs == len(list(build_dataset().examples("held_out")))
    assert before.new_pairs == 0
    assert before.metrics["all"]["brier"] == pytest.approx(active.metrics["held_out"]["brier"])
    for number in range(30):
        pair = similar_pair(f"The lift {number} stood still", f"Lift no. {number} stood", 0.8)
        decide(list(pair), number % 2 == 0)

    after = refresh_evaluation()

    assert after.pk == before.pk, "one row a day"
    assert after.new_pairs == after.pairs - before.pairs > 0
    assert after.metrics["new"]["count"] == after.new_pairs


def test_another_day_is_another_row(active):
    first = refresh_evaluation()
    ModelEvaluation.objects.update(measured_on=first.measured_on - timedelta(days=1))
    refresh_evaluation()
    assert ModelEvaluation.objects.count() == 2


def test_what_it_was_trained_on_is_never_measured_on(active):
    """Even if somebody has moved statements to the other side by hand."""
    StatementSplit.objects.filter(content_hash__lt="8").update(held_out=True)
    trained = trained_statements(examples_of(active))
    now_held_out = list(build_dataset().examples("held_out"))
    allowed = [one for one in now_held_out if not {one.statement1, one.statement2} & trained]
    assert len(allowed) < len(now_held_out)
    assert refresh_evaluation().pairs == len(allowed)


def test_without_an_active_version_there_is_nothing_to_do(db):
    assert tasks.refresh_evaluation()["skipped"].startswith("no version is active")


def test_a_hosted_version_is_measured_on_what_it_said_already_and_asked_nothing(
    decisions, monkeypatch
):
    model = DeduplicationModel.objects.create(
        version=9, backend="zero_shot", base_model="x", status="succeeded", is_active=True
    )
    monkeypatch.setattr("finetuning.evaluation.refresh.backend_named", None)
    one, *_ = list(build_dataset().examples("held_out"))
    ModelPrediction.objects.create(
        model=model, insight1_id=min(one.insight1_id, one.insight2_id),
        insight2_id=max(one.insight1_id, one.insight2_id), prediction=True, probability=0.8,
        confidence=0.8, similarity_score=0.8, origin="clustering",
    )  # fmt: skip
    assert refresh_evaluation().pairs == 1


def test_the_page_and_the_front_page_show_it(active, client, reviewer, make_cluster):
    row = refresh_evaluation()
    teacher = make_cluster(["Rotas come late", "The rota is late"])
    client.force_login(reviewer)

    page = client.get(reverse("admin:finetuning_modelevaluation_change", args=[row.pk]))
    text = " ".join(page.content.decode().split())
    assert gain_in_words(row.curve["expected_gain"]) in text
    assert reverse("admin:review_item", args=[teacher.pk]) in text
    assert text.count('<figure class="chart">') == text.count("As a table</summary>") == 1

    front = {panel.title: panel for panel in client.get(reverse("admin:index")).context["panels"]}
    trend = front["Performance of the active version"]
    assert dict(trend.links)["What more decisions bring"].endswith(f"{row.pk}/change/")
