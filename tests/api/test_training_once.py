"""A training asked for over the API: once for the same decisions, and finished when measured."""

import pytest

from dedup_project.env import Secret
from finetuning.lifecycle import polling
from finetuning.lifecycle import start as lifecycle
from finetuning.models import DeduplicationModel
from insights.models import Notice, Webhook, WebhookDelivery
from tests.api.test_problems import problem
from tests.finetuning.conftest import decide, decisions, similar_pair  # noqa: F401

JOB = "/api/admin/insights/fine-tune-model"


@pytest.fixture
def waiting(monkeypatch):
    """No worker takes a training, and none is done in the request."""
    monkeypatch.setattr("finetuning.lifecycle.start.enqueue", lambda *args: True)


def test_the_same_decisions_trained_by_two_posts_are_one_version(api, decisions):  # noqa: F811
    first, second = api.send(JOB), api.send(JOB)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["fineTuneJobId"] == second.json()["fineTuneJobId"]
    assert DeduplicationModel.objects.count() == 1


def test_a_new_decision_makes_a_new_version(api, decisions, decide, similar_pair):  # noqa: F811
    api.send(JOB)
    decide(list(similar_pair("The lift is slow.", "The lift takes ages.", 0.8)), True)
    assert api.send(JOB).json()["modelVersion"] == 2


def test_after_a_failed_version_the_same_decisions_are_trained_again(api, decisions):  # noqa: F811
    api.send(JOB)
    DeduplicationModel.objects.update(status="failed")
    assert api.send(JOB).json()["modelVersion"] == 2


@pytest.mark.parametrize("backend", ["openai", "zero_shot"])
def test_without_a_key_a_hosted_training_is_a_conflict_and_leaves_no_version(
    api,
    decisions,  # noqa: F811
    settings,
    backend,
):
    settings.OPENAI_API_KEY = Secret("")
    body = problem(api.send(JOB, {"backend": backend}), 409, "not_possible")
    assert "OPENAI_API_KEY" in body["detail"]
    assert not DeduplicationModel.objects.exists()


def test_a_job_has_succeeded_only_with_its_evaluation(api, decisions, waiting, monkeypatch):  # noqa: F811
    Webhook.objects.create(url="https://example.org/", notices=[Notice.JOB_FINISHED])
    seen = []
    real = polling.evaluate_held_out

    def look(model):
        task = api.get(f"/api/v1/tasks/{model.pk}").json()
        job = api.get(JOB, {"jobId": str(model.pk)}).json()
        told = WebhookDelivery.objects.count()
        seen.append((task["status"], task["is_finished"], job["status"], job["finishedAt"], told))
        return real(model)

    monkeypatch.setattr(polling, "evaluate_held_out", look)
    task = api.send(JOB)["Location"]
    pk = DeduplicationModel.objects.get().pk
    while not polling.advance(pk).is_finished:
        pass
    assert seen == [("running", False, "running", None, 0)]
    ended = api.get(task).json()
    assert (ended["status"], ended["is_finished"]) == ("succeeded", True)
    assert ended["result"]["held_out"]
    assert WebhookDelivery.objects.get().data["status"] == "succeeded"


def test_trainings_do_not_queue_without_bound(api, decisions, monkeypatch, waiting):  # noqa: F811
    monkeypatch.setattr(lifecycle, "MAX_UNFINISHED", 1)
    api.send(JOB)
    DeduplicationModel.objects.update(status="queued", base_model="another")
    body = problem(api.send(JOB), 409, "not_possible")
    assert "1 versions are in training already" in body["detail"]
    assert DeduplicationModel.objects.count() == 1
