"""A reviewer at the keyboard, a second one beside them, one without JavaScript, a bad network."""

import statistics

import pytest
from django.utils import timezone

from insights.models import (
    Cluster,
    ClusterPair,
    ConflictVerdict,
    Insight,
    MergeDecision,
    ReviewEvent,
)
from insights.review.actions import RejectCluster

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = ("is in these words", "is in those words", "is in such words", "is in our words")
TIME = """async key => {
  const before = document.querySelector('.item');
  const began = performance.now();
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  while (document.querySelector('.item') === before) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""

LOW = """() => [...document.querySelectorAll('#header button, .strip :is(a, button), '
    + '#desk button, #desk a.button, #desk select, #desk summary, .item input')]
  .filter(one => one.checkVisibility() && one.closest('[hidden]') === null)
  .map(one => one.closest('label') ?? one)
  .filter(one => one.getBoundingClientRect().height < 43.5)
  .map(one => `${one.tagName} ${one.className} ${one.innerText.slice(0, 30)}`)"""
SWIPE = """across => {
  const item = document.querySelector('.item .cards');
  const touch = x => new Touch({identifier: 1, target: item, clientX: x, clientY: 300});
  const send = (name, x, left) => item.dispatchEvent(new TouchEvent(name, {
    bubbles: true, touches: left ? [touch(x)] : [], changedTouches: [touch(x)]}));
  send('touchstart', 100, true);
  send('touchend', 100 + across, false);
}"""


@pytest.fixture
def thirty(make_cluster):
    """Clusters of two, three and four, some with near misses, in a known order."""
    made = []
    for number in range(30):
        size = 2 + number % 3
        words = [f"Topic {number} {word}" for word in WORDS[:size]]
        if number % 5 == 4:
            words[-1] = f"Topic {number} is not in these words"
        cluster = make_cluster(words)
        Cluster.objects.filter(pk=cluster.pk).update(probability=0.5 + number * 0.016)
        made.append(cluster)
    return made


def test_skip_unsure_next_and_previous_by_key(window, reviewer, thirty):
    seat = window(reviewer)
    seat.review()
    first = seat.ready()
    seat.press("k")
    second = seat.cluster
    seat.press("u")
    third = seat.cluster
    seat.press("n")
    fourth = seat.cluster
    seat.press("p")
    assert seat.cluster == third
    assert len({first, second, third, fourth}) == 4
    assert list(ReviewEvent.objects.order_by("created_at").values_list("kind", "cluster")) == [
        ("skipped", Cluster.objects.get(pk=first).pk),
        ("unsure", Cluster.objects.get(pk=second).pk),
    ]
    seat.page.keyboard.press("?")
    assert seat.page.get_by_role("dialog", name="Keys").is_visible()
    seat.page.keyboard.press("a")
    seat.page.keyboard.press("Escape")
    assert not MergeDecision.objects.exists(), "no key decides behind the sheet"
    assert seat.complaints == []


def test_what_was_decided_is_said_with_its_own_undo(window, reviewer, thirty):
    seat = window(reviewer)
    seat.review()
    rejected = seat.ready()
    seat.press("r")
    seat.press("k")
    assert seat.page.locator("#status button").count() == 0, "a skip changes nothing"
    approved = seat.ready()
    seat.press("a")
    said = seat.page.locator("#status")
    said.get_by_role("button", name="Undo").click()
    said.filter(has_text="Undone: “").wait_for()
    seat.press("n")
    assert said.is_hidden(), "a notice is about the item before"
    assert Cluster.objects.get(pk=approved).status == "open"
    assert Cluster.objects.get(pk=rejected).status == "rejected"
    assert seat.complaints == []


def test_keys_are_dead_in_text_fields_and_with_modifiers(window, reviewer, thirty):
    seat = window(reviewer)
    page = seat.review()
    seat.ready()
    page.focus("#comment")
    page.keyboard.type("a real kazoo, surely 123")
    assert page.input_value("#comment") == "a real kazoo, surely 123"
    page.keyboard.press("Escape")
    for chord in ("Control+a", "Alt+a", "Meta+r"):
        page.keyboard.press(chord)
    assert page.locator(".item [name=member]:not(:checked)").count() == 0
    assert not ReviewEvent.objects.exists()
    seat.press("a")
    assert MergeDecision.objects.get().comment == "a real kazoo, surely 123"


def test_keys_can_be_remapped(window, reviewer, thirty):
    seat = window(reviewer)
    page = seat.open("/admin/review/keys/")
    page.get_by_label("Approve the ticked statements").fill("j")
    page.get_by_role("button", name="Save").click()
    seat.review()
    seat.ready()
    page.keyboard.press("a")
    seat.press("j")
    assert MergeDecision.objects.get().kind == "approved"


def test_two_browsers_at_once_never_hold_the_same_item(window, reviewer, second_reviewer, thirty):
    seats = [window(reviewer), window(second_reviewer)]
    seen = [set(), set()]
    for seat in seats:
        seat.review()
    for _ in range(12):
        for number, seat in enumerate(seats):
            cluster = seat.ready()
            assert cluster not in seen[1 - number]
            seen[number].add(cluster)
            seat.press("r")
    assert len(seen[0] | seen[1]) == 24
    assert seats[0].complaints == seats[1].complaints == []


def test_without_javascript_the_same_decisions_work_by_mouse(window, reviewer, thirty):
    seat = window(reviewer, java_script_enabled=False)
    page = seat.review()
    expected = {}
    for verb, status in [
        ("Approve", "approved"),
        ("Reject", "rejected"),
        ("Split", "split"),
        ("Skip", "open"),
        ("Unsure", "open"),
    ]:
        button = page.locator(".bar").get_by_role("button", name=verb)
        while button.count() == 0:  # only what is larger than two can be split
            expected[seat.cluster] = "rejected"
            page.locator(".bar").get_by_role("button", name="Reject").click()
        expected[seat.cluster] = status
        button.click()
        assert "Not saved" not in page.content()
    third = Cluster.objects.get(pk=seat.cluster)
    if third.size > 2:
        page.locator("[name=member]").nth(1).uncheck()
    page.locator("[name=canonical]").first.check()
    page.locator("#canonical_text").fill("By mouse")
    page.locator(".bar").get_by_role("button", name="Approve").click()
    assert MergeDecision.objects.latest("decided_at").canonical.statement == "By mouse"
    page.locator(".bar").get_by_role("button", name="Undo").click()
    assert seat.cluster == str(third.pk)
    assert not Insight.objects.filter(statement="By mouse", status="active").exists()
    for pk, status in expected.items():
        assert Cluster.objects.get(pk=pk).status == status


def test_what_could_not_be_sent_is_said_and_can_be_tried_again(window, reviewer, thirty):
    seat = window(reviewer)
    page = seat.review()
    first = seat.ready()
    page.keyboard.press("1")
    page.fill("#comment", "Do not lose me")
    page.keyboard.press("Escape")
    seat.context.set_offline(True)
    page.keyboard.press("r")
    alert = page.locator("#alert .notice", has_text="Not saved. The server could not be reached")
    alert.wait_for()
    alert.get_by_role("button", name="Back to it").click()
    assert seat.cluster == first
    assert page.input_value("#comment") == "Do not lose me"
    assert not page.locator("[data-digit='1']").is_checked()
    page.keyboard.press("r")
    alert.first.wait_for()
    seat.context.set_offline(False)
    alert.get_by_role("button", name="Try again").click()
    page.get_by_role("status").filter(has_text="Rejected").wait_for()
    assert MergeDecision.objects.get().comment == "Do not lose me"


def test_a_stale_decision_names_who_was_faster_and_keeps_the_ticks(
    window, reviewer, second_reviewer, thirty
):
    seat = window(reviewer)
    page = seat.review()
    first = seat.ready()
    Cluster.objects.filter(pk=first).update(held_until=None, held_by=None)
    RejectCluster(cluster_id=first, actor=second_reviewer).execute()
    page.keyboard.press("2")
    page.keyboard.press("r")
    alert = page.locator("#alert .notice").filter(has_text="rene has already decided this cluster")
    alert.wait_for()
    assert seat.cluster != first, "the work goes on meanwhile"
    alert.get_by_role("button", name="Back to it").click()
    assert seat.cluster == first
    assert not page.locator("[name=member]").nth(1).is_checked()


def test_the_next_cluster_is_painted_within_a_tenth_of_a_second(window, reviewer, thirty):
    seat = window(reviewer)
    page = seat.review()
    times = []
    for _ in range(12):
        seat.ready()
        times.append(page.evaluate(TIME, "r"))
    assert statistics.median(times) < 100, times


def test_a_passage_opens_in_its_context(window, reviewer, thirty):
    seat = window(reviewer)
    page = seat.review()
    seat.ready()
    page.locator("[data-passage]").first.click()
    page.get_by_role("dialog").get_by_text("Notes").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert seat.complaints == []


def test_one_key_approves_what_is_safe_and_shift_approves_all(window, reviewer, make_cluster):
    for name in ("payroll", "invoice"):
        make_cluster(
            [f"The {name} export takes 40 {unit}{end}" for unit, end in
             (("seconds", ""), ("seconds", " now"), ("minutes", ""))]
        )  # fmt: skip
    pair = make_cluster(["The backup takes 40 seconds", "The backup takes 40 minutes"])
    Cluster.objects.update(probability=0.5)
    Cluster.objects.filter(pk=pair.pk).update(probability=0.999)
    seat = window(reviewer)
    page = seat.review()
    safe = seat.ready()
    unticked = page.locator(".item [name=member]:not(:checked)").count()
    assert unticked, "a disputed statement needs its own digit"
    if unticked == 2:  # the canonical one is alone with its fact: nothing is safe
        page.keyboard.press("a")
        page.locator("#status", has_text="Nothing safe to approve").wait_for()
        assert not MergeDecision.objects.exists()
        page.keyboard.press("Shift+A")
        page.wait_for_selector(f".item:not([data-cluster='{safe}'])")
    else:
        seat.press("a")
        assert MergeDecision.objects.get().kind == "partial"
    second = seat.ready()
    assert second != str(pair.pk)
    seat.press("Shift+A")
    assert Cluster.objects.get(pk=second).status == "approved"
    assert seat.cluster == str(pair.pk)
    seat.ready()
    page.keyboard.press("a")
    page.locator("#status", has_text="Nothing safe to approve").wait_for()
    assert Cluster.objects.get(pk=pair.pk).status == "open"
    assert seat.complaints == []


def test_members_beyond_nine_have_keys(window, reviewer, make_cluster):
    make_cluster([f"The rota of ward {ward} is late" for ward in "abcdefghijkl"])
    page = window(reviewer).review()
    boxes = page.locator(".item [name=member]")
    before = [boxes.nth(at).is_checked() for at in (9, 10)]
    page.keyboard.press("0")
    page.keyboard.press("Shift+Digit1")
    assert [boxes.nth(at).is_checked() for at in (9, 10)] == [not one for one in before]


def test_three_items_are_fetched_ahead(window, reviewer, thirty):
    seat = window(reviewer)
    seat.review()
    seat.ready()
    held = Cluster.objects.filter(held_by=reviewer, held_until__gt=timezone.now())
    assert held.count() == 4, "the one on the screen and three more"


def test_contradictions_are_answered_by_key(window, reviewer, make_cluster):
    for topic in ("export", "import"):
        make_cluster([f"The {topic} takes 40 seconds", f"The {topic} takes 40 minutes"])
    ClusterPair.objects.update(is_contradiction=True)
    page = window(reviewer).open("/admin/review/contradictions/")
    assert page.locator("form.conflict").count() == 2
    page.keyboard.press("j")
    page.keyboard.press("b")
    page.get_by_text("Saved. The two stay separate.").wait_for()
    page.keyboard.press("1")
    page.locator("form.conflict").wait_for(state="detached")
    assert sorted(ConflictVerdict.objects.values_list("verdict", flat=True)) == [
        "keep_both",
        "one_holds",
    ]


def test_on_a_phone_a_swipe_decides_and_can_be_undone(window, reviewer, thirty):
    seat = window(reviewer, viewport={"width": 360, "height": 740}, has_touch=True)
    page = seat.review()
    first = seat.ready()
    low = page.evaluate(LOW)
    assert not low, "nothing to press is under 44 pixels"
    assert all(
        page.locator(f"[data-action={action}]").bounding_box()["height"] >= 48
        for action in ("approve", "reject")
    )
    page.evaluate(SWIPE, 200)
    page.wait_for_selector(f".item:not([data-cluster='{first}'])")
    undo = page.locator("#status button", has_text="Undo")
    undo.wait_for()
    assert MergeDecision.objects.get().kind == "approved"
    undo.click()
    page.wait_for_selector(f".item[data-cluster='{first}']")
    assert MergeDecision.objects.get().undone_at is not None


def test_a_split_of_two_statements_is_answered_with_what_to_do(window, reviewer, thirty):
    seat = window(reviewer)
    page = seat.open(f"/admin/review/{thirty[0].pk}/")
    seat.ready()
    page.keyboard.press("s")
    page.locator("#status").filter(has_text="Two statements need no split").wait_for()
    assert not ReviewEvent.objects.exists()
