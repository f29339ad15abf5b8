"""Real workers, a real Redis, real signals: what is lost is done all the same, and once."""

import os
import signal
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from finetuning.models import DeduplicationModel, RetrainingRun
from finetuning.tasks import poll_fine_tuning, retrain
from insights.audit.stop import undo_doubtful
from insights.ingest.readers import read_source
from insights.ingest.sources import queue_processing, register
from insights.jobs.recovery import lost_runs
from insights.models import (
    AuditItem,
    AutoMergeStop,
    Insight,
    InsightSource,
    MergeDecision,
    ProcessingRun,
    ReviewEvent,
    RunStatus,
)
from insights.models.run import MAX_ATTEMPTS
from insights.review.actions import MergeAutomatically
from insights.tasks import decide_in_bulk, heartbeat, process_source, sweep_lost
from tests.tasks.conftest import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SLOW = (
    "from insights.ingest import pipeline; pipeline.BATCH = 10\n"
    "once = pipeline._Processing._process_batch\n"
    "def slowly(self, *batch): once(self, *batch); time.sleep(0.15)\n"
    "pipeline._Processing._process_batch = slowly"
)
POISON = (
    "from insights.ingest import pipeline\n"
    "pipeline._Processing._process_batch = lambda *a: os.kill(os.getpid(), signal.SIGKILL)"
)


@pytest.fixture(autouse=True)
def _without_model(settings):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"


@pytest.fixture
def source(db):
    rows = "\n".join(f"Statement number {n} is about topic {n}." for n in range(300))
    data = f"insight\n{rows}\n".encode()
    return register("rows.csv", data, read_source("rows.csv", data))[0]


def stored():
    return InsightSource.objects.count()


def finished(run):
    run.refresh_from_db()
    return run.finished_at is not None


def age_heartbeats():
    ProcessingRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=10))


def test_a_killed_child_and_a_killed_worker_lose_and_double_nothing(
    own_redis, start_worker, source
):
    """T1: SIGKILL to the child, then to the whole worker; a new worker finishes the work."""
    worker = start_worker(SLOW)
    run = queue_processing(source)
    own_redis.send(process_source, str(run.pk))
    wait_for(stored, "the first batch")

    os.kill(worker.child(), signal.SIGKILL)
    so_far = stored()
    wait_for(lambda: stored() > so_far + 20, "Celery delivered it again")
    worker.kill_all()
    so_far = stored()
    assert so_far < 300
    run.refresh_from_db()
    assert run.status == "running"

    start_worker()
    wait_for(lambda: handed_over(own_redis), "the sweep saw that its process died")
    wait_for(lambda: finished(run), "a new worker finished it")

    assert (run.status, run.error) == ("succeeded", "")
    assert run.counts["resumed_after"] == so_far
    assert Insight.objects.count() == InsightSource.objects.count() == 300
    assert run.attempts <= MAX_ATTEMPTS
    assert ProcessingRun.objects.count() == 1


def handed_over(own_redis):
    runs = lost_runs()
    for run in runs:
        own_redis.send(process_source, str(run.pk))
    return runs


def test_a_worker_gives_way_to_the_pages(start_worker, settings):
    worker = start_worker()
    child = wait_for(worker.child, "the worker has a process")

    def niceness(pid):
        return os.getpriority(os.PRIO_PROCESS, pid)

    lower = min(19, niceness(worker.process.pid) + settings.WORKER_NICENESS)
    wait_for(lambda: niceness(child) == lower, "it runs at a lower priority")


def test_a_task_that_kills_its_worker_is_given_up(own_redis, start_worker, source):
    """T1: the cap stands in our own row, since the broker would deliver it for ever."""
    start_worker(POISON)
    run = queue_processing(source)
    own_redis.send(process_source, str(run.pk))

    wait_for(lambda: finished(run), "it was given up")

    assert run.status == "failed"
    assert run.attempts == MAX_ATTEMPTS
    assert "Its process died 5 times before it finished" in run.error
    assert lost_runs() == []


def test_what_redis_forgot_is_swept_up_and_the_worker_consumes_again(
    own_redis, start_worker, source
):
    """T8: Redis dies with the message in it; the row is there, and the worker comes back."""
    run = queue_processing(source)
    own_redis.send(process_source, str(run.pk))
    own_redis.kill()
    with pytest.raises(Exception, match="refused|closed"):
        own_redis.send(heartbeat)
    start_worker()  # while there is no Redis at all

    own_redis.start()
    assert lost_runs() == [], "a worker may still take it"
    age_heartbeats()
    assert handed_over(own_redis)
    wait_for(lambda: finished(run), "the worker has found Redis")
    assert run.status == "succeeded"
    assert stored() == 300

    own_redis.kill()  # under the feet of a worker that waits
    own_redis.start()
    from insights.models import Heartbeat

    before = Heartbeat.objects.count()
    own_redis.send(heartbeat)
    wait_for(lambda: Heartbeat.objects.count() > before, "the worker consumes again")


def test_eight_workers_and_two_schedules_make_one_retraining(
    own_redis, start_worker, decisions, settings
):
    """T3 and more: whoever comes second says so and leaves."""
    settings.RETRAIN_MIN_NEW_DECISIONS = 20
    start_worker(concurrency=4)
    start_worker(concurrency=4)
    for _ in range(8):
        own_redis.send(retrain)
    wait_for(
        lambda: RetrainingRun.objects.filter(outcome="activated", status="succeeded").exists(),
        "a version was trained and activated",
        seconds=120,
    )
    with own_redis_client(own_redis) as client:
        wait_for(lambda: client.llen("train") == 0, "all were taken")
    wait_for(lambda: not RetrainingRun.objects.exclude(status="succeeded").exists(), "all ended")

    assert DeduplicationModel.objects.count() == 1
    assert RetrainingRun.objects.filter(outcome="activated").count() == 1
    assert set(RetrainingRun.objects.values_list("outcome", flat=True)) <= {
        "activated",
        "not_needed",
    }


def own_redis_client(own_redis):
    from redis import Redis

    return Redis(port=own_redis.port)


def test_two_sweeps_at_once_hand_a_run_over_once(source):
    run = queue_processing(source)
    age_heartbeats()
    found = []

    def sweep():
        found.extend(lost_runs())
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [one.pk for one in found] == [run.pk]
    assert ProcessingRun.objects.get().status == RunStatus.QUEUED


@pytest.mark.parametrize("chunk", [600, 1], ids=["the task ends", "the next piece goes elsewhere"])
def test_a_worker_that_is_told_to_stop_in_mid_task_leaves_nothing_half_done(
    chunk, own_redis, start_worker, source
):
    """T1: SIGTERM is what a supervisor sends. What is in hand ends, and nothing new is begun."""
    worker = start_worker(f"{SLOW}\nfrom insights import tasks; tasks.CHUNK_SECONDS = {chunk}")
    run = queue_processing(source)
    own_redis.send(process_source, str(run.pk))
    wait_for(stored, "the first batch")

    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(60) == 0

    run.refresh_from_db()
    if chunk == 600:
        assert (run.status, stored()) == ("succeeded", 300)
    else:
        so_far = stored()
        assert run.status == "queued"
        assert 0 < so_far < 300
        start_worker()  # the message that the piece left behind is there
        wait_for(lambda: finished(run), "another worker went on")
        assert (run.status, run.counts["resumed_after"]) == ("succeeded", so_far)
    assert Insight.objects.count() == InsightSource.objects.count() == 300
    assert ProcessingRun.objects.count() == 1


def test_a_retraining_whose_worker_is_told_to_stop_is_gone_on_with(
    own_redis, start_worker, decisions, settings
):
    """T1: whichever step SIGTERM meets, each is taken once, and one version comes of it."""
    settings.RETRAIN_MIN_NEW_DECISIONS = 20
    worker = start_worker(
        "from finetuning.lifecycle import polling\n"
        "once = polling.advance\n"
        "polling.advance = lambda *a: (time.sleep(1), once(*a))[1]"
    )
    own_redis.send(retrain)
    wait_for(DeduplicationModel.objects.exists, "a version was begun")

    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(60) == 0

    assert not RetrainingRun.objects.filter(status="failed").exists()
    start_worker()

    def activated():
        own_redis.send(poll_fine_tuning)  # as beat does each minute
        return RetrainingRun.objects.filter(outcome="activated", status="succeeded").exists()

    wait_for(activated, "another worker went on")
    steps = list(DeduplicationModel.objects.get().events.values_list("message", flat=True))
    assert len(steps) == len(set(steps)), "no step was taken twice"


def test_a_worker_that_is_killed_while_it_takes_merges_back_is_followed_by_another(
    own_redis, start_worker, make_insight, reviewer
):
    """T1: each undo is a transaction of its own, and the sweep finds what is left."""
    model = uuid4()
    for number in range(60):
        one, other = (make_insight(f"statement {number} {word}") for word in ("one", "two"))
        MergeAutomatically(
            canonical_id=one.pk, duplicate_id=other.pk, model_id=model, model_version="version 1"
        ).execute()
    first = MergeDecision.objects.order_by("decided_at").first()
    AuditItem.objects.create(
        decision=first, week="2026-01-05", verdict="not_same", answered_at=timezone.now()
    )
    stop = AutoMergeStop.objects.create(reason="wrong", model_version="version 1")
    run = undo_doubtful(stop, actor=reviewer)
    worker = start_worker(
        "from insights.review.actions import UndoDecision\n"
        "once = UndoDecision.execute\n"
        "UndoDecision.execute = lambda self: (time.sleep(0.1), once(self))"
    )
    own_redis.send(decide_in_bulk, str(run.pk))
    undone = MergeDecision.objects.filter(undone_at__isnull=False)
    wait_for(lambda: undone.count() > 5, "it has begun")
    worker.kill_all()
    assert undone.count() < 60

    start_worker()
    own_redis.send(sweep_lost)
    wait_for(lambda: not stop.undoing(), "another worker went on")
    assert undone.count() == 60
    assert ReviewEvent.objects.filter(batch=run.batch, kind="undone").count() == 60
    assert not Insight.objects.filter(status="merged").exists()
