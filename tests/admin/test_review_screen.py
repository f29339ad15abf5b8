"""Deciding on the review screen by plain forms, as it works without JavaScript."""

import re
from datetime import timedelta
from itertools import combinations

from django.utils import timezone

from insights.models import (
    Cluster,
    ClusterMember,
    Insight,
    MergeDecision,
    ReviewerSettings,
    ReviewEvent,
)
from insights.review import queue
from insights.review.actions import RejectCluster
from insights.text.guard import LeftOver, compare
from tests.admin.review_forms import decide, form_of, url


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
    assert b"Nothing is left for you to review here" in response.content
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
    assert "rene is reviewing this (until" in page
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
    assert b"You have no decision to undo" in response.content


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
    assert "is used for both" in response.content.decode()
    as_reviewer.post(url("_keys"), {**keys, "approve": "J"})
    assert ReviewerSettings.objects.get(user=reviewer).keys == {"approve": "j"}
    page = as_reviewer.get(url("_item", three.pk)).content.decode()
    assert "Approve <kbd>j</kbd>" in page
    assert as_reviewer.post(url("_keys"), {**keys, "approve": "1"}).status_code == 409
    as_reviewer.post(url("_keys"), {"defaults": "yes"})
    assert ReviewerSettings.objects.get(user=reviewer).keys == {}


def test_a_lease_that_ran_out_is_shown_as_free(as_reviewer, second_reviewer, three):
    queue.hold(second_reviewer, three.pk)
    Cluster.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert b"is reviewing this" not in as_reviewer.get(url("_item", three.pk)).content
    assert ClusterMember.objects.filter(cluster=three).count() == 3


FETCH = {"X-Requested-With": "fetch"}


def test_an_undo_brings_the_fresh_progress_and_last_decisions_along(as_reviewer, three, others):
    decide(as_reviewer, three, "reject")
    answer = as_reviewer.post(url("_undo"), headers=FETCH).content.decode()
    assert f'data-cluster="{three.pk}"' in answer
    beside = answer.partition('class="side"')[2]
    assert '<b class="left">3</b> left' in beside
    assert '<span class="tag">undone</span>' in beside
    assert (
        'class="side"'
        not in as_reviewer.get(url("_item", three.pk), headers=FETCH).content.decode()
    ), "what is fetched ahead would be stale by the time it is shown"


def test_the_decision_just_made_is_marked_for_the_undo_beside_what_is_said(
    as_reviewer, three, others
):
    send = lambda cluster, verb: decide(  # noqa: E731
        as_reviewer, cluster, verb, headers=FETCH
    ).content.decode()
    (just,) = re.findall(r"data-just>.*?</form>", send(three, "reject"))
    assert f'value="{MergeDecision.objects.get().pk}"' in just
    assert "data-just" not in send(others[0], "skip")


def test_an_undo_whose_cluster_another_takes_at_once_still_shows_it(
    as_reviewer, second_reviewer, three, monkeypatch
):
    decide(as_reviewer, three, "reject")
    hold = queue.hold

    def faster(reviewer, pk):
        hold(second_reviewer, pk)
        return hold(reviewer, pk)

    monkeypatch.setattr("insights.review.queue.hold", faster)
    shown = as_reviewer.post(url("_undo"), follow=True)
    assert shown.status_code == 200
    assert b"rene is reviewing this" in shown.content


def test_the_similarities_say_what_they_are_of(as_reviewer, three, others):
    page = as_reviewer.get(url("_item", three.pk)).content.decode()
    assert "average similarity" in page
    assert "weakest link" in page
    assert "weakest" not in as_reviewer.get(url("_item", others[0].pk)).content.decode()


# --- safe defaults --------------------------------------------------------------------------------


def ticks(client, cluster):
    page = client.get(url("_item", cluster.pk))
    return {card.insight.statement: card.is_ticked for card in page.context["screen"].cards}


def test_what_the_guard_calls_a_conflict_starts_unticked_and_is_not_approved(
    as_reviewer, make_cluster
):
    seconds = "The payroll export takes 40 seconds"
    cluster = make_cluster(
        [seconds, "Payroll export: it takes 40 seconds", seconds[:-7] + "minutes"]
    )
    proposed = cluster.proposed_canonical.statement
    ticked = ticks(as_reviewer, cluster)
    units = {"second" in statement for statement, is_ticked in ticked.items() if is_ticked}
    assert units == {"second" in proposed}
    decide(as_reviewer, cluster, "approve")
    if "second" in proposed:
        assert MergeDecision.objects.get().kind == "partial"
        assert Insight.objects.get(statement=seconds[:-7] + "minutes").status == "active"


def test_a_pair_in_conflict_needs_a_tick_or_approve_all(as_reviewer, make_cluster):
    cluster = make_cluster(["The export takes 40 seconds", "The export takes 40 minutes"])
    assert sorted(ticks(as_reviewer, cluster).values()) == [False, True]
    refused = decide(as_reviewer, cluster, "approve")
    assert refused.status_code == 409
    assert b"Tick at least two" in refused.content
    decide(as_reviewer, cluster, "approve_all")
    assert MergeDecision.objects.get().kind == "approved"


def test_two_that_conflict_with_each_other_only_are_not_both_ticked(as_reviewer, make_cluster):
    cluster = make_cluster(
        ["The export is slow", "The export takes 4 hours", "The export takes 9 hours"]
    )
    ticked = [
        statement for statement, is_ticked in ticks(as_reviewer, cluster).items() if is_ticked
    ]
    assert len({statement for statement in ticked if "hours" in statement}) == 1


def test_a_proposed_split_goes_by_facts_before_similarity(as_reviewer, make_cluster):
    cluster = make_cluster(
        [
            f"The export takes 40 {unit}{end}"
            for end in ("", " now")
            for unit in ("seconds", "minutes")
        ]
    )
    page = as_reviewer.get(url("_item", cluster.pk))
    groups = {}
    for card in page.context["screen"].cards:
        groups.setdefault(card.group, set()).add("seconds" in card.insight.statement)
    assert sorted(groups.values(), key=str) == [{False}, {True}]


def test_the_picture_has_a_dot_for_each_statement_and_dashes_conflicts(as_reviewer, make_cluster):
    words = [
        "The rota is late",
        "The rota comes late",
        "The rota takes 2 days",
        "The rota is 3 days",
    ]
    cluster = make_cluster(words)
    shown = as_reviewer.get(url("_item", cluster.pk))
    picture = shown.context["screen"].picture
    statements = [card.insight.statement for card in shown.context["screen"].cards]
    assert [dot.number for dot in picture.dots] == [1, 2, 3, 4]
    dashed = {(link.one.number, link.other.number) for link in picture.links if link.is_conflict}
    assert dashed == {
        (i, j)
        for (i, one), (j, other) in combinations(enumerate(statements, 1), 2)
        if compare(one, other).left_over is LeftOver.CONFLICT
    }
    assert 0 < len(dashed) < 6
    assert shown.content.decode().count("data-dot=") == 4
    pair = make_cluster(["Parking is free", "Parking costs nothing"])
    assert as_reviewer.get(url("_item", pair.pk)).context["screen"].picture is None
