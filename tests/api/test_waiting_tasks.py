"""A queued task that nobody takes says so, and how to start a worker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from finetuning.backends.openai.transient_errors import recorded_for_retry
from finetuning.lifecycle.polling import advance
from finetuning.models import DeduplicationModel, HostedJob
from insights.jobs.heartbeats import record_completed
from insights.models import Heartbeat
from insights.openai import Unavailable
from tests.finetuning.conftest import decisions  # noqa: F401


@pytest.fixture
def queued(api, monkeypatch):
    monkeypatch.setattr("insights.api.long_work.enqueue_run", lambda *args: True)
    return api.send("/api/admin/insights/cluster-all").json()


def test_a_task_without_a_worker_says_what_to_start(queued, api):
    assert "No worker has reported yet" in queued["message"]
    task = api.get(f"/api/v1/tasks/{queued['runId']}").json()
    assert task["status"] == "queued"
    assert "make worker" in task["waiting_for"]
    record_completed("cluster", "heartbeat")
    Heartbeat.objects.update(completed_at=timezone.now() - timedelta(minutes=12, seconds=5))
    task = api.get(f"/api/v1/tasks/{queued['runId']}").json()
    assert task["waiting_for"].startswith("No worker has reported for 12 minutes.")


def test_with_a_worker_at_work_there_is_nothing_to_say(queued, api):
    record_completed("cluster", "heartbeat")
    assert api.get(f"/api/v1/tasks/{queued['runId']}").json()["waiting_for"] is None


def test_a_provider_that_cannot_be_reached_yet_is_named_and_the_version_can_be_followed(
    api,
    decisions,  # noqa: F811
    monkeypatch,
):
    def away(self, model, training_file):
        with recorded_for_retry(model, HostedJob.objects.create(model=model)):
            raise Unavailable("The connection failed.")

    monkeypatch.setattr("finetuning.backends.local.LocalBackend.start", away)
    monkeypatch.setattr("finetuning.lifecycle.start.enqueue", lambda *args: True)
    started = api.send("/api/admin/insights/fine-tune-model")
    assert started.status_code == 202, started.content
    assert "The connection failed. It will be tried again." in started.json()["message"]
    job = started.json()["fineTuneJobId"]
    followed = api.get("/api/admin/insights/fine-tune-model", {"jobId": job}).json()
    assert (followed["status"], followed["fineTuneJobId"]) == ("validating_files", job)
    assert followed["waitingFor"] == "The connection failed. It will be tried again."
    assert started.json()["message"].endswith(f"?jobId={job}")
    assert api.get(started["Location"]).json()["waiting_for"] == followed["waitingFor"]

    with recorded_for_retry(DeduplicationModel.objects.get(), HostedJob.objects.get()):
        pass
    followed = api.get("/api/admin/insights/fine-tune-model", {"jobId": job}).json()
    assert "connection failed" not in followed["waitingFor"], "it is over, though nothing else came"

    monkeypatch.undo()
    for _ in ("start", "train"):
        advance(followed["modelId"])
    ended = api.get("/api/admin/insights/fine-tune-model", {"jobId": job}).json()
    assert (ended["status"], ended["waitingFor"]) == ("succeeded", None)
    assert ended["fineTuneJobId"].startswith("local-")
