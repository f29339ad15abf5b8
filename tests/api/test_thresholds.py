"""Thresholds by the API: preview, apply what was seen, refuse what is stale, undo."""

import pytest

from finetuning.lifecycle import activation
from finetuning.models import DeduplicationModel, ThresholdChange


@pytest.fixture
def model(world):
    ThresholdChange.objects.all().delete()
    point = {"threshold": 0.9, "selected": 10, "precision": 0.9}
    DeduplicationModel.objects.update(
        metrics={"n_positive": 20, "n_negative": 20, "curve": [point]},
        auto_merge_proof="threshold",  # nothing was judged from which merges could be earned
    )
    world.model.refresh_from_db()
    return activation.activate(world.model)


@pytest.fixture
def thresholds(world):
    return world.path("/api/v1/models/<id>/thresholds")


def patch(api, path, **data):
    return api.patch(path, data, "application/json")


def held(model):
    model.refresh_from_db()
    return model.auto_merge_confidence, model.cluster_out_confidence


def test_a_preview_tells_what_would_change_and_is_applied_as_seen(api, model, thresholds, world):
    found = api.get(f"{thresholds}/preview", {"auto_merge_confidence": 0.96}).json()
    assert found["today"]["auto_merge_confidence"] == 0.9
    assert found["proposed"]["auto_merge_confidence"] == 0.96
    assert found["proposed"]["cluster_out_confidence"] == 0.7  # not given: it stays
    assert found["today"]["held_out"]["precision"] == {
        "value": 0.9, "count": 9, "of": 10, "low": pytest.approx(0.596, abs=0.001),
        "high": pytest.approx(0.982, abs=0.001),
    }  # fmt: skip
    assert found["proposed"]["held_out"]["coverage"]["value"] == 0.25
    (flip,) = found["merges"]["lost"]
    assert (flip["before"], flip["after"], found["merges"]["lost_count"]) == (0.95, 0.95, 1)
    assert flip["cluster"] == str(world.cluster.pk)
    assert found["sentences"][0].startswith("1 fewer of the last 4 insights")
    assert found["clusters"]["open"] == 1
    applied = patch(
        api, thresholds, auto_merge_confidence=0.96, seen=found["seen"], comment="slips"
    )
    assert applied.status_code == 200, applied.content
    assert (applied.json()["change"]["comment"], held(model)) == ("slips", (0.96, 0.7))


def test_a_change_on_what_somebody_else_moved_is_a_409_that_says_so(api, model, thresholds):
    seen = api.get(thresholds).json()["seen"]
    assert patch(api, thresholds, cluster_out_confidence=0.0).status_code == 200
    stale = patch(api, thresholds, auto_merge_confidence=0.96, seen=seen)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert "clusters from 0." in stale.json()["detail"]
    assert held(model) == (0.9, 0.0)


def test_less_than_the_guides_confidence_has_to_be_said(api, model, thresholds):
    refused = patch(api, thresholds, auto_merge_confidence=0.8)
    assert (refused.status_code, "below 0.90" in refused.json()["detail"]) == (422, True)
    assert patch(api, thresholds, auto_merge_confidence=0.49).status_code == 400
    assert patch(api, thresholds, cluster_out_confidence=0.95).status_code == 422
    assert held(model) == (0.9, 0.7)
    assert patch(api, thresholds, auto_merge_confidence=0.8, below_floor=True).status_code == 200
    assert held(model) == (0.8, 0.7)


def test_another_version_is_let_decide_and_undone(api, model):
    other = DeduplicationModel.objects.create(
        version=2, backend="local", base_model="local-logistic-v1", status="succeeded"
    )
    path = f"/api/v1/models/{other.pk}/thresholds"
    assert patch(api, path, auto_merge_confidence=0.97).json()["is_active"] is False
    assert patch(api, path, activate=True).json()["is_active"] is True
    newest, oldest = api.get("/api/v1/threshold-changes").json()["results"]
    assert (newest["active_before"], newest["active_after"]) == (str(model.pk), str(other.pk))
    undo = f"/api/v1/threshold-changes/{newest['id']}/undo"
    assert api.send(undo).json()["undoes"] == newest["id"]
    assert DeduplicationModel.objects.active() == model
    again = api.send(undo)
    assert (again.status_code, again.json()["code"]) == (409, "not_possible")
    assert api.send(f"/api/v1/threshold-changes/{oldest['id']}/undo").status_code == 200
    assert held(other) == (0.9, 0.7)
    assert {one["is_undone"] for one in api.get("/api/v1/threshold-changes").json()["results"]} == {
        True,
        False,
    }


def test_sent_again_with_its_key_it_takes_effect_once(api, model, thresholds):
    key = {"Idempotency-Key": "raise-it"}
    body = {"auto_merge_confidence": 0.96, "seen": api.get(thresholds).json()["seen"]}
    first = api.patch(thresholds, body, "application/json", headers=key)
    again = api.patch(thresholds, body, "application/json", headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again["Idempotency-Replayed"] == "true"
    assert ThresholdChange.objects.count() == 1


def test_a_version_that_has_not_succeeded_has_no_preview(api, model, thresholds):
    activation.deactivate()
    DeduplicationModel.objects.update(status="failed")
    answer = api.get(f"{thresholds}/preview")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")


def test_a_version_worse_than_similarity_needs_force(world, api, admin_client):
    model = world.model
    model.metrics = {
        "held_out": {"average_precision": 0.6, "brier": 0.2, "precision": 0.8},
        "baseline": {"average_precision": 0.8, "brier": 0.1},
    }
    model.save(update_fields=["metrics"])
    address, body = "/api/admin/insights/model-status", {"modelId": str(model.pk)}
    refused = api.send(address, {**body, "action": "activate"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_fit")
    assert "worse than plain similarity" in refused.json()["error"]
    button = f"/admin/finetuning/deduplicationmodel/{model.pk}/activate/"
    page = admin_client.post(button).content.decode()
    assert "worse than plain similarity" in page
    admin_client.post(button, {"confirmed": "yes"})
    model.refresh_from_db()
    assert not model.is_active
    admin_client.post(button, {"confirmed": "yes", "force": "yes"})
    model.refresh_from_db()
    assert model.is_active
    forced = api.send(address, {**body, "action": "activate", "force": True})
    assert forced.status_code == 200
