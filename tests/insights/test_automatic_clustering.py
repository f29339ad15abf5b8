"""Clustering starts when all uploads are read, and gives way to a run that somebody asks for."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection

from insights import tasks
from insights.clustering.run import (
    AlreadyRunning,
    queue_automatic,
    queue_clustering,
    run_clustering,
)
from insights.ingest.readers import read_source
from insights.ingest.sources import queue_processing, register
from insights.jobs.locks import advisory_lock
from insights.jobs.waiting import waits_for
from insights.models import ClusteringRun, Heartbeat, ProcessingRun, RunStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    handed_over = []
    monkeypatch.setattr(
        "insights.jobs.enqueue.enqueue",
        lambda task, *args: handed_over.append((task, args)) or True,
    )
    return handed_over


def upload(name, statement):
    data = f"insight\n{statement}\n".encode()
    source, _ = register(name, data, read_source(name, data))
    return source, queue_processing(source)


@contextmanager
def somebody_clusters():
    """Another process holds the lock."""
    held, done = threading.Event(), threading.Event()

    def hold():
        with advisory_lock("clustering"):
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    yield
    done.set()
    thread.join()


def test_clustering_starts_when_the_last_upload_has_ended(sent):
    _, run1 = upload("a.csv", "The rota is late.")
    _, run2 = upload("b.csv", "Payslips are hard to read.")
    tasks.process_source(str(run1.pk))
    assert not ClusteringRun.objects.exists(), "the second file is not read yet"
    tasks.process_source(str(run2.pk))
    run = ClusteringRun.objects.get()
    assert (run.status, run.is_automatic, run.only_new) == (RunStatus.QUEUED, True, True)
    assert sent == [("insights.tasks.cluster_all", (str(run.pk),))]
    tasks.cluster_all(str(run.pk))
    assert ClusteringRun.objects.get().status == RunStatus.SUCCEEDED


def test_an_upload_that_brings_nothing_new_starts_nothing(sent):
    source, run = upload("a.csv", "The rota is late.")
    tasks.process_source(str(run.pk))
    tasks.cluster_all(str(ClusteringRun.objects.get().pk))
    again = ProcessingRun.objects.create(source=source, status=RunStatus.QUEUED)
    tasks.process_source(str(again.pk))
    assert ClusteringRun.objects.count() == 1


def test_a_waiting_automatic_run_gives_way(reviewer):
    automatic = queue_automatic()
    assert queue_automatic() == automatic
    asked = queue_clustering(started_by=reviewer)
    automatic.refresh_from_db()
    assert automatic.status == RunStatus.CANCELLED
    assert (asked.started_by, asked.is_automatic, asked.only_new) == (reviewer, False, False)
    assert queue_automatic() == asked, "it will see the same insights"


@pytest.mark.django_db(transaction=True)
def test_a_running_automatic_run_is_cancelled_and_hands_over(sent, reviewer):
    with somebody_clusters():
        automatic = queue_automatic()
        ClusteringRun.objects.update(status=RunStatus.RUNNING)
        asked = queue_clustering(started_by=reviewer)
        assert "Waits for the clustering that is running" in waits_for(asked)
        assert "skipped" in tasks.cluster_all(str(asked.pk))
        assert not sent, "no busy loop while the lock is taken"
    automatic.refresh_from_db()
    assert automatic.cancel_requested_at is not None
    assert tasks.cluster_all(str(automatic.pk))["status"] == "cancelled"
    assert sent == [("insights.tasks.cluster_all", (str(asked.pk),))]
    assert tasks.cluster_all(str(asked.pk))["status"] == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_a_run_that_somebody_asked_for_does_not_give_way():
    with somebody_clusters():
        ClusteringRun.objects.create()
        with pytest.raises(AlreadyRunning):
            queue_clustering()
    assert ClusteringRun.objects.get().cancel_requested_at is None


def test_a_queued_run_says_what_it_waits_for():
    _, run = upload("b.csv", "Payslips are hard to read.")
    assert "No worker has reported yet" in waits_for(run)
    Heartbeat.objects.create(queue="ingest", completed_at=run.started_at, task="x")
    assert waits_for(run) == "A worker will start it soon."
    other, _ = upload("interviews.csv", "The rota is late.")
    other.runs.update(status=RunStatus.RUNNING, progress_done=1024, progress_total=5033)
    assert "At work: “interviews” (1,024 of 5,033" in waits_for(run)


def test_a_run_by_the_schedule_counts_as_automatic(make_insight):
    make_insight("The rota is late.")
    tasks.cluster_new()
    tasks.cluster_all()
    assert set(ClusteringRun.objects.values_list("is_automatic", "only_new")) == {
        (True, False),  # the first run has no earlier result to go on from
    }
    assert not run_clustering().is_automatic
