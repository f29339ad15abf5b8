"""T18: a POST that is sent again takes effect once."""

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import get_resolver
from django.utils import timezone

from finetuning.errors import FineTuningError
from finetuning.models import DeduplicationModel
from insights.api.decisions import decision_response
from insights.models import ClusteringRun, IdempotencyKey, MergeDecision, Source
from tests.finetuning.conftest import decisions  # noqa: F401

KEY = {"Idempotency-Key": "9c5b1c6e"}
READ_ONLY = {"DuplicateCheckOne", "DuplicateCheckBatch"}
# Their answers show a key, a secret or an invitation, which a record would keep in plain text; or
# they have no other effect when they are sent again.
NOT_KEPT = {
    "People", "Tokens", "TokenRevoke", "Webhooks", "WebhookTest", "WebhookRemove", "WebhookRotate",
}  # fmt: skip


def test_every_post_that_changes_data_takes_a_key():
    for pattern in get_resolver().url_patterns:
        for route in getattr(pattern, "url_patterns", []):
            view = getattr(route.callback, "view_class", None)
            if str(pattern.pattern) == "api/" and "POST" in view.access:
                taken = getattr(view.post, "is_idempotent", False)
                assert taken is (view.__name__ not in READ_ONLY | NOT_KEPT), view.__name__


def test_sent_again_it_is_answered_from_the_record(world, api):
    path = world.path("/api/v1/clusters/<id>/reject")
    first = api.send(path, {"comment": "no"}, headers=KEY)
    again = api.send(path, {"comment": "no"}, headers=KEY)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]
    assert again["Idempotency-Replayed"] == "true"
    assert MergeDecision.objects.filter(cluster=world.cluster).count() == 1


def test_the_key_belongs_to_what_was_sent_and_to_whom(world, api, caller, reviewer):
    path = world.path("/api/v1/clusters/<id>/reject")
    assert api.send(path, {"comment": "no"}, headers=KEY).status_code == 201
    other = api.send(path, {"comment": "yes"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    somebody_else = caller("review", user=reviewer).send(path, {"comment": "yes"}, headers=KEY)
    assert (somebody_else.status_code, somebody_else.json()["code"]) == (409, "stale")


def test_a_refused_request_may_be_mended_and_sent_with_its_key(world, api):
    path = world.path("/api/v1/clusters/<id>/split")
    assert api.send(path, {"groups": []}, headers=KEY).status_code == 400
    members = [str(m.insight_id) for m in world.cluster.members.all()]
    mended = api.send(path, {"groups": [[pk] for pk in members]}, headers=KEY)
    assert mended.status_code == 201


def test_after_a_500_it_is_tried_again(world, api, monkeypatch):
    path = world.path("/api/v1/clusters/<id>/reject")
    monkeypatch.setattr("insights.review.actions.base.refresh_labels", _breaks)
    broken = api.send(path, {"comment": "no"}, headers=KEY)
    assert (broken.status_code, broken.json()["code"]) == (500, "internal_error")
    assert "kaboom" not in broken.text
    assert not MergeDecision.objects.filter(cluster=world.cluster).exists()
    monkeypatch.undo()
    assert api.send(path, {"comment": "no"}, headers=KEY).status_code == 201
    assert MergeDecision.objects.filter(cluster=world.cluster).count() == 1


def test_a_crash_after_the_effect_leaves_one_fine_tuning_job(api, decisions, monkeypatch):  # noqa: F811
    path = "/api/admin/insights/fine-tune-model"
    monkeypatch.setattr("finetuning.api.guide._started", _breaks)
    assert api.send(path, {}, headers=KEY).status_code == 500
    assert DeduplicationModel.objects.count() == 1
    monkeypatch.undo()
    again = api.send(path, {}, headers=KEY)
    assert again.status_code == 202
    assert again.json()["modelVersion"] == 1
    assert DeduplicationModel.objects.count() == 1


class Killed(BaseException):
    """The end of a process: no handler of the site sees it."""


def _is_killed(*args, **kwargs):
    raise Killed


def killed_before_its_answer_is_kept(monkeypatch, send):
    with monkeypatch.context() as dying:
        dying.setattr("insights.api.http.idempotency._store", _is_killed)
        with pytest.raises(Killed):
            send()


def test_a_version_trained_already_is_the_answer_after_a_kill(api, decisions, monkeypatch):  # noqa: F811
    def send():
        return api.send("/api/admin/insights/fine-tune-model", {}, headers=KEY)

    killed_before_its_answer_is_kept(monkeypatch, send)
    # It has ended meanwhile, and its decisions are not today's.
    DeduplicationModel.objects.update(status="succeeded", training_file=None)
    assert send().json()["modelVersion"] == 1
    assert DeduplicationModel.objects.count() == 1


def test_a_clustering_that_has_ended_is_the_answer_after_a_kill(world, api, monkeypatch):
    def send():
        return api.send("/api/admin/insights/cluster-all", {}, headers=KEY)

    before = set(ClusteringRun.objects.values_list("pk", flat=True))
    killed_before_its_answer_is_kept(monkeypatch, send)
    (run,) = ClusteringRun.objects.exclude(pk__in=before)
    assert run.status == "succeeded"
    assert send().json()["runId"] == str(run.pk)
    assert ClusteringRun.objects.exclude(pk__in=before).count() == 1


def test_a_source_is_still_new_after_a_kill(api, monkeypatch):
    def send():
        body = {"name": "a.md", "text": "The lift is slow on Mondays."}
        return api.send("/api/v1/sources/text", body, headers=KEY)

    killed_before_its_answer_is_kept(monkeypatch, send)
    assert send().json()["is_new"] is True
    assert Source.objects.filter(name="a.md").count() == 1


def test_after_the_provider_was_away_the_same_key_starts_anew(api, decisions, monkeypatch):  # noqa: F811
    def away(self, model, training_file):
        raise FineTuningError("The provider cannot be reached.")

    path = "/api/admin/insights/fine-tune-model"
    monkeypatch.setattr("finetuning.backends.local.LocalBackend.start", away)
    assert api.send(path, {}, headers=KEY).status_code == 502
    monkeypatch.undo()
    assert api.send(path, {}, headers=KEY).json()["modelVersion"] == 2
    assert api.send(path, {}, headers=KEY)["Idempotency-Replayed"] == "true"
    statuses = DeduplicationModel.objects.order_by("version").values_list("status", flat=True)
    assert statuses[0] == "failed"
    assert len(statuses) == 2


def _breaks(*args, **kwargs):
    raise RuntimeError("kaboom")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_take_effect_once(world, caller, monkeypatch):
    path = world.path("/api/v1/clusters/<id>/reject")
    inside, go_on = threading.Event(), threading.Event()

    def slow(*args):
        inside.set()
        go_on.wait(10)
        return decision_response(*args)

    monkeypatch.setattr("insights.api.clusters.decision_response", slow)
    answers = []

    def first():
        answers.append(caller().send(path, headers=KEY))
        connection.close()

    thread = threading.Thread(target=first)
    client = caller()
    thread.start()
    assert inside.wait(10)
    second = client.send(path, headers=KEY)
    go_on.set()
    thread.join()
    assert (second.status_code, second.json()["code"]) == (409, "in_flight")
    assert second["Retry-After"] == "1"
    assert answers[0].status_code == 201
    assert client.send(path, headers=KEY).json() == answers[0].json()
    assert MergeDecision.objects.filter(cluster=world.cluster).count() == 1


def test_the_same_file_is_the_same_request_whatever_its_boundary(api):
    def upload(text):
        file = SimpleUploadedFile("notes.csv", text.encode())
        return api.post("/api/v1/sources", {"file": file}, headers=KEY)

    first = upload("insight\nThe rota is late.\n")
    assert first.status_code == 202, first.content
    assert upload("insight\nThe rota is late.\n")["Idempotency-Replayed"] == "true"
    assert upload("insight\nThe rota is early.\n").status_code == 422
    assert Source.objects.count() == 1


def test_a_key_is_forgotten_after_a_day(world, api):
    path = world.path("/api/v1/clusters/<id>/reject")
    api.send(path, headers=KEY)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert api.send(path, headers=KEY).json()["code"] == "stale"


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_that_cannot_be_one_is_refused(key, world, api):
    path = world.path("/api/v1/clusters/<id>/reject")
    response = api.send(path, headers={"Idempotency-Key": key})
    assert (response.status_code, response.json()["field"]) == (400, "Idempotency-Key")
