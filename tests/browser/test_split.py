"""Groups by letter: one decision merges each, keeps them apart, and one undo takes all back."""

import pytest

from insights.models import Cluster, MergeDecision, PairLabel
from tests.review.state import snapshot

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = [f"The rota is {late} on Monday" for late in ("late", "overdue", "free", "unpaid", "gone")]


@pytest.fixture
def five(make_cluster):
    return make_cluster(WORDS)


def groups_of(decision):
    found = {}
    for member in decision.members.select_related("insight").order_by("insight__statement"):
        found.setdefault(member.letter, []).append(member.role)
    return {letter: sorted(roles) for letter, roles in found.items()}


def assert_split(cluster):
    """Members 1 and 2 are group a, 3 and 4 group b, 5 is alone."""
    decision = MergeDecision.objects.get(undone_at=None)
    assert (decision.kind, decision.cluster_id) == ("split", cluster.pk)
    assert groups_of(decision) == {
        "a": ["canonical", "merged"],
        "b": ["canonical", "merged"],
        "c": ["kept"],
    }
    assert sorted(PairLabel.objects.values_list("is_same", flat=True)) == [False] * 8 + [True] * 2


def test_by_keyboard(window, reviewer, five):
    before = snapshot()
    seat = window(reviewer)
    page = seat.review()
    seat.ready()
    for key in "g1a2a3b4b5c":
        page.keyboard.press(key)
    page.get_by_role("status").filter(has_text="Statement 5 is in group c").wait_for()
    page.keyboard.press("s")
    page.wait_for_selector("#desk[data-pending='0'], .start")
    assert_split(five)
    page.get_by_role("button", name="Undo").first.click()
    page.wait_for_selector(".item, .messagelist")
    assert snapshot() == before
    assert seat.complaints == []


def test_a_letter_after_the_digits_is_a_decision_again(window, reviewer, five):
    seat = window(reviewer)
    page = seat.review()
    seat.ready()
    for key in "g2br":
        page.keyboard.press(key)
    page.wait_for_selector("#desk[data-pending='0'], .start")
    assert MergeDecision.objects.get().kind == "rejected"


def test_without_javascript(window, reviewer, five):
    before = snapshot()
    page = window(reviewer, java_script_enabled=False).review()
    for place, letter in enumerate("aabbc"):
        page.get_by_label("group").nth(place).select_option(label=letter)
    page.locator(".bar").get_by_role("button", name="Split").click()
    assert_split(five)
    page.get_by_role("button", name="Undo").first.click()
    assert snapshot() == before
    assert Cluster.objects.get(status="open") == five
