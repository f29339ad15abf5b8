"""Two at once, with real transactions."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from finetuning.lifecycle import activation, polling, start
from finetuning.models import DeduplicationModel
from insights.jobs.locks import advisory_lock

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """The results of calls that start together, each on a connection of its own."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, c) for c in calls]]


def make_model(version):
    return DeduplicationModel.objects.create(
        version=version, backend="local", base_model="local-logistic-v1", status="succeeded"
    )


def test_two_that_start_at_once_get_consecutive_versions(decisions):
    models = at_once(*[start.start_fine_tuning] * 3)

    assert sorted(model.version for model in models) == [1, 2, 3]
    assert len({model.training_file_id for model in models}) == 1


def test_two_activations_at_once_leave_one_active(reviewer):
    models = [make_model(version) for version in range(1, 5)]
    activation.activate(models[0])

    for _ in range(5):
        at_once(*[lambda model=model: activation.activate(model, reviewer) for model in models])
        assert DeduplicationModel.objects.filter(is_active=True).count() == 1


def test_two_processes_never_train_one_version_at_once(decisions, monkeypatch):
    model = start.start_fine_tuning()

    def other():
        with advisory_lock(f"model:{model.pk}") as free:
            assert free
            (found,) = at_once(lambda: polling.advance(model.pk))
            return found.status

    assert at_once(other) == ["queued"]
    assert polling.wait(model).status == "succeeded"


def test_the_lock_is_free_again_after_each_step(decisions):
    model = polling.wait(start.start_fine_tuning())

    with advisory_lock(f"model:{model.pk}") as free:
        assert free
    assert at_once(lambda: polling.advance(model.pk).status) == ["succeeded"]
