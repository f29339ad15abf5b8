"""The review screen by plain forms, as it works without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from insights.models import (
    Cluster,
    ClusterMember,
    ConflictVerdict,
    Insight,
    MergeDecision,
    ReviewerSettings,
    ReviewEvent,
)
from insights.review import queue
from insights.review.actions import ApproveCluster, RejectCluster

HOSTILE = [
    "<script>alert(1)</script> & <b>bold</b>",
    '"><img src=x onerror=alert(1)>',
    "\u202eright to left\u202c and zero\u200bwidth",
    "long " * 1000,
]


@pytest.fixture
def three(make_cluster):
    return make_cluster(["Rotas go out too late", "The rota is published late", "Swaps fail"])


@pytest.fixture
def others(make_cluster):
    return [make_cluster([f"{name} one", f"{name} two"]) for name in ("alpha", "beta")]


def url(name, *args):
    return reverse(f"admin:review{name}", args=args)


def form_of(response, action):
    """All that a browser would send of the form with this action, without a button."""
    page = response.content.decode()
    (form,) = re.findall(
        rf'<form method="post" action="{re.escape(action)}".*?</form>', page, re.DOTALL
    )
    sent = {}
    for tag in re.findall(r"<input[^>]+>", form):
        fields = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if fields.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        sent.setdefault(fields["name"], []).append(fields["value"])
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        sent[name] = re.findall(r"<option selected>(\d+)", options) or ["1"]
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL
    ):
        sent[name] = [text]
    return sent


def decide(client, cluster, verb, **more):
    page = client.get(url("_item", cluster.pk))
    action = url("_decide", cluster.pk)
    return client.post(action, {**form_of(page, action), "verb": verb, **more})


def test_review_next_leads_through_the_queue_decision_by_decision(
    as_reviewer, reviewer, three, others
):
    response = as_reviewer.post(url("_next"), follow=True)
    seen = []
    while response.context.get("screen") is not None:
        cluster = response.context["cluster"]
        cluster.refresh_from_db()
        assert cluster.held_by == reviewer
        seen.append(cluster.pk)
        action = url("_decide", cluster.pk)
        sent = {**form_of(response, action), "verb": "reject"}
        response = as_reviewer.post(action, sent, follow=True)
    assert sorted(seen) == sorted(cluster.pk for cluster in [three, *others])
    assert response.redirect_chain[-1][0].startswith(url(""))
    assert b"Nothing is left for you here" in response.content
    assert set(Cluster.objects.values_list("status", flat=True)) == {"rejected"}


def test_what_is_ticked_is_approved_with_comment_and_reasons(as_reviewer, three):
    kept = three.members.order_by("position").last().insight
    page = as_reviewer.get(url("_item", three.pk))
    sent = form_of(page, url("_decide", three.pk))
    sent["member"].remove(str(kept.pk))
    decide(
        as_reviewer,
        three,
        "approve",
        member=sent["member"],
        comment="Two of them.",
        reason=["says the same", "made up"],
    )
    decision = MergeDecision.objects.get()
    assert (decision.kind, decision.comment) == ("partial", "Two of them.")
    assert ReviewEvent.objects.get().reasons == ["says the same"]
    kept.refresh_from_db()
    assert kept.status == "active"


def test_own_words_become_the_canonical_statement(as_reviewer, three):
    decide(as_reviewer, three, "approve", canonical_text="Rotas are published late.")
    assert MergeDecision.objects.get().canonical.statement == "Rotas are published late."


def test_a_split_is_proposed_at_the_weakest_link_and_taken_as_shown(as_reviewer, three):
    page = as_reviewer.get(url("_item", three.pk))
    groups = {card.insight.pk: card.group for card in page.context["screen"].cards}
    assert sorted(set(groups.values())) == [1, 2]
    decide(as_reviewer, three, "split")
    decision = MergeDecision.objects.get()
    assert decision.kind == "split"
    assert {m.insight_id: m.group + 1 for m in decision.members.all()} == groups


def test_skip_and_unsure_pass_on(as_reviewer, three, others):
    decide(as_reviewer, three, "skip")
    response = decide(as_reviewer, others[0], "unsure", comment="Ask the team.")
    assert str(others[1].pk) in response["Location"]
    assert set(ReviewEvent.objects.values_list("kind", "comment")) == {
        ("skipped", ""),
        ("unsure", "Ask the team."),
    }


def test_a_stale_decision_says_by_whom_and_loses_no_tick(as_reviewer, second_reviewer, three):
    page = as_reviewer.get(url("_item", three.pk))
    action = url("_decide", three.pk)
    sent = form_of(page, action)
    left_out = sent["member"].pop()
    RejectCluster(cluster_id=three.pk, actor=second_reviewer).execute()

    response = as_reviewer.post(
        action, {**sent, "verb": "approve", "comment": "mine", "reason": "one is broader"}
    )

    assert response.status_code == 409
    text = response.content.decode()
    assert "rene has already decided" in text
    ticks = {str(card.insight.pk): card.is_ticked for card in response.context["screen"].cards}
    assert [pk for pk, ticked in ticks.items() if not ticked] == [left_out]
    assert ">mine</textarea>" in text
    assert 'value="one is broader" checked' in text


def test_what_another_holds_cannot_be_decided_and_says_so(as_reviewer, second_reviewer, three):
    queue.hold(second_reviewer, three.pk)
    page = as_reviewer.get(url("_item", three.pk)).content.decode()
    assert "held by rene until" in page
    assert 'value="approve"' not in page
    response = as_reviewer.post(
        url("_decide", three.pk), {"verb": "reject", "expected_version": three.version}
    )
    assert response.status_code == 409
    assert b"rene is reviewing this cluster right now" in response.content


def test_undo_brings_the_last_decision_back_on_the_screen(as_reviewer, three, others):
    decide(as_reviewer, three, "approve")
    decide(as_reviewer, others[0], "reject")
    response = as_reviewer.post(url("_undo"), follow=True)
    assert response.context["cluster"] == others[0]
    response = as_reviewer.post(url("_undo"), follow=True)
    assert response.context["cluster"] == three
    assert not Insight.objects.filter(status="merged").exists()
    response = as_reviewer.post(url("_undo"), follow=True)
    assert b"no decision in force" in response.content


def test_one_of_the_last_ten_decisions_is_changed(as_reviewer, three):
    decide(as_reviewer, three, "approve")
    first = MergeDecision.objects.get()
    page = as_reviewer.get(url("_item", three.pk), {"change": 1})
    assert b"Reject instead" in page.content
    action = url("_decide", three.pk)
    as_reviewer.post(action, {**form_of(page, action), "verb": "reject"})
    first.refresh_from_db()
    assert first.is_undone
    assert MergeDecision.objects.get(undone_at=None).amends == first


def test_previous_and_next_walk_the_queue_and_give_leases_back(as_reviewer, three, others):
    for number, cluster in enumerate([three, *others]):
        Cluster.objects.filter(pk=cluster.pk).update(probability=0.5 + 0.1 * number)
    first = as_reviewer.post(url("_next"), follow=True).context["cluster"]
    assert first == three
    response = as_reviewer.post(url("_next"), {"after": first.pk, "leave": first.pk}, follow=True)
    assert response.context["cluster"] == others[0]
    three.refresh_from_db()
    assert three.held_by is None
    response = as_reviewer.post(
        url("_next"), {"before": others[0].pk, "leave": others[0].pk}, follow=True
    )
    assert response.context["cluster"] == three
    response = as_reviewer.post(url("_next"), {"before": three.pk, "leave": three.pk}, follow=True)
    assert response.context["cluster"] == three
    assert b"top of the queue" in response.content


def test_the_models_opinion_can_be_hidden(as_reviewer, three):
    Cluster.objects.filter(pk=three.pk).update(probability=0.8123)
    assert b"0.81" in as_reviewer.get(url("_item", three.pk)).content
    as_reviewer.post(url("_blind"), {"blind": "on", "cluster": three.pk})
    page = as_reviewer.get(url("_item", three.pk)).content
    assert b"0.81" not in page
    assert b"similarity" not in page


def test_keys_are_remapped_and_a_key_is_never_on_two_actions(as_reviewer, reviewer, three):
    keys = {action: key for action, key, _ in as_reviewer.get(url("_keys")).context["rows"]}
    response = as_reviewer.post(url("_keys"), {**keys, "approve": "r"})
    assert response.status_code == 409
    assert "is on both" in response.content.decode()
    as_reviewer.post(url("_keys"), {**keys, "approve": "J"})
    assert ReviewerSettings.objects.get(user=reviewer).keys == {"approve": "j"}
    page = as_reviewer.get(url("_item", three.pk)).content.decode()
    assert "Approve <kbd>j</kbd>" in page
    assert as_reviewer.post(url("_keys"), {**keys, "approve": "1"}).status_code == 409
    as_reviewer.post(url("_keys"), {"defaults": "yes"})
    assert ReviewerSettings.objects.get(user=reviewer).keys == {}


def test_a_contradiction_is_judged_and_undone(as_reviewer, make_cluster):
    cluster = make_cluster(["Churn is 12 % this year", "Churn is 21 % this year"])
    (row,) = as_reviewer.get(url("_contradictions")).context["rows"]
    assert row.differences[0] in (  # who stands on the left depends on ids, which are random
        "number: “21 %” on the right, “12 %” on the left",
        "number: “12 %” on the right, “21 %” on the left",
    )
    assert as_reviewer.post(url("_contradictions"), {"pair": row.pair.pk}).status_code == 409
    as_reviewer.post(
        url("_contradictions"),
        {"pair": row.pair.pk, "verdict": f"one_holds:{row.pair.insight2_id}"},
    )
    assert ConflictVerdict.objects.get().holds == row.pair.insight2
    page = as_reviewer.get(url("_contradictions"))
    assert not page.context["rows"]
    assert b"One of them holds" in page.content
    as_reviewer.post(url("_undo"))
    cluster.refresh_from_db()
    assert cluster.status == "open"
    assert len(as_reviewer.get(url("_contradictions")).context["rows"]) == 1


def test_a_batch_is_previewed_approved_and_undone(as_reviewer, others):
    Cluster.objects.update(probability=0.95, has_near_miss=False)
    page = as_reviewer.get(url("_batch"), {"probability": "0.9"})
    assert page.context["clusters"] == sorted(others, key=lambda cluster: cluster.pk)
    sent = {
        "probability": "0.9",
        "cluster": [f"{cluster.pk}:{cluster.version}" for cluster in others],
    }
    response = as_reviewer.post(url("_batch"), sent)
    assert len(response.context["result"].decisions) == 2
    as_reviewer.post(url("_batch_undo"), {"batch": response.context["result"].batch})
    assert not MergeDecision.objects.filter(undone_at=None).exists()
    assert as_reviewer.get(url("_batch"), {"probability": "2"}).status_code == 409
    assert as_reviewer.get(url("_batch"), {"probability": "much"}).status_code == 409


def test_one_is_taken_out_of_an_old_merge(as_reviewer, reviewer, three):
    merge = ApproveCluster(cluster_id=three.pk, actor=reviewer).execute()
    page = as_reviewer.get(url("_unmerge", merge.pk))
    merged = [member.insight_id for member, may in page.context["members"] if may]
    assert len(merged) == 2
    response = as_reviewer.post(
        url("_unmerge", merge.pk), {"insight": merged[0], "comment": "other"}
    )
    assert response.status_code == 302
    assert Insight.objects.get(pk=merged[0]).status == "active"
    again = as_reviewer.post(url("_unmerge", merge.pk), {"insight": merged[0]})
    assert again.status_code == 409


def test_a_passage_is_shown_in_its_context(as_reviewer, three):
    place = three.members.first().insight.sources.get()
    text = "Before it. Rotas go out too late. After it."
    place.source.content, place.source.name = text.encode(), "notes.txt"
    place.source.save()
    start = text.index("Rotas")
    place.start, place.end = start, start + len("Rotas go out too late.")
    place.save()
    page = as_reviewer.get(url("_passage", place.pk)).content.decode()
    assert "Before it. <mark>Rotas go out too late.</mark> After it." in page


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "image", "bidi", "long"])
def test_hostile_text_in_every_field_is_shown_harmlessly(as_reviewer, make_cluster, text):
    cluster = make_cluster([f"{text[:1900]} 12 %", f"{text[:1900]} 21 %", "Plain"])
    action = url("_decide", cluster.pk)
    response = as_reviewer.post(
        action,
        {"verb": "approve", "expected_version": "x", "comment": text, "canonical_text": text},
    )
    assert response.status_code == 409
    pages = [response, as_reviewer.get(url("_item", cluster.pk))]
    decide(as_reviewer, cluster, "reject", comment=text)
    pages += [as_reviewer.get(url("")), as_reviewer.get(url("_contradictions"))]
    for page in pages:
        body = page.content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert "<b>bold" not in body


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_each_page_takes_the_same_queries_however_much_there_is(
    as_reviewer, reviewer, make_cluster, make_insight
):
    def more(number):
        for one in range(number):
            members = [f"{number} {one} {n} is {n} %" for n in range(4 if number > 2 else 2)]
            cluster = make_cluster(members)
            Cluster.objects.filter(pk=cluster.pk).update(probability=0.99)
        last = make_cluster([f"decided {number} a", f"decided {number} b"])
        RejectCluster(cluster_id=last.pk, actor=reviewer).execute()
        return cluster

    taken = []
    for number in (2, 12):
        cluster = more(number)
        taken.append(
            [
                queries(as_reviewer, address)
                for address in (
                    url(""),
                    url("_item", cluster.pk),
                    url("_contradictions"),
                    url("_batch") + "?probability=0.9",
                    url("_keys"),
                )
            ]
        )
    assert taken[0] == taken[1]
    assert max(taken[1]) < 25


ADDRESSES = [
    ("", "GET", "view"),
    ("_next", "POST", "decide"),
    ("_undo", "POST", "undo"),
    ("_blind", "POST", "view"),
    ("_keys", "GET", "view"),
    ("_contradictions", "GET", "view"),
    ("_contradictions", "POST", "decide"),
    ("_batch", "GET", "decide"),
    ("_batch", "POST", "decide"),
    ("_batch_undo", "POST", "undo"),
    ("_item", "GET", "view"),
    ("_decide", "POST", "decide"),
    ("_passage", "GET", "view"),
    ("_unmerge", "GET", "undo"),
    ("_unmerge", "POST", "undo"),
]


@pytest.mark.parametrize(("name", "method", "needs"), ADDRESSES)
def test_every_address_checks_its_own_permission(
    name, method, needs, client, as_viewer, as_reviewer, reviewer, three, others
):
    merge = ApproveCluster(cluster_id=others[0].pk, actor=reviewer).execute()
    args = {
        "_item": [three.pk],
        "_decide": [three.pk],
        "_passage": [three.members.first().insight.sources.get().pk],
        "_unmerge": [merge.pk],
    }.get(name, [])

    def status(who):
        return who.generic(method, url(name, *args)).status_code

    anonymous = type(client)()
    assert status(anonymous) == 302
    assert "/login/" in anonymous.generic(method, url(name, *args))["Location"]
    assert (status(as_viewer) == 403) == (needs != "view")
    assert status(as_reviewer) in (200, 302, 404, 409)
    wrong = "POST" if method == "GET" and (name, "POST") not in [a[:2] for a in ADDRESSES] else None
    if wrong:
        assert as_reviewer.post(url(name, *args)).status_code in (405, 409, 302)


def test_every_address_is_in_the_table():
    from insights.admin.review.urls import ROUTES

    assert {name.removeprefix("review") for _, _, name in ROUTES} == {a[0] for a in ADDRESSES}


def test_looking_changes_nothing(as_reviewer, three, others):
    before = list(Cluster.objects.order_by("pk").values())
    for name, method, _ in ADDRESSES:
        if method == "GET" and name not in ("_passage", "_unmerge"):
            as_reviewer.get(url(name, *([three.pk] if name == "_item" else [])))
    assert list(Cluster.objects.order_by("pk").values()) == before
    assert not ReviewEvent.objects.exists()


def test_every_page_has_a_policy_without_anything_inline(as_reviewer, three):
    for address in (url(""), url("_item", three.pk), reverse("admin:index")):
        response = as_reviewer.get(address)
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        body = response.content.decode()
        assert not re.search(r"<script(?![^>]+src=)(?![^>]+application/json)", body)
        assert not re.search(r"\son\w+=|\sstyle=|<style", body)


def test_a_lease_that_ran_out_is_shown_as_free(as_reviewer, second_reviewer, three):
    queue.hold(second_reviewer, three.pk)
    Cluster.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert b"held by" not in as_reviewer.get(url("_item", three.pk)).content
    assert ClusterMember.objects.filter(cluster=three).count() == 3
