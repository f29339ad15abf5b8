"""Model versions in the admin: measured, switched, cancelled, exported; each change logged."""

import json

import pytest
from django.urls import reverse

from finetuning.models import DeduplicationModel, ModelEvent, ModelPrediction

LIST = "admin:finetuning_deduplicationmodel_changelist"


@pytest.fixture
def model(fill):
    fill(2)
    model = DeduplicationModel.objects.get(version=1)
    model.metrics = {
        "held_out": {"average_precision": 0.913, "f1": 0.8, "brier": 0.07},
        "baseline": {"average_precision": 0.611, "f1": 0.5, "brier": 0.2},
        "previous": {"version": 7, "average_precision": 0.722},
        "comparison": {"baseline": None, "previous": None},
        "curve": [
            {
                "threshold": 0.9,
                "selected": 12,
                "precision": 0.987,
                "precision_low": 0.9,
                "recall": 0.5,
                "coverage": 0.3,
            }
        ],
        "reliability": [],
        "chosen_threshold": None,
        "reason": None,
    }
    model.training_stats = {"warnings": ["Out of balance: 9 positive."]}
    model.save()
    return model


def url(action, model=None):
    return reverse(
        f"admin:finetuning_deduplicationmodel_{action}", args=[model.pk] if model else []
    )


def test_a_models_page_compares_it_with_similarity_and_the_version_before(as_viewer, model):
    page = as_viewer.get(url("change", model)).content.decode()
    for shown in ("0.913", "0.611", "0.722", "version 7", "0.987", "⚠ Out of balance"):
        assert shown in page
    assert "Activate" not in page


def test_the_list_shows_the_measures_beside_similarity(as_viewer, model):
    assert "0.913 vs 0.611" in as_viewer.get(reverse(LIST)).content.decode()


def test_a_model_without_metrics_has_a_page(as_reviewer, model):
    DeduplicationModel.objects.update(metrics={"held_out": None, "reason": "None held out."})
    assert "None held out." in as_reviewer.get(url("change", model)).content.decode()
    DeduplicationModel.objects.update(metrics={})
    assert "Nothing measured yet." in as_reviewer.get(url("change", model)).content.decode()


def test_activating_asks_first_and_is_logged_with_the_actor(as_reviewer, reviewer, model):
    asked = as_reviewer.post(url("activate", model))
    assert "Activate version 1 (local)?" in asked.content.decode()
    assert not DeduplicationModel.objects.filter(is_active=True).exists()

    as_reviewer.post(url("activate", model), {"confirmed": "yes"})
    assert DeduplicationModel.objects.get(is_active=True) == model
    assert ModelEvent.objects.filter(model=model, message="Activated.", actor=reviewer).exists()

    as_reviewer.post(url("deactivate"))
    assert not DeduplicationModel.objects.filter(is_active=True).exists()
    assert (
        "No model was active" in as_reviewer.post(url("deactivate"), follow=True).content.decode()
    )


def test_a_finished_model_cannot_be_cancelled(as_reviewer, model):
    response = as_reviewer.post(url("cancel", model), follow=True)
    assert "there is nothing to cancel" in response.content.decode()


def test_a_failed_model_cannot_be_activated(as_reviewer, model):
    DeduplicationModel.objects.update(status="failed")
    response = as_reviewer.post(url("activate", model), {"confirmed": "yes"}, follow=True)
    assert "cannot be activated" in response.content.decode()


def test_an_unfinished_model_can_be_cancelled_and_its_page_refreshes(as_reviewer, model):
    DeduplicationModel.objects.filter(pk=model.pk).update(status="queued")
    page = as_reviewer.get(url("change", model)).content.decode()
    assert '<meta http-equiv="refresh"' in page
    assert "Train now" in page
    as_reviewer.post(url("cancel", model))
    model.refresh_from_db()
    assert model.status == "cancelled"


def test_fine_tuning_without_training_data_says_what_is_missing(as_reviewer, db):
    response = as_reviewer.post(url("start"), follow=True)
    assert "No training data available" in response.content.decode()
    assert not DeduplicationModel.objects.exists()


def test_the_misclassifications_are_listed_surest_first(as_viewer, model):
    prediction = ModelPrediction.objects.get()
    page = as_viewer.get(url("evaluation"), {"model": str(model.pk)})
    assert list(page.context["mistakes"]) == [prediction]
    assert "<b>0.0 %</b>" in page.content.decode()
    predictions = reverse("admin:finetuning_modelprediction_changelist")
    for outcome, count in [("incorrect", 1), ("correct", 0), ("reviewed", 1), ("waiting", 0)]:
        shown = as_viewer.get(predictions, {"outcome": outcome, "model": str(model.pk)})
        assert shown.context["cl"].result_count == count
    assert as_viewer.get(predictions, {"model": "x"}).status_code == 200


def test_evaluation_without_a_model_says_so(as_viewer, db):
    assert "No version has been trained yet." in as_viewer.get(url("evaluation")).content.decode()


def test_training_data_is_downloaded(as_viewer, reviewer, make_cluster):
    from insights.review.actions import RejectCluster

    cluster = make_cluster(["Rotas are late", "Swaps are hard"])
    RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    response = as_viewer.get(url("export_json"))
    assert response.streaming
    assert "attachment" in response["Content-Disposition"]
    exported = json.loads(b"".join(response.streaming_content))
    assert {exported["examples"][0]["statement1"], exported["examples"][0]["statement2"]} == {
        "Rotas are late",
        "Swaps are hard",
    }


def test_without_training_data_the_download_says_why(as_viewer, db):
    response = as_viewer.get(url("export_jsonl"), follow=True)
    assert "No training data available" in response.content.decode()
