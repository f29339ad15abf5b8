"""No page of the admin breaks on something that is not an id."""

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
    ],
)
def test_where_nothing_can_be_done_without_one_nothing_is_found(as_reviewer, name, field):
    assert as_reviewer.post(url(name), {field: "x"}).status_code == 404
    assert as_reviewer.post(url(name), {field: "\0"}).status_code == 400


def test_a_batch_without_ids_is_refused(as_reviewer):
    response = as_reviewer.post(reverse("admin:review_batch"), {"cluster": "x:1"})
    assert response.status_code == 409
    assert "form arrived incomplete" in response.content.decode()


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("admin:insights_insight_changelist", "source"),
        ("admin:finetuning_modelprediction_changelist", "model"),
    ],
)
def test_a_list_that_is_narrowed_by_one_is_empty_or_whole(as_reviewer, page, field, word):
    assert as_reviewer.get(reverse(page), {field: word}).status_code in (200, 302, 400)


def test_a_version_that_is_none_is_refused(as_reviewer):
    response = as_reviewer.get(
        reverse("admin:finetuning_deduplicationmodel_thresholds"), {"model": "x"}
    )
    assert response.status_code == 400
    assert "There is no such version, or it failed." in response.content.decode()


def test_a_comment_that_cannot_be_stored_is_refused_and_decides_nothing(as_reviewer, three):
    assert decide(as_reviewer, three, "reject", comment="a\0b").status_code == 400
    page = reverse("admin:review_batch")
    refused = as_reviewer.post(page, {"comment": "a\0b", "verb": "reject"})
    assert refused.status_code == 400
    assert "nothing was changed" in refused.content.decode()
    assert not MergeDecision.objects.exists()
