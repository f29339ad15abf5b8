"""Clustering from the admin: by a worker, or in the request; its progress; cancelling it."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from insights.models import ClusteringRun, RunStatus

START = "admin:insights_clusteringrun_start"


def page(run):
    return reverse("admin:insights_clusteringrun_change", args=[run.pk])


def test_cluster_all_now_is_handed_to_a_worker(as_reviewer, reviewer, queued):
    response = as_reviewer.post(reverse(START))
    run = ClusteringRun.objects.get(status=RunStatus.QUEUED)
    assert queued == [("cluster_all", (reviewer.pk, str(run.pk)))]
    assert response.url == page(run)
    assert '<meta http-equiv="refresh"' in as_reviewer.get(page(run)).content.decode()


def test_without_a_broker_it_is_done_in_the_request(as_reviewer, no_broker, make_insight):
    make_insight("The rota is late")
    response = as_reviewer.post(reverse(START))
    run = ClusteringRun.objects.get()
    assert run.status == RunStatus.SUCCEEDED
    assert response.url == page(run)


def test_a_run_shows_its_progress_and_can_be_cancelled_once(as_reviewer):
    run = ClusteringRun.objects.create(progress_step="judge", progress_done=1, progress_total=4)
    shown = as_reviewer.get(page(run)).content.decode()
    assert '<progress value="1" max="4"' in shown
    assert '<meta http-equiv="refresh"' in shown

    cancel = reverse("admin:insights_clusteringrun_cancel", args=[run.pk])
    as_reviewer.post(cancel)
    run.refresh_from_db()
    assert run.cancel_requested_at is not None
    response = as_reviewer.post(cancel, follow=True)
    assert "nothing to cancel" in response.content.decode()


def test_a_run_that_stopped_reporting_is_said_to_be_dead_and_refreshes_no_more(as_reviewer):
    long_ago = timezone.now() - timedelta(minutes=10)
    run = ClusteringRun.objects.create(heartbeat_at=long_ago)
    shown = as_reviewer.get(page(run)).content.decode()
    assert "probably killed" in shown
    assert "http-equiv" not in shown
