"""Health: a light for each part, what is expected of it, and what to do about it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from insights.admin.review.base import allowed
from insights.admin.settings.page import render
from insights.audit.stop import stop_in_force
from insights.jobs.heartbeats import SILENT_AFTER, age
from insights.models import (
    ClusteringRun,
    DeliveryStatus,
    Heartbeat,
    Insight,
    ProcessingRun,
    RunStatus,
    WebhookDelivery,
)

Light = Literal["good", "caution", "bad"]
WORDS = {"good": "OK", "caution": "Look at it", "bad": "Down"}
DEAD_AFTER = timedelta(minutes=10)
QUEUES = {
    "quick": "Short tasks",
    "ingest": "Reading and embedding",
    "cluster": "Clustering",
    "train": "Training",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One light of the page: what was observed, what is expected, and what to do about it."""

    name: str
    light: Light
    said: str
    expected: str = ""
    advice: str = ""

    @property
    def word(self) -> str:
        return WORDS[self.light]


@allowed("insights.view_heartbeat", "GET")
def health(request: HttpRequest) -> HttpResponse:
    parts = check()
    lights = [part.light for part in parts]
    worst: Light = "bad" if "bad" in lights else "caution" if "caution" in lights else "good"
    return render(request, "health.html", title="Health", parts=parts, worst=worst, refresh=False)


def check() -> list[Part]:
    """Check every part now, with a few small queries and one call to Redis."""
    return [
        Part("Database", "good", "Answers"),  # this page was read from it
        _redis(),
        _scheduler(),
        *_workers(),
        _embedding(),
        _webhooks(),
        _merging(),
    ]


def _redis() -> Part:
    try:
        cache.get("health")
    except Exception:  # any error of redis-py or of the embedded server
        return Part(
            "Redis",
            "bad",
            "Cannot be reached",
            advice="Start it. Until then work is done in the request, or recovered later.",
        )
    return Part("Redis", "good", "Answers")


def _scheduler() -> Part:
    last = (
        PeriodicTask.objects.filter(last_run_at__isnull=False)
        .order_by("-last_run_at")
        .values_list("last_run_at", flat=True)
        .first()
    )
    advice = "Start it with “make beat”. “make up” runs everything."
    if last is None:
        return Part("Scheduler", "bad", "Has never run", "every minute", advice)
    return Part("Scheduler", _light(age(last)), f"Last task {_ago(age(last))}", "every minute",
                advice)  # fmt: skip


def _workers() -> list[Part]:
    beats = {beat.queue: beat for beat in Heartbeat.objects.all()}
    busy = {
        "ingest": ProcessingRun.objects.filter(status=RunStatus.RUNNING).exists(),
        "cluster": ClusteringRun.objects.filter(status=RunStatus.RUNNING).exists(),
    }
    found = []
    for queue in settings.QUEUES:
        name = f"{QUEUES.get(queue, queue.capitalize())} (worker)"
        advice = "Start a worker with “make worker”."
        beat = beats.get(queue)
        if beat is None:
            found.append(Part(name, "bad", "No sign of life yet", "every minute", advice))
            continue
        light, said = _light(age(beat.completed_at)), f"Last sign {_ago(age(beat.completed_at))}"
        if light != "good" and busy.get(queue):
            light, said = "caution", f"{said}; busy with a run"
            advice = "Nothing to do while the run makes progress."
        found.append(Part(name, light, said, "every minute", advice))
    return found


def _embedding() -> Part:
    missing = Insight.objects.filter(embedding__isnull=True, status="active")[:1000].count()
    if not missing:
        return Part("Embeddings", "good", "All insights have one")
    some = f"{missing:,}{'+' if missing == 1000 else ''}"
    return Part(
        "Embeddings",
        "caution",
        f"{some} insights have none",
        advice="They are embedded within the hour; “Embed new insights” in Schedules does it now.",
    )


def _webhooks() -> Part:
    since = timezone.now() - timedelta(days=1)
    failed = WebhookDelivery.objects.filter(status=DeliveryStatus.FAILED, created_at__gte=since)
    waiting = WebhookDelivery.objects.filter(status=DeliveryStatus.PENDING, attempts__gt=0)
    given_up, retried = failed.count(), waiting.count()
    said = f"{given_up:,} given up since yesterday, {retried:,} being retried"
    if given_up or retried:
        light: Light = "bad" if given_up else "caution"
        return Part("Webhooks", light, said, advice="See the errors under Webhooks.")
    return Part("Webhooks", "good", "No failed delivery since yesterday")


def _merging() -> Part:
    stop = stop_in_force()
    if stop is None:
        return Part("Automatic merging", "good", "Not stopped")
    return Part(
        "Automatic merging",
        "caution",
        f"Stopped since {stop.stopped_at:%Y-%m-%d %H:%M} UTC",
        advice="New insights wait for review. The bar on top leads to the reason.",
    )


def _light(since: timedelta) -> Light:
    return "good" if since <= SILENT_AFTER else "caution" if since <= DEAD_AFTER else "bad"


def _ago(since: timedelta) -> str:
    minutes = int(since.total_seconds() // 60)
    if minutes < 1:
        return "less than 1 min ago"
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"
