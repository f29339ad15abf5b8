"""T2: every registered task, run twice in turn and twice at once, leaves what one run leaves."""

import threading
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils.module_loading import import_string

from dedup_project.celery import app
from finetuning.lifecycle import start
from finetuning.models import DeduplicationModel
from insights.clustering.run import queue_clustering
from insights.ingest.readers import read_source
from insights.ingest.sources import queue_processing, register
from insights.models import (
    AuditItem,
    Cluster,
    Insight,
    InsightSource,
    MergeDecision,
    PairLabel,
    ProcessingRun,
    ReviewEvent,
    Webhook,
    WebhookDelivery,
)
from insights.review.actions.automatic import MergeAutomatically
from insights.review.bulk import queue_approval

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = [
    "The rota is published too late for planning childcare.",
    "Rotas are published so late that nobody can plan childcare.",
    "Payslips are hard to read.",
    "Nurses swap shifts over a messenger.",
]


def source():
    data = ("insight\n" + "\n".join(STATEMENTS) + "\n").encode()
    return register("four.csv", data, read_source("four.csv", data))[0]


def stored():
    from insights.ingest.pipeline import process

    return process(source())


def a_source_to_process():
    return (str(queue_processing(source()).pk),)


def a_queued_clustering():
    stored()
    return (str(queue_clustering().pk),)


def a_version_to_train(decisions):
    return (str(start.start_fine_tuning().pk),)


def something_lost():
    queue_processing(source())
    ProcessingRun.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
    return ()


def nothing_but_insights():
    stored()
    return ()


def without_vectors():
    stored()
    Insight.objects.update(embedding=None, embedding_model="")
    return ()


def something_merged():
    stored()
    one, other = Insight.objects.order_by("statement")[:2]
    MergeAutomatically(
        canonical_id=one.pk, duplicate_id=other.pk, model_id=uuid4(), model_version="version 1"
    ).execute()
    return ()


def a_delivery_that_is_due():
    hook = Webhook.objects.create(url="https://example.org/hook", notices=["job.finished"])
    WebhookDelivery.objects.create(webhook=hook, notice="job.finished", data={})
    return ()


def a_bulk_approval(reviewer, make_cluster):
    stored()
    make_cluster(list(Insight.objects.order_by("statement")[:2]))
    Cluster.objects.update(probability=0.99, has_near_miss=False)
    return (str(queue_approval(reviewer, 0.9).pk),)


def an_old_delivery():
    a_delivery_that_is_due()
    WebhookDelivery.objects.update(status="delivered", created_at="2020-01-01T00:00:00Z")
    return ()


# What each task needs to be there, and its arguments. A task that is not listed fails the test.
TASKS = {
    "insights.tasks.process_source": a_source_to_process,
    "insights.tasks.cluster_all": a_queued_clustering,
    "insights.tasks.cluster_new": nothing_but_insights,
    "insights.tasks.compare_shards": lambda: (str(queue_clustering().pk), "gone"),
    "insights.tasks.embed_missing_vectors": without_vectors,
    "insights.tasks.draw_map": nothing_but_insights,
    "insights.tasks.prune": an_old_delivery,
    "insights.tasks.sweep_lost": something_lost,
    "insights.tasks.heartbeat": lambda: (),
    "insights.tasks.draw_audit": something_merged,
    "insights.tasks.decide_in_bulk": a_bulk_approval,
    "insights.tasks.watch": nothing_but_insights,
    "insights.tasks.weekly_digest": nothing_but_insights,
    "insights.tasks.mail_notice": lambda: ("test", {}),
    "insights.tasks.deliver_webhooks": a_delivery_that_is_due,
    "finetuning.tasks.advance_model": a_version_to_train,
    "finetuning.tasks.poll_fine_tuning": a_version_to_train,
    "finetuning.tasks.look_at_provider": lambda decisions: (),
    "finetuning.tasks.continue_retraining": lambda decisions: (),
    "finetuning.tasks.draw_learning_curve": lambda decisions: (),
    "finetuning.tasks.retrain": lambda decisions: (),
}
NO_ARGUMENTS = {"finetuning.tasks.poll_fine_tuning"}


def state():
    """Everything that a task may change, without ids and times."""
    names = dict(Insight.objects.values_list("pk", "statement"))
    return {
        "insights": sorted(Insight.objects.values_list("statement", "status")),
        "embedded": Insight.objects.exclude(embedding_model="").count(),
        "places": sorted(InsightSource.objects.values_list("ordinal", "statement")),
        "clusters": sorted(
            (cluster.status, sorted(names[m.insight_id] for m in cluster.members.all()))
            for cluster in Cluster.objects.prefetch_related("members")
        ),
        "decisions": sorted(MergeDecision.objects.values_list("kind", flat=True)),
        "audited": AuditItem.objects.count(),
        "labels": PairLabel.objects.count(),
        "undone": MergeDecision.objects.filter(undone_at__isnull=False).count(),
        "events": sorted(ReviewEvent.objects.values_list("kind", flat=True)),
        "deliveries": sorted(WebhookDelivery.objects.values_list("status", "attempts")),
        "models": sorted(
            DeduplicationModel.objects.values_list(
                "version", "status", "is_active", "fine_tuned_model_id"
            )
        ),
        "steps": sorted(
            (event.model.version, event.message)
            for model in DeduplicationModel.objects.all()
            for event in model.events.select_related("model")
        ),
    }


def _run_now(task, *args):
    import_string(task)(*args)
    return True


@pytest.fixture(autouse=True)
def _eager(settings, monkeypatch):
    """Tasks that start others run them then and there."""
    app.loader.import_default_modules()
    settings.RETRAIN_MIN_NEW_DECISIONS = 20
    monkeypatch.setattr("finetuning.lifecycle.start.enqueue", lambda *args: True)
    monkeypatch.setattr("insights.webhooks.notify._post", lambda delivery: 200)
    for module in ("insights.jobs.enqueue", "finetuning.tasks"):
        monkeypatch.setattr(f"{module}.enqueue", _run_now)


def test_every_registered_task_is_listed_here():
    registered = {name for name in app.tasks if not name.startswith("celery.")}
    assert registered == set(TASKS)


@pytest.fixture
def arranged(request):
    def arrange(name):
        needs = TASKS[name]
        wants = needs.__code__.co_varnames[: needs.__code__.co_argcount]
        arguments = needs(*(request.getfixturevalue(want) for want in wants))
        return () if name in NO_ARGUMENTS else arguments

    return arrange


def once_then_again(task, arguments):
    task(*arguments)
    after_one = state()
    task(*arguments)
    return after_one


def both_at_once(task, arguments):
    failures = []
    barrier = threading.Barrier(2)

    def run():
        try:
            barrier.wait()
            task(*arguments)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_a_task_may_run_twice(name, arranged):
    task = app.tasks[name]
    arguments = arranged(name)
    after_one = once_then_again(task, arguments)
    assert state() == after_one


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_a_task_may_run_twice_at_once(name, arranged, django_db_blocker):
    task = app.tasks[name]
    arguments = arranged(name)
    with transaction.atomic():
        task(*arguments)
        after_one = state()
        transaction.set_rollback(True)
    both_at_once(task, arguments)
    after_both = state()
    assert after_both == after_one
    task(*arguments)  # what one run more would leave: nothing new
    assert state() == after_both
    if "retrain" in name or "model" in name:
        assert DeduplicationModel.objects.count() <= 1
    if after_both["places"]:
        assert len(after_both["places"]) == len(STATEMENTS)
