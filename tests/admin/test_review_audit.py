"""The audit on the review screen: the same desk, and nothing that tells how it was decided."""

import re
import uuid

import pytest
from django.urls import reverse

from insights.audit.answers import claim
from insights.audit.sampling import draw
from insights.models import AuditItem, AutoMergeStop, MergeDecision
from insights.review.actions.automatic import MergeAutomatically
from tests.admin.review_forms import decide

pytestmark = pytest.mark.django_db
FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def merge(make_insight):
    numbers = iter(range(100))

    def make():
        number = next(numbers)
        one, other = make_insight(f"Rotas are late {number}"), make_insight(f"Late rotas {number}")
        return MergeAutomatically(
            canonical_id=one.pk, duplicate_id=other.pk, model_id=uuid.UUID(int=7),
            model_version="version 7 (local)", evidence={"probability": 0.9731},
        ).execute()  # fmt: skip

    return make


def start(client, **fields):
    return client.post(reverse("admin:review_next"), {"facet": "audit", **fields})


def answer_url(item):
    return reverse("admin:review_audit_answer", args=[item.pk])


def test_the_audit_is_a_facet_with_its_number(as_reviewer, merge):
    merge()
    merge()
    draw()
    page = as_reviewer.get(reverse("admin:review"), {"facet": "audit"}).content.decode()
    assert re.search(r'facet=audit" aria-current="page">Audit <b>2</b>', page)
    assert "2 left to audit" in page
    assert start(as_reviewer).url == reverse("admin:review_audit_item", args=[claimed().pk])


def claimed():
    return AuditItem.objects.get(held_by__isnull=False)


def test_nothing_of_the_decision_is_in_the_html(as_reviewer, merge):
    """Even if the reviewer has not asked to hide the model's opinion."""
    merged = merge()
    draw()
    for item in AuditItem.objects.select_related("decision"):
        page = as_reviewer.get(reverse("admin:review_audit_item", args=[item.pk]))
        shown = page.content.decode().partition('id="item"')[2].partition("<dialog")[0]
        told = [
            "0.97", "probab", "similar", "version 7", "canonical", str(merged.pk),
            item.decision.kind, "Decided before",
        ]  # fmt: skip
        assert [word for word in told if word in shown] == []


def test_answers_lead_on_and_are_stored(as_reviewer, reviewer, merge):
    merges = [merge(), merge()]
    draw()
    seen = []
    address = start(as_reviewer).url
    while "audit/" in address:
        item = AuditItem.objects.select_related("decision").get(pk=address.split("/")[-2])
        seen.append(item.pk)
        verb = "approve" if item.decision_id == merges[0].pk else "reject"
        members = [m.insight_id for m in item.decision.members.all()]
        address = as_reviewer.post(answer_url(item), {"verb": verb, "member": members}).url
    assert address == reverse("admin:review") + "?facet=audit"
    assert len(set(seen)) == 2
    verdicts = dict(AuditItem.objects.values_list("decision", "verdict"))
    assert verdicts == {merges[0].pk: "same", merges[1].pk: "not_same"}
    assert set(AuditItem.objects.values_list("reviewer", flat=True)) == {reviewer.pk}
    assert MergeDecision.objects.get(pk=merges[1].pk).is_undone


def test_duplicates_need_both_statements_ticked(as_reviewer, merge):
    merged = merge()
    draw()
    item = AuditItem.objects.get()
    one, _ = [m.insight_id for m in merged.members.all()]
    refused = as_reviewer.post(answer_url(item), {"verb": "approve", "member": [one]})
    assert refused.status_code == 409
    assert "Tick both statements" in refused.content.decode()
    unknown = as_reviewer.post(answer_url(item), {"verb": "split"})
    assert "is not an answer" in unknown.content.decode()
    item.refresh_from_db()
    assert item.verdict == ""


def test_an_answer_counts_in_the_days_progress(as_reviewer, merge):
    merge()
    draw()
    item = AuditItem.objects.get()
    members = [m.insight_id for m in item.decision.members.all()]
    side = as_reviewer.post(
        answer_url(item), {"verb": "approve", "member": members}, headers=FETCH
    ).content.decode()
    assert "You: <b>1</b> today" in side
    assert 'data-said="Recorded."' in side


def test_an_undo_beside_what_is_said_takes_back_just_that(as_reviewer, merge, three, monkeypatch):
    """A wrong merge that cannot be undone has no answer to withdraw, and nothing else is undone."""
    decide(as_reviewer, three, "reject")
    monkeypatch.setattr("insights.audit.answers._undo", lambda item, reviewer: None)
    for _ in range(2):
        merge()
    draw()
    first, second = AuditItem.objects.filter(decision__kind="automatic")
    left = as_reviewer.post(answer_url(first), {"verb": "reject"}, headers=FETCH).content.decode()
    members = [m.insight_id for m in second.decision.members.all()]
    page = as_reviewer.post(
        answer_url(second), {"verb": "approve", "member": members}, headers=FETCH
    ).content.decode()
    assert "data-undo" in left, "that of the cluster before"
    assert "data-just" not in left
    (just,) = re.findall(r"data-just>.*?</form>", page)
    assert f'name="answer" value="{second.pk}"' in just


def test_next_and_previous_walk_and_give_the_lease_back(as_reviewer, reviewer, merge):
    for _ in range(3):
        merge()
    draw()
    first, second, third = AuditItem.objects.order_by("drawn_at", "pk")
    at = lambda item: reverse("admin:review_audit_item", args=[item.pk])  # noqa: E731
    assert start(as_reviewer).url == at(first)
    assert start(as_reviewer, after=first.pk, leave=first.pk).url == at(second)
    assert claimed() == second
    assert start(as_reviewer, after=second.pk).url == at(third)
    assert start(as_reviewer, after=third.pk).url == at(first)
    assert start(as_reviewer, before=second.pk).url == at(first)
    assert start(as_reviewer, before=first.pk).url == at(first)
    start(as_reviewer, only_leave="yes", leave=third.pk)
    third.refresh_from_db()
    assert third.held_by is None


def test_what_another_holds_is_shown_and_cannot_be_answered(as_reviewer, second_reviewer, merge):
    merge()
    draw()
    item = claim(second_reviewer)
    page = as_reviewer.get(reverse("admin:review_audit_item", args=[item.pk])).content.decode()
    assert "rene is reviewing this" in page
    assert 'data-action="approve"' not in page
    refused = as_reviewer.post(answer_url(item), {"verb": "reject"}, headers=FETCH)
    assert refused.status_code == 409
    assert "rene is looking" in refused.content.decode()


def test_an_answered_one_tells_all(as_reviewer, merge):
    merge()
    draw()
    item = AuditItem.objects.get()
    url = reverse("admin:review_audit_item", args=[item.pk])
    as_reviewer.post(answer_url(item), {"verb": "reject"})
    assert as_reviewer.get(url).url == reverse("admin:insights_audititem_change", args=[item.pk])


def test_the_list_and_the_last_decision_show_what_was_answered(as_reviewer, merge):
    answered, waiting = merge(), merge()
    draw()
    item = AuditItem.objects.get(decision=answered)
    as_reviewer.post(answer_url(item), {"verb": "reject"})
    page = as_reviewer.get(reverse("admin:insights_audititem_changelist")).content.decode()
    assert all(one.insight.statement in page for one in answered.members.all())
    assert not any(one.insight.statement in page for one in waiting.members.all())
    front = as_reviewer.get(reverse("admin:review")).content.decode()
    assert f'Last: not duplicates (audit) – <bdi class="statement">{answered.canonical}' in front


def test_a_viewer_may_not_audit(as_viewer, merge):
    merge()
    draw()
    item = AuditItem.objects.get()
    url = reverse("admin:review_audit_item", args=[item.pk])
    assert as_viewer.get(url).status_code == 403
    assert as_viewer.post(answer_url(item), {"verb": "reject"}).status_code == 403


def undo(client, headers=None, **fields):
    return client.post(
        reverse("admin:review_undo"), {"facet": "audit", **fields}, headers=headers or {}
    )


def answered(client, merge, verb="reject"):
    merge()
    draw()
    item = AuditItem.objects.get()
    members = [m.insight_id for m in item.decision.members.all()]
    client.post(answer_url(item), {"verb": verb, "member": members})
    item.refresh_from_db()
    assert item.verdict
    return item


def test_the_undo_key_takes_the_answer_back_and_shows_the_item_again(as_reviewer, merge):
    item = answered(as_reviewer, merge)
    shown = undo(as_reviewer, headers=FETCH).content.decode()
    assert f'data-cluster="{item.pk}"' in shown
    assert 'data-action="undo"' in shown
    assert 'class="side"' in shown
    assert "An answer stands" not in shown
    item.refresh_from_db()
    assert item.verdict == ""
    assert not MergeDecision.objects.get(pk=item.decision_id).is_undone


def test_the_answer_is_among_the_last_decisions_with_its_button(as_reviewer, merge):
    item = answered(as_reviewer, merge)
    page = as_reviewer.get(reverse("admin:review")).content.decode()
    assert "Not duplicates (audit)" in page
    assert f'name="answer" value="{item.pk}">Undo' in page
    own = as_reviewer.get(reverse("admin:insights_audititem_change", args=[item.pk]))
    assert f'name="answer" value="{item.pk}">Withdraw your answer' in own.content.decode()
    there = undo(as_reviewer, answer=item.pk)
    assert there.url == reverse("admin:review_audit_item", args=[item.pk])
    assert "Not duplicates (audit)" not in as_reviewer.get(reverse("admin:review")).content.decode()


def test_another_reviewers_answer_and_one_taken_back_are_refused(
    as_reviewer, client, second_reviewer, merge
):
    item = answered(as_reviewer, merge)
    undo(as_reviewer, answer=item.pk)
    twice = undo(as_reviewer, headers=FETCH, answer=item.pk)
    assert twice.status_code == 409
    assert "already withdrawn" in twice.content.decode()
    members = [m.insight_id for m in item.decision.members.all()]
    as_reviewer.post(answer_url(item), {"verb": "reject", "member": members})
    client.force_login(second_reviewer)
    refused = undo(client, headers=FETCH, answer=item.pk)
    assert refused.status_code == 409
    assert "only they may withdraw it" in refused.content.decode()


def test_who_may_resume_is_told_that_the_stop_stands_on_nothing_now(as_reviewer, merge):
    item = answered(as_reviewer, merge)
    stop = AutoMergeStop.objects.get()
    url = reverse("admin:insights_automergestop_change", args=[stop.pk])
    assert "no longer shows" not in as_reviewer.get(url).content.decode()
    shown = undo(as_reviewer, headers=FETCH, answer=item.pk).content.decode()
    assert url in shown
    assert "no longer shows" in shown
    page = as_reviewer.get(url).content.decode()
    assert "You can resume" not in page, "too few answers to advise it"
    stop.refresh_from_db()
    assert stop.resumed_at is None


def test_who_may_not_resume_is_not_told(as_reviewer, reviewer, merge):
    reviewer.user_permissions.remove(*reviewer.user_permissions.filter(codename="resume_automerge"))
    answered(as_reviewer, merge)
    assert "no longer shows" not in undo(as_reviewer, headers=FETCH).content.decode()


def test_ones_own_answer_is_taken_back_without_the_right_to_undo_decisions(
    as_reviewer, reviewer, merge
):
    item = answered(as_reviewer, merge)
    undoing = reviewer.user_permissions.filter(codename="undo_mergedecision")
    reviewer.user_permissions.remove(*undoing)
    assert undo(as_reviewer, answer=item.pk).status_code == 302
    assert undo(as_reviewer, decision=item.decision_id).status_code == 403


def test_the_front_page_offers_the_next_one(as_reviewer, merge):
    merge()
    draw()
    page = as_reviewer.get(reverse("admin:review"), {"facet": "audit"}).content.decode()
    assert "Review next" in page
