"""What is no id names nothing: no page of the admin breaks on it."""

import pytest
from django.urls import reverse

from insights.models import MergeDecision
from tests.admin.review_forms import decide, url

WORDS = ["x", "\0"]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("_next", "after"),
        ("_undo", "decision"),
        ("_undo", "answer"),
        ("_blind", "cluster"),
        ("_batch_undo", "batch"),
        ("_second_opinions", "keep"),
    ],
)
def test_where_nothing_can_be_done_without_one_nothing_is_found(as_reviewer, name, field):
    assert as_reviewer.post(url(name), {field: "x"}).status_code == 404
    assert as_reviewer.post(url(name), {field: "\0"}).status_code == 400


def test_a_bulk_action_says_that_there_is_no_such_cluster(as_reviewer):
    response = as_reviewer.post(reverse("admin:insights_cluster_bulk_approve"), {"cluster": "x:1"})
    assert response.status_code == 200
    assert "There is no such cluster any more." in response.content.decode()


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("admin:insights_insight_changelist", "source"),
        ("admin:finetuning_modelprediction_changelist", "model"),
    ],
)
def test_a_list_that_is_narrowed_by_one_is_empty_or_whole(as_reviewer, page, field, word):
    assert as_reviewer.get(reverse(page), {field: word}).status_code in (200, 302)


def test_a_version_that_is_none_is_refused(as_reviewer):
    response = as_reviewer.get(
        reverse("admin:finetuning_deduplicationmodel_thresholds"), {"model": "x"}
    )
    assert response.status_code == 400
    assert "There is no such version that has succeeded." in response.content.decode()


def test_a_receipt_for_none_is_no_receipt(as_reviewer, three):
    page = reverse("admin:insights_cluster_change", args=[three.pk])
    assert as_reviewer.get(page, {"decided": "x"}).status_code == 200


def test_a_comment_that_cannot_be_stored_is_refused_and_decides_nothing(as_reviewer, three):
    assert decide(as_reviewer, three, "reject", comment="a\0b").status_code == 400
    page = reverse("admin:insights_cluster_reject", args=[three.pk])
    refused = as_reviewer.post(page, {"comment": "a\0b", "expected_version": three.version})
    assert refused.status_code == 400
    assert "nothing was changed" in refused.content.decode()
    assert not MergeDecision.objects.exists()
