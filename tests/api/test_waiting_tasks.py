"""A queued task that nobody takes says so, and how to start a worker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from insights.heartbeats import record_completed
from insights.models import Heartbeat


@pytest.fixture
def queued(api, monkeypatch):
    monkeypatch.setattr("insights.api.long_work.enqueue", lambda *args: True)
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
