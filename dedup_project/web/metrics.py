"""Prometheus metrics, read from the database on request, so every process gives the same."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db.models import Count, Model
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from dedup_project.cache import redis_url
from finetuning.models import DeduplicationModel, ModelPrediction, RetrainingRun
from insights.audit.precision import measured_precision, merging_version
from insights.audit.stop import stop_in_force
from insights.jobs.heartbeats import age
from insights.models import (
    Cluster,
    ClusteringRun,
    Heartbeat,
    Insight,
    MergeDecision,
    ProcessingRun,
    RunStatus,
    WebhookDelivery,
)

COUNTED: list[tuple[str, type[Model], str]] = [
    ("insights", Insight, "status"),
    ("clusters", Cluster, "status"),
    ("decisions", MergeDecision, "kind"),
    ("processing_runs", ProcessingRun, "status"),
    ("clustering_runs", ClusteringRun, "status"),
    ("retraining_runs", RetrainingRun, "outcome"),
    ("models", DeduplicationModel, "status"),
    ("reviewed_predictions", ModelPrediction, "is_correct"),
    ("webhook_deliveries", WebhookDelivery, "status"),
]


def exposition() -> bytes:
    registry = CollectorRegistry()
    registry.register(_Database())
    return generate_latest(registry)


class _Database:
    def describe(self) -> Iterable[Metric]:
        return []  # else registering would collect once for nothing

    def collect(self) -> Iterator[Metric]:
        for name, model, field in COUNTED:
            yield _by(name, model, field)
        yield from _workers()
        yield from _audit()
        yield _gauge(
            "active_version",
            "Active model version, 0 for none.",
            DeduplicationModel.objects.filter(is_active=True)
            .values_list("version", flat=True)
            .first()
            or 0,
        )


def _by(name: str, model: type[Model], field: str) -> Metric:
    family = GaugeMetricFamily(f"insight_dedup_{name}", f"Rows by {field}.", labels=[field])
    rows = model._default_manager.order_by().values_list(field).annotate(n=Count("pk"))
    for value, count in rows:
        family.add_metric([str(value).lower()], count)
    return family


def _workers() -> Iterator[Metric]:
    silent = GaugeMetricFamily(
        "insight_dedup_heartbeat_age_seconds",
        "Seconds since a task of the queue was last completed; each queue gets one a minute.",
        labels=["queue"],
    )
    completed = CounterMetricFamily(
        "insight_dedup_tasks_completed", "Completed tasks.", labels=["queue"]
    )
    now = timezone.now()
    for row in Heartbeat.objects.all():
        silent.add_metric([row.queue], age(row.completed_at).total_seconds())
        completed.add_metric([row.queue], row.completed)
    yield silent
    yield completed
    waiting = GaugeMetricFamily(
        "insight_dedup_queue_length", "Messages waiting in the broker.", labels=["queue"]
    )
    for queue, length in _queue_lengths():
        waiting.add_metric([queue], length)
    yield waiting
    oldest = min(
        (
            run.heartbeat_at
            for kind in (ProcessingRun, ClusteringRun)
            for run in kind._default_manager.filter(status=RunStatus.QUEUED)[:1000]
        ),
        default=now,
    )
    yield _gauge(
        "queued_run_age_seconds",
        "Seconds since the longest-waiting run was queued.",
        (now - oldest).total_seconds(),
    )


def _queue_lengths() -> list[tuple[str, int]]:
    from redis import Redis, RedisError

    try:
        with Redis.from_url(redis_url(), socket_connect_timeout=1, socket_timeout=1) as client:
            return [(queue, int(client.llen(queue))) for queue in settings.QUEUES]
    except RedisError:
        return []


def _audit() -> Iterator[Metric]:
    measured = measured_precision(merging_version())
    yield _gauge("audited_merges", "Audited automatic merges.", measured.audited)
    yield _gauge("audit_waiting", "Drawn for the audit, not answered.", measured.waiting)
    if measured.precision is not None:
        yield _gauge("auto_merge_precision", "Measured by the audit.", measured.precision)
    yield _gauge("auto_merge_precision_low", "Lower end of the 95 % interval.", measured.low)
    yield _gauge("auto_merge_precision_high", "Upper end of the 95 % interval.", measured.high)
    yield _gauge(
        "auto_merge_stopped",
        "1 while an audit has stopped automatic merging.",
        int(bool(stop_in_force())),
    )


def _gauge(name: str, text: str, value: float | None) -> Metric:
    return GaugeMetricFamily(f"insight_dedup_{name}", text, value=value)
