"""The feed of automatic merges: order, filters, confirm, undo, and the undo of the ticked."""

import uuid

import pytest
from django.urls import reverse

from insights.models import MergeDecision, PairLabel, Source
from insights.review.actions import MergeAutomatically, UndoDecision

pytestmark = pytest.mark.django_db
URL = "/admin/review/merged/"


@pytest.fixture
def merges(make_insight):
    made = []
    for number, probability in enumerate([0.97, 0.91, 0.99]):
        one, other = make_insight(f"Rotas are late {number}"), make_insight(f"Rotas late {number}")
        made.append(
            MergeAutomatically(
                canonical_id=one.pk, duplicate_id=other.pk, model_id=uuid.UUID(int=7),
                model_version=f"version {number} (local)", evidence={"probability": probability},
            ).execute()
        )  # fmt: skip
    return made


def shown(client, **filters):
    return [row.decision for row in client.get(URL, filters).context["rows"]]


def test_the_least_sure_come_first_and_filters_narrow(as_reviewer, merges):
    sure, unsure, surest = merges
    assert shown(as_reviewer) == [unsure, sure, surest]
    assert shown(as_reviewer, version="version 2 (local)") == [surest]
    assert shown(as_reviewer, day="2001-01-01") == []
    source = Source.objects.get()
    assert len(shown(as_reviewer, source=source.pk)) == 3
    other = Source.objects.create(
        name="other.txt", title="Other", format="txt", size=1, content=b"x"
    )
    assert shown(as_reviewer, source=other.pk) == []


def test_a_confirmed_merge_leaves_the_feed_and_teaches_until_it_is_undone(as_reviewer, merges):
    as_reviewer.post(URL, {"right": merges[0].pk})
    assert PairLabel.objects.get().is_same
    assert merges[0] not in shown(as_reviewer)
    assert shown(as_reviewer, state="checked") == [merges[0]]
    again = as_reviewer.post(URL, {"right": merges[0].pk}, follow=True)
    assert "already been checked" in again.content.decode()
    confirmed = MergeDecision.objects.get(kind="confirmed")
    UndoDecision(decision_id=confirmed.pk, actor=confirmed.actor).execute()
    assert not PairLabel.objects.exists()
    assert merges[0] in shown(as_reviewer)


def test_the_ticked_are_undone_as_one_and_teach(as_reviewer, merges):
    ticked = [merges[0].pk, merges[2].pk]
    as_reviewer.post(URL, {"merge": ticked, "undo_ticked": "yes"})
    assert shown(as_reviewer) == [merges[1]]
    assert {label.is_same for label in PairLabel.objects.all()} == {False}
    assert len(shown(as_reviewer, state="undone")) == 2


def test_whoever_may_not_undo_or_decide_is_refused(as_viewer, merges):
    assert as_viewer.post(URL, {"undo": merges[0].pk}).status_code == 403
    as_viewer.post(URL, {"right": merges[0].pk})
    assert not MergeDecision.objects.filter(kind="confirmed").exists()
    page = as_viewer.get(URL).content.decode()
    assert 'name="right"' not in page
    assert reverse("admin:insights_mergedecision_change", args=[merges[0].pk]) in page
