"""Two beats and eight workers at once: everything is done, and once."""

from collections import Counter
from itertools import pairwise

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from redis import Redis

from finetuning.models import DeduplicationModel, RetrainingRun
from insights.clustering.run import run_clustering
from insights.ingest.readers import read_source
from insights.ingest.sources import queue_processing, register
from insights.models import (
    ClusteringChange,
    ClusteringRun,
    DecisionMember,
    Heartbeat,
    Insight,
    InsightSource,
    MergeDecision,
    ProcessingRun,
)
from insights.tasks import cluster_all, process_source
from tests.tasks.conftest import wait_for
from tests.tasks.twins import AGAIN

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

EACH_SECOND = (
    "finetuning.tasks.poll_fine_tuning",
    "finetuning.tasks.retrain",
    "insights.tasks.cluster_new",
    "insights.tasks.sweep_lost",
    "insights.tasks.heartbeat",
)
SLOW_CLUSTERING = (
    "from insights.clustering import pipeline\n"
    "load = pipeline.load_corpus\n"
    "pipeline.load_corpus = lambda *among: (time.sleep(0.5), load(*among))[1]\n"
)
NO_LOCKS = (
    "import contextlib\n"
    "from insights.clustering import run\n"
    "run.advisory_lock = lambda name: contextlib.nullcontext(True)\n"
)


def queue_lengths(own_redis):
    with Redis(port=own_redis.port) as client:
        waiting = sum(client.llen(name) for name in ("quick", "ingest", "cluster", "train"))
        return waiting + client.hlen("unacked")


@pytest.fixture
def source(db):
    topics = [f"statement number {n} is about topic {n}." for n in range(60)]
    rows = "\n".join(topics + [AGAIN + topic for topic in topics])
    data = f"insight\n{rows}\n".encode()
    return register("twins.csv", data, read_source("twins.csv", data))[0]


def test_one_retraining_one_clustering_at_a_time_no_step_or_merge_twice(
    own_redis, start_worker, start_beat, decisions, source, settings
):
    settings.RETRAIN_MIN_NEW_DECISIONS = 20
    settings.DUPLICATE_DECIDER = "tests.tasks.twins.MergesTwins"
    second = IntervalSchedule.objects.create(every=1, period="seconds")
    for name in EACH_SECOND:
        PeriodicTask.objects.create(name=name, task=name, interval=second)
    run = queue_processing(source)
    for _ in range(2):
        start_worker(concurrency=4, patch="from insights.ingest import pipeline\npipeline.BATCH=7")
        start_beat()
    for _ in range(8):
        own_redis.send(process_source, str(run.pk))

    wait_for(
        lambda: RetrainingRun.objects.filter(outcome="activated", status="succeeded").exists(),
        "a version was trained and activated",
        seconds=120,
    )
    wait_for(
        lambda: ProcessingRun.objects.filter(status="succeeded", source=source).exists(),
        "the source was processed",
    )
    wait_for(
        lambda: (
            ClusteringRun.objects.filter(status="succeeded").exists()
            and not ClusteringChange.objects.exists()
        ),
        "all of it was clustered",
    )
    beaten = Heartbeat.objects.get(queue="quick").completed
    wait_for(lambda: Heartbeat.objects.get(queue="quick").completed > beaten + 8, "they go on")

    model = DeduplicationModel.objects.get()
    assert Counter(RetrainingRun.objects.values_list("outcome", flat=True))["activated"] == 1
    steps = Counter(model.events.values_list("message", flat=True))
    assert set(steps.values()) == {1}, "no step of the version was taken twice"
    assert set(ClusteringRun.objects.values_list("status", flat=True)) <= {"succeeded", "running"}
    assert ProcessingRun.objects.filter(source=source).count() == 1
    assert InsightSource.objects.filter(source=source).count() == 120
    assert MergeDecision.objects.filter(kind="automatic").count() == 60
    merged = DecisionMember.objects.filter(role="merged", decision__kind="automatic")
    assert set(Counter(merged.values_list("insight", flat=True)).values()) == {1}
    assert Insight.objects.filter(statement__startswith=AGAIN, status="active").count() == 0


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "control: without it"])
def test_one_clustering_run_at_a_time(locked, own_redis, start_worker, make_insight, settings):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    make_insight("alpha")
    run_clustering()
    start_worker(concurrency=4, patch=SLOW_CLUSTERING + ("" if locked else NO_LOCKS))
    for _ in range(24):
        own_redis.send(cluster_all)
    wait_for(lambda: ClusteringRun.objects.count() > 1, "one has begun")
    wait_for(lambda: not queue_lengths(own_redis), "all were taken")

    times = list(
        ClusteringRun.objects.order_by("started_at").values_list("started_at", "finished_at")
    )
    assert any(later < end for (_, end), (later, _) in pairwise(times)) != locked
