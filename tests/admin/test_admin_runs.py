"""Clustering from the admin: by a worker, or in the request; its progress; cancelling it."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from insights.admin.kit import run_labels
from insights.clustering.run import run_clustering
from insights.models import ClusteringRun, RunStatus

START = "admin:insights_clusteringrun_start"


def page(run):
    return reverse("admin:insights_clusteringrun_change", args=[run.pk])


def test_cluster_all_now_is_handed_to_a_worker(as_reviewer, reviewer, queued):
    response = as_reviewer.post(reverse(START))
    run = ClusteringRun.objects.get(status=RunStatus.QUEUED)
    assert queued == [("cluster_all", (str(run.pk),))]
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
    assert "already ended" in response.content.decode()


def test_counts_stand_in_words_and_in_the_order_in_which_they_came(as_reviewer):
    run = ClusteringRun.objects.create(
        status=RunStatus.FAILED,
        counts={
            "judged": 0,
            "insights": 12345,
            "opened": 1234,
            "found_by_moonlight": 2,
            "since_version": None,
        },
        timings={"store": 0.25, "candidate_pairs": 1.5},
        parameters={"threshold": 0.64},
    )
    shown = as_reviewer.get(page(run))
    assert shown.context["counts"] == [
        ("active insights", "12,345"),
        ("pairs judged by the model", "0"),
        ("clusters opened", "1,234"),
        ("found by moonlight", "2"),
    ]
    assert shown.context["steps"] == [
        ("find candidate pairs", "1.500"),
        ("store", "0.250"),
        ("total", "1.750"),
    ]
    assert "Results so far" in shown.content.decode()
    listed = as_reviewer.get(reverse("admin:insights_clusteringrun_changelist")).content.decode()
    assert "clusters opened: 1,234" in listed
    assert f"{run.started_at:%Y-%m-%d %H:%M}" in listed
    ClusteringRun.objects.update(error="disk on fire")
    listed = as_reviewer.get(reverse("admin:insights_clusteringrun_changelist")).content.decode()
    assert "disk on fire" in listed


def test_every_count_of_a_real_run_has_words(as_reviewer, make_insight):
    make_insight("The rota is late")
    run = run_clustering()
    assert set(run.counts) <= set(run_labels.COUNTS)
    assert set(run.timings) <= set(run_labels.STEPS)
    assert set(run.parameters) <= set(run_labels.PARAMETERS)


def test_a_run_that_stopped_reporting_is_said_to_be_dead_and_refreshes_no_more(as_reviewer):
    long_ago = timezone.now() - timedelta(minutes=10)
    run = ClusteringRun.objects.create(heartbeat_at=long_ago)
    shown = as_reviewer.get(page(run)).content.decode()
    assert "No sign of life" in shown
    assert "http-equiv" not in shown
