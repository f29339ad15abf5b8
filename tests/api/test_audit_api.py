"""The audit over HTTP: asked blind, answered once; what follows is as in the admin."""

import pytest
from django.contrib.auth.models import Permission

from insights.audit.sampling import draw
from insights.models import AuditItem, AutoMergeStop, MergeDecision, PairLabel
from insights.review.actions import MergeAutomatically

CLAIM, ANSWER = "/api/v1/audit/claim", "/api/v1/audit/{}/answer"
ANSWERS, WITHDRAW = "/api/v1/audit/answers", "/api/v1/audit/{}/withdraw"


@pytest.fixture
def merge(make_insight):
    one, other = (make_insight(text) for text in ("The rota is late.", "The rota comes late."))
    decision = MergeAutomatically(
        canonical_id=one.pk, duplicate_id=other.pk, model_id=one.pk, model_version="7"
    ).execute()
    draw()
    return decision


def test_a_merge_is_asked_about_blind_and_found_wrong_is_undone(api, merge):
    item = api.send(CLAIM).json()["item"]
    assert item["kind"] == "merge"
    assert sorted(item["statements"]) == ["The rota comes late.", "The rota is late."]
    assert set(item) == {"id", "kind", "statements", "held_until"}

    answer = api.send(ANSWER.format(item["id"]), {"verdict": "not_same", "comment": "no"})

    assert answer.status_code == 200, answer.content
    assert answer.json()["decision"] == str(merge.pk)
    assert (answer.json()["verdict"], answer.json()["model_version"]) == ("not_same", "7")
    assert MergeDecision.objects.get(pk=merge.pk).undone_at
    assert PairLabel.objects.get().is_same is False
    assert api.send(CLAIM).json() == {"item": None}
    again = api.send(ANSWER.format(item["id"]), {"verdict": "same"})
    assert (again.status_code, again.json()["code"]) == (409, "stale")


def test_what_another_holds_is_not_given_twice(merge, caller, reviewer):
    item = caller("review", user=reviewer).send(CLAIM).json()["item"]
    other = caller("review")
    assert other.send(CLAIM).json()["item"] is None
    refused = other.send(ANSWER.format(item["id"]), {"verdict": "same"})
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert "rosa" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("sent", "status", "verdict"),
    [
        ({"verdict": "not_same"}, 200, "agrees"),
        ({"verdict": "same"}, 200, "differs"),
        ({"groups": [[0, 1]]}, 200, "differs"),
        ({"groups": [[0], [1]]}, 200, "agrees"),
        ({"groups": [[0]]}, 422, ""), ({"groups": [[0, 1], [1]]}, 422, ""),
        ({"groups": [[0, 2]]}, 422, ""), ({}, 422, ""),
        ({"verdict": "same", "groups": [[0, 1]]}, 422, ""), ({"verdict": "maybe"}, 400, ""),
    ],
)  # fmt: skip
def test_a_second_opinion_changes_nothing(sent, status, verdict, world, caller, reviewer):
    answer = caller("review", user=reviewer).send(ANSWER.format(world.audit_item.pk), sent)
    assert answer.status_code == status, answer.content
    assert AuditItem.objects.get().verdict == verdict
    assert MergeDecision.objects.get() == world.decision
    if status == 200:
        assert answer.json()["verdict"] == verdict
    else:
        assert answer.json()["detail"]


def test_groups_are_not_for_a_merge_and_an_unknown_item_is_told(api, merge, world):
    item = AuditItem.objects.get(decision=merge)
    refused = api.send(ANSWER.format(item.pk), {"groups": [[0, 1]]})
    assert (refused.status_code, refused.json()["field"]) == (422, "groups")
    missing = api.send(ANSWER.format(world.model.pk), {"verdict": "same"})
    assert missing.status_code == 404
    assert "audit/claim" in missing.json()["detail"]


def test_an_answer_is_taken_back_with_its_effect_and_asked_about_again(api, merge):
    item = api.send(CLAIM).json()["item"]
    api.send(ANSWER.format(item["id"]), {"verdict": "not_same"})
    assert [row["id"] for row in api.get(ANSWERS).json()["results"]] == [item["id"]]

    back = api.send(WITHDRAW.format(item["id"]), headers={"Idempotency-Key": "k"})

    assert back.status_code == 200, back.content
    assert set(back.json()) == {"item", "refuted_stop"}
    assert {**back.json()["item"], "held_until": ""} == {**item, "held_until": ""}
    assert MergeDecision.objects.get(pk=merge.pk).undone_at is None
    assert not PairLabel.objects.exists()
    assert api.get(ANSWERS).json()["results"] == []
    again = api.send(WITHDRAW.format(item["id"]), headers={"Idempotency-Key": "k"})
    assert again["Idempotency-Replayed"] == "true"
    twice = api.send(WITHDRAW.format(item["id"]))
    assert (twice.status_code, twice.json()["code"]) == (409, "stale")
    assert api.send(ANSWER.format(item["id"]), {"verdict": "same"}).status_code == 200


def test_nobody_takes_back_or_lists_what_another_answered(merge, caller, reviewer):
    item = AuditItem.objects.get().pk
    caller("review", user=reviewer).send(ANSWER.format(item), {"verdict": "same"})
    other = caller("review")
    refused = other.send(WITHDRAW.format(item))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "rosa" in refused.json()["detail"]
    assert other.get(ANSWERS).json()["results"] == []
    missing = other.send(WITHDRAW.format(merge.pk))
    assert missing.status_code == 404
    assert "audit/answers" in missing.json()["detail"]


def test_a_stop_that_the_answers_no_longer_bear_out_is_named_to_who_may_resume(
    merge, caller, reviewer
):
    client = caller("review", user=reviewer)
    (item,) = AuditItem.objects.values_list("pk", flat=True)

    def named():
        client.send(ANSWER.format(item), {"verdict": "not_same"})
        return client.send(WITHDRAW.format(item)).json()["refuted_stop"]

    assert named() == str(AutoMergeStop.objects.get(resumed_at=None).pk)
    reviewer.user_permissions.remove(Permission.objects.get(codename="resume_automerge"))
    assert named() is None
