"""Second opinions: drawn from what people decided, given blind, changing nothing by themselves."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from insights.audit.answers import claim, second_opinion, waiting
from insights.audit.opinions import Opinion, agreement, differing, keep_first
from insights.audit.precision import measured_precision
from insights.audit.sampling import draw
from insights.models import AuditItem, EventKind, MergeDecision, PairLabel
from insights.review import batch
from insights.review.actions import (
    ApproveCluster,
    ChangeDecision,
    RejectCluster,
    SplitCluster,
    UndoDecision,
)
from insights.review.errors import Forbidden, ReviewError, Stale
from insights.review.queue import pass_on
from tests.review.state import snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_decision(settings):
    settings.SECOND_OPINION_SHARE = 1.0


@pytest.fixture
def decided(make_cluster, reviewer):
    """A cluster of three that rosa has approved without the last, drawn for a second opinion."""
    cluster = make_cluster(["alpha", "beta", "gamma"])
    members = [row.insight_id for row in cluster.members.order_by("position")]
    decision = ApproveCluster(
        cluster_id=cluster.pk, actor=reviewer, members=frozenset(members[:2])
    ).execute()
    draw()
    return decision


@pytest.fixture
def lead(second_reviewer):
    lead = User.objects.create_user("lea", is_staff=True)
    lead.user_permissions.set(second_reviewer.user_permissions.all())
    return lead


@pytest.fixture
def plain_reviewer(reviewer):
    """rosa without what leads may."""
    reviewer.user_permissions.remove(*reviewer.user_permissions.filter(codename="resume_automerge"))
    return User.objects.get(pk=reviewer.pk)


def ids(decision):
    return [row.insight_id for row in decision.members.order_by("insight")]


def test_five_in_a_hundred_are_drawn_and_all_that_somebody_was_unsure_of(
    make_cluster, reviewer, second_reviewer, settings
):
    settings.SECOND_OPINION_SHARE = 0.05
    clusters = [make_cluster([f"one {n}", f"other {n}"]) for n in range(40)]
    for cluster in clusters[:3]:
        pass_on(second_reviewer, cluster.pk, EventKind.UNSURE)
    for cluster in clusters:
        RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    drawn = draw()
    assert 3 <= drawn <= 5
    assert AuditItem.objects.filter(decision__cluster__in=clusters[:3]).count() == 3
    assert draw() == 0


def test_with_a_share_of_none_nothing_is_drawn(make_cluster, reviewer, second_reviewer, settings):
    settings.SECOND_OPINION_SHARE = 0.0
    cluster = make_cluster(["one", "other"])
    pass_on(second_reviewer, cluster.pk, EventKind.UNSURE)
    RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    assert draw() == 0


def test_what_was_approved_as_a_batch_or_taken_back_is_not_drawn(make_cluster, reviewer):
    sure = make_cluster(["one", "other"])
    type(sure).objects.filter(pk=sure.pk).update(probability=0.99)
    batch.decide_batch(reviewer, [batch.Seen(sure.pk, sure.version)], least_probability=0.9)
    slip = RejectCluster(cluster_id=make_cluster(["three", "four"]).pk, actor=reviewer).execute()
    UndoDecision(decision_id=slip.pk, actor=reviewer).execute()
    assert draw() == 0


def test_the_first_reviewer_is_never_asked_and_cannot_answer(decided, reviewer, second_reviewer):
    item = AuditItem.objects.get()
    assert claim(reviewer) is None
    assert not waiting(reviewer).exists()
    with pytest.raises(ReviewError, match="made this decision yourself"):
        second_opinion(item.pk, Opinion.reject(ids(decided)), reviewer=reviewer)
    assert claim(second_reviewer) == item


def test_a_second_opinion_is_a_row_of_its_own_and_changes_nothing(
    decided, reviewer, second_reviewer
):
    before = snapshot()
    item = AuditItem.objects.get()
    second_opinion(
        item.pk, Opinion.reject(ids(decided)), reviewer=second_reviewer, comment="all differ"
    )
    assert snapshot() == before
    assert PairLabel.objects.filter(is_same=True).count() == 1
    item.refresh_from_db()
    assert (item.verdict, item.reviewer, item.comment) == ("differs", second_reviewer, "all differ")
    assert measured_precision("").audited == 0
    with pytest.raises(Stale, match="already answered"):
        second_opinion(item.pk, Opinion.reject(ids(decided)), reviewer=second_reviewer)


@pytest.mark.parametrize(
    ("opinion", "verdict", "table"),
    [
        (lambda a, b, c: Opinion.approve([a, b, c], frozenset([a, b])), "agrees", (1, 0, 0, 2)),
        (lambda a, b, c: Opinion.approve([a, b, c], frozenset([a, b, c])), "differs", (1, 0, 2, 0)),
        (lambda a, b, c: Opinion.reject([a, b, c]), "differs", (0, 1, 0, 2)),
        (lambda a, b, c: Opinion.split({a: 1, b: 1, c: 2}), "agrees", (1, 0, 0, 2)),
        (lambda a, b, c: Opinion.split({a: 1, b: 2, c: 2}), "differs", (0, 1, 1, 1)),
    ],
)
def test_the_two_are_compared_pair_by_pair(
    decided, second_reviewer, opinion, verdict, table, monkeypatch
):
    merged = {m.insight_id for m in decided.members.all() if m.group == 0}
    a, b = sorted(merged)
    (c,) = set(ids(decided)) - merged
    item = second_opinion(AuditItem.objects.get().pk, opinion(a, b, c), reviewer=second_reviewer)
    assert item.verdict == verdict
    compared = []
    monkeypatch.setattr("insights.audit.opinions.cohens_kappa", compared.extend)
    agreement()
    assert [tuple(counts) for counts in compared] == [table]


@pytest.mark.parametrize("ticked", [0, 1])
def test_an_answer_needs_two_ticks(decided, ticked):
    members = ids(decided)
    with pytest.raises(ReviewError, match="at least two"):
        Opinion.approve(members, frozenset(members[:ticked]))


def test_a_decision_that_was_taken_back_is_not_asked_about(decided, reviewer, second_reviewer):
    item = claim(second_reviewer)
    UndoDecision(decision_id=decided.pk, actor=reviewer).execute()
    with pytest.raises(Stale, match="undone meanwhile"):
        second_opinion(item.pk, Opinion.reject(ids(decided)), reviewer=second_reviewer)
    assert claim(second_reviewer) is None


def test_what_differs_is_shown_to_who_decided_first_and_to_leads(
    decided, plain_reviewer, second_reviewer, lead, viewer
):
    item = AuditItem.objects.get()
    second_opinion(item.pk, Opinion.reject(ids(decided)), reviewer=second_reviewer)
    second_reviewer.user_permissions.remove(
        *second_reviewer.user_permissions.filter(codename="resume_automerge")
    )
    second = User.objects.get(pk=second_reviewer.pk)
    assert [list(differing(who)) for who in (plain_reviewer, lead, second)] == [[item], [item], []]
    with pytest.raises(Stale):
        keep_first(item.pk, actor=second)
    with pytest.raises(Forbidden):
        keep_first(item.pk, actor=viewer)
    keep_first(item.pk, actor=plain_reviewer)
    assert not differing(lead).exists()
    item.refresh_from_db()
    assert item.settled_by == plain_reviewer


def test_changing_the_decision_takes_it_off_the_list_and_still_counts(
    decided, lead, second_reviewer
):
    item = AuditItem.objects.get()
    second_opinion(item.pk, Opinion.reject(ids(decided)), reviewer=second_reviewer)
    ChangeDecision(
        decision_id=decided.pk, to=RejectCluster(cluster_id=decided.cluster_id, actor=lead)
    ).execute()
    assert not differing(lead).exists()
    assert agreement().clusters == 1


def test_a_split_and_words_of_ones_own_can_be_judged_again(
    make_cluster, reviewer, second_reviewer, monkeypatch
):
    monkeypatch.setattr(
        "insights.review.actions.decide.embed_one", lambda text: ("all-MiniLM-L6-v2", [0.1] * 384)
    )
    cluster = make_cluster(["alpha", "beta"])
    ApproveCluster(cluster_id=cluster.pk, actor=reviewer, canonical_text="in other words").execute()
    three = make_cluster(["delta", "epsilon", "zeta"])
    one, *rest = three.members.values_list("insight", flat=True)
    SplitCluster(cluster_id=three.pk, actor=reviewer, groups=[[one], rest]).execute()
    assert draw() == 2
    for item in AuditItem.objects.select_related("decision"):
        members = [m.insight_id for m in item.decision.members.filter(written=False)]
        given = Opinion.reject(members)
        assert second_opinion(item.pk, given, reviewer=second_reviewer).verdict == "differs"


def test_the_list_shows_both_and_keeps_the_first(decided, client, reviewer, second_reviewer):
    item = AuditItem.objects.get()
    second_opinion(item.pk, Opinion.reject(ids(decided)), reviewer=second_reviewer)
    client.force_login(reviewer)
    url = reverse("admin:review_second_opinions")
    page = client.get(url).content.decode()
    assert "left out" in page
    assert "differs" in page
    assert reverse("admin:review_item", args=[decided.cluster_id]) + "?change=1" in page
    assert client.post(url, {"keep": item.pk}).status_code == 302
    assert "No disagreements." in client.get(url).content.decode()
    assert client.post(url, {"keep": item.pk}).status_code == 409
    assert MergeDecision.objects.get(pk=decided.pk).undone_at is None
