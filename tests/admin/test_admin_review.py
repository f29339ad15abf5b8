"""The cluster page and the receipts: each action by plain form, what is refused keeps its input."""

import pytest
from django.urls import reverse

from insights.models import Cluster, Insight, InsightStatus, MergeDecision, PairLabel
from insights.review.actions import ApproveCluster, MergeAutomatically, RejectCluster

# No two of them conflict by the guard, so that all start ticked.
STATEMENTS = ["Rotas come out too late", "Rotas are published too late", "Swaps fail"]


@pytest.fixture
def cluster(make_cluster):
    return make_cluster(STATEMENTS)


def url(cluster):
    return reverse("admin:insights_cluster_change", args=[cluster.pk])


def form(response):
    """What a browser would send of the review screen as it stands."""
    cards = response.context["screen"].cards
    return {
        "expected_version": response.context["cluster"].version,
        "member": [str(card.insight.pk) for card in cards if card.is_ticked],
        "canonical": next((str(c.insight.pk) for c in cards if c.is_chosen), ""),
        "canonical_text": "",
        "comment": "",
        **{f"group-{card.insight.pk}": card.group for card in cards},
    }


def send(client, cluster, verb, sent):
    return client.post(reverse("admin:review_decide", args=[cluster.pk]), {**sent, "verb": verb})


@pytest.fixture
def sent(as_reviewer, cluster):
    return form(as_reviewer.get(reverse("admin:review_item", args=[cluster.pk])))


def test_the_page_comes_ticked_with_the_proposed_canonical_chosen(sent, cluster):
    assert len(sent["member"]) == 3
    assert sent["canonical"] == str(cluster.proposed_canonical_id)


def test_the_clusters_page_shows_evidence_and_history_and_leads_to_the_review(
    as_reviewer, as_viewer, cluster, reviewer
):
    decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer, comment="clear").execute()
    for client in (as_reviewer, as_viewer):
        page = client.get(url(cluster)).content.decode()
        assert all(statement in page for statement in STATEMENTS)
        assert "weakest link" in page
        assert reverse("admin:insights_mergedecision_change", args=[decision.pk]) in page
        assert reverse("admin:review_item", args=[cluster.pk]) in page
        assert 'name="member"' not in page, "decisions are made on one screen only"


def test_fewer_ticks_merge_a_part_and_the_radio_chooses_the_canonical(as_reviewer, cluster, sent):
    kept, chosen, merged = sent["member"]
    send(as_reviewer, cluster, "approve", {**sent, "member": [chosen, merged], "canonical": chosen})
    assert MergeDecision.objects.get().kind == "partial"
    assert str(Insight.objects.get(pk=merged).merged_into_id) == chosen
    assert Insight.objects.get(pk=kept).status == InsightStatus.ACTIVE


def test_rejecting_says_that_all_differ(as_reviewer, cluster, sent):
    send(as_reviewer, cluster, "reject", sent)
    assert set(PairLabel.objects.values_list("is_same", flat=True)) == {False}


def test_splitting_merges_each_group(as_reviewer, cluster, sent):
    first, second, alone = sent["member"]
    groups = {f"group-{first}": 1, f"group-{second}": 1, f"group-{alone}": 2}
    send(as_reviewer, cluster, "split", {**sent, **groups})
    assert MergeDecision.objects.get().kind == "split"
    merged = Insight.objects.get(status=InsightStatus.MERGED)
    assert {str(merged.pk), str(merged.merged_into_id)} == {first, second}
    assert Insight.objects.get(pk=alone).status == InsightStatus.ACTIVE


def test_a_stale_decision_is_refused_and_nothing_that_was_put_in_is_lost(
    as_reviewer, cluster, sent, second_reviewer
):
    RejectCluster(cluster_id=cluster.pk, actor=second_reviewer).execute()
    ticked = sent["member"][:2]

    response = send(
        as_reviewer,
        cluster,
        "approve",
        {
            **sent,
            "member": ticked,
            "canonical": ticked[1],
            "canonical_text": "My own words",
            "comment": "I had looked closely",
        },
    )

    assert response.status_code == 409
    page = response.content.decode()
    assert "rene has already decided this cluster" in page
    assert "My own words" in page
    assert "I had looked closely" in page
    cards = response.context["screen"].cards
    assert [str(card.insight.pk) for card in cards if card.is_ticked] == ticked
    assert [str(card.insight.pk) for card in cards if card.is_chosen] == [ticked[1]]
    assert MergeDecision.objects.get().kind == "rejected"


def test_a_page_of_an_older_version_is_stale_and_comes_back_with_the_new_version(
    as_reviewer, cluster, sent
):
    Cluster.objects.filter(pk=cluster.pk).update(version=7)
    response = send(as_reviewer, cluster, "approve", sent)
    assert "has changed since you opened it" in response.content.decode()
    assert form(response)["expected_version"] == 7
    assert send(as_reviewer, cluster, "approve", form(response)).status_code == 302


@pytest.mark.parametrize("version", ["", "yesterday"])
def test_a_decision_without_a_version_is_refused(as_reviewer, cluster, sent, version):
    response = send(as_reviewer, cluster, "approve", {**sent, "expected_version": version})
    assert response.status_code == 409
    assert not MergeDecision.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"member": []},
        {"member": ["no-uuid", "neither"]},
        {"canonical": "no-uuid"},
        {"canonical_text": "x" * 2001},
    ],
)
def test_what_cannot_be_approved_is_refused_with_a_reason(as_reviewer, cluster, sent, changed):
    response = send(as_reviewer, cluster, "approve", {**sent, **changed})
    assert response.status_code == 409
    assert response.context["refused"]
    assert not MergeDecision.objects.exists()


def test_a_split_into_one_group_is_refused_and_keeps_the_groups(as_reviewer, cluster, sent):
    groups = {f"group-{pk}": 2 for pk in sent["member"]}
    response = send(as_reviewer, cluster, "split", {**sent, **groups})
    assert response.status_code == 409
    assert {card.group for card in response.context["screen"].cards} == {2}


def test_undo_opens_the_cluster_again(as_reviewer, cluster, reviewer):
    decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    undo = reverse("admin:insights_mergedecision_undo", args=[decision.pk])

    response = as_reviewer.post(undo, {"comment": "a slip"})

    assert response.url == url(cluster)
    decision.refresh_from_db()
    assert (decision.undone_by, decision.undo_comment) == (reviewer, "a slip")
    assert Cluster.objects.get().status == "open"


def test_undoing_twice_says_who_was_first_and_keeps_the_comment(as_reviewer, cluster, reviewer):
    decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    undo = reverse("admin:insights_mergedecision_undo", args=[decision.pk])
    as_reviewer.post(undo)
    response = as_reviewer.post(undo, {"comment": "me too"})
    assert response.status_code == 409
    assert "rosa has already undone this decision" in response.content.decode()
    assert response.context["given_comment"] == "me too"


def test_undoing_an_automatic_merge_can_teach_that_they_differ(as_reviewer, make_insight):
    kept, merged = make_insight("Rotas are late"), make_insight("Rotas are early")
    decision = MergeAutomatically(
        canonical_id=kept.pk, duplicate_id=merged.pk, model_id=None, model_version="v1"
    ).execute()
    page = as_reviewer.get(reverse("admin:insights_mergedecision_change", args=[decision.pk]))
    assert "Not duplicates – learn from this" in page.content.decode()

    as_reviewer.post(
        reverse("admin:insights_mergedecision_undo", args=[decision.pk]), {"not_same": "on"}
    )
    assert PairLabel.objects.get().is_same is False


# --- several at once ------------------------------------------------------------------------------


@pytest.fixture
def two(make_cluster):
    return [make_cluster(STATEMENTS[:2]), make_cluster(["Swaps are hard", "Swaps are difficult"])]


def select(client, clusters, verb):
    return client.post(
        reverse("admin:insights_cluster_changelist"),
        {"action": f"{verb}_selected", "_selected_action": [str(c.pk) for c in clusters]},
    )


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_bulk_action_shows_every_statement_before_it_changes_anything(as_reviewer, two, verb):
    page = select(as_reviewer, two, verb).content.decode()
    for statement in [*STATEMENTS[:2], "Swaps are hard", "Swaps are difficult"]:
        assert statement in page
    assert not MergeDecision.objects.exists()


def bulk(client, clusters, **more):
    seen = [f"{cluster.pk}:{cluster.version}" for cluster in clusters]
    return client.post(reverse("admin:review_batch"), {"cluster": seen, **more})


def test_a_bulk_action_decides_the_rest_when_one_has_changed(as_reviewer, two, second_reviewer):
    RejectCluster(cluster_id=two[0].pk, actor=second_reviewer).execute()
    response = bulk(as_reviewer, two, verb="approve", comment="in bulk")
    page = response.content.decode()
    assert "1 cluster decided" in page
    assert "rene has already decided this cluster" in page
    decision = MergeDecision.objects.get(kind="approved")
    assert (decision.cluster, decision.comment) == (two[1], "in bulk")


def test_a_bulk_action_does_not_decide_what_changed_since_it_was_shown(as_reviewer, two):
    Cluster.objects.filter(pk=two[0].pk).update(version=9)
    bulk(as_reviewer, two[:1], verb="reject")
    garbage = as_reviewer.post(
        reverse("admin:review_batch"), {"cluster": ["garbage", f"{two[1].pk}:"], "verb": "reject"}
    )
    assert garbage.status_code == 409
    assert not MergeDecision.objects.exists()


def test_a_near_miss_starts_unticked_in_bulk_and_needs_its_own_tick(as_reviewer, make_cluster):
    near = make_cluster(["The export takes 40 seconds", "The export takes 40 minutes"])
    page = select(as_reviewer, [near], "approve").content.decode()
    assert f'value="{near.pk}:{near.version}:conflict"' in page
    assert " checked" not in page.partition("<tbody>")[2].partition("</tbody>")[0]
    refused = bulk(as_reviewer, [near], verb="approve").content.decode()
    assert "It contains a near miss" in refused
    assert not MergeDecision.objects.exists()
    as_reviewer.post(
        reverse("admin:review_batch"),
        {"cluster": f"{near.pk}:{near.version}:conflict", "verb": "approve"},
    )
    assert MergeDecision.objects.get().kind == "approved"


def test_more_than_can_be_looked_at_are_not_decided_at_once(as_reviewer, two, monkeypatch):
    monkeypatch.setattr("insights.admin.clusters.CAP", 1)
    response = select(as_reviewer, two, "approve")
    assert response.status_code == 302


def test_a_viewer_is_offered_no_bulk_action(as_viewer, two):
    page = as_viewer.get(reverse("admin:insights_cluster_changelist")).content.decode()
    assert "approve_selected" not in page


def test_the_list_shows_open_clusters_unless_asked_otherwise(as_reviewer, two, reviewer):
    RejectCluster(cluster_id=two[0].pk, actor=reviewer).execute()
    changelist = reverse("admin:insights_cluster_changelist")
    assert list(as_reviewer.get(changelist).context["cl"].result_list) == [two[1]]
    rejected = as_reviewer.get(changelist, {"status": "rejected"})
    assert list(rejected.context["cl"].result_list) == [two[0]]
    assert as_reviewer.get(changelist, {"status": "all"}).context["cl"].result_count == 2
