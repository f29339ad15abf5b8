"""Thirty clusters of every kind and four audits by keyboard alone, against an oracle."""

from collections.abc import Iterator
from itertools import product

import pytest

from insights.audit.sampling import draw
from insights.models import AutoMergeStop, Cluster, ConflictVerdict, Insight, MergeDecision
from insights.review.actions.automatic import MergeAutomatically
from insights.review.queue import Facet, waiting_counts
from tests.audit.conftest import MODEL, VERSION
from tests.browser.oracle import Members, Oracle, Proposed, held

pytestmark = pytest.mark.django_db(transaction=True)

# Kind, size, probability, what is pressed. Those without a probability no model has judged.
PLAN = [
    ("plain", 2, 0.51, "approve"),
    ("plain", 2, 0.97, "reject"),
    ("plain", 2, 0.55, "words"),
    ("plain", 2, 0.62, "canonical"),
    ("plain", 2, None, "approve"),
    ("plain", 2, None, "skip"),
    ("plain", 2, 0.58, "unsure"),
    ("plain", 2, None, "reject, undo, approve"),
    ("plain", 3, 0.66, "part"),
    ("plain", 3, None, "split"),
    ("plain", 4, 0.71, "regroup"),
    ("plain", 4, None, "part"),
    ("near", 2, 0.53, "reject"),
    ("near", 2, None, "approve"),
    ("near", 2, 0.83, "edit"),
    ("near", 3, 0.74, "part"),
    ("near", 3, None, "unsure"),
    ("contradiction", 2, 0.57, "comment"),
    ("contradiction", 2, None, "words"),
    ("contradiction", 3, 0.79, "split"),
    ("contradiction", 3, None, "part"),
    ("contradiction", 4, 0.69, "reject"),
    ("large", 9, 0.6, "approve"),
    ("large", 10, 0.64, "part"),
    ("large", 10, None, "regroup"),
    ("large", 12, 0.76, "words"),
    ("weak", 4, 0.59, "split, undo, approve"),
    ("weak", 4, None, "approve"),
    ("weak", 4, 0.81, "part"),
    ("weak", 5, 0.73, "canonical"),
]
TOPICS = [
    a + b
    for a, b in product(("ba", "de", "fi", "go", "ku", "mo"), ("la", "ne", "ri", "so", "tu", "ve"))
]
# Only harmless words differ.
SAID = [
    f"is {adverb}late in {word} plan"
    for word, adverb in product(("the", "this", "that", "these"), ("", "clearly ", "honestly "))
]
NAMES = ["in Leeds", "in York", "in Dover"]
NUMBERS = ["by 5 days", "by 7 days", "by 9 days", "by 12 days"]
SCREEN = """() => ({
  members: [...document.querySelectorAll('.item [name=member]')].map((box) => box.value),
  canonical: (document.querySelector('.item [name=canonical]:checked') || {}).value,
  groups: [...document.querySelectorAll('.item select')].map((one) => Number(one.value)),
})"""

UNTICKED = """() => [...document.querySelectorAll('.item [name=member]:not(:checked):enabled')]
  .map((box) => box.dataset.digit)"""


@pytest.fixture
def thirty(make_cluster, reviewer):
    """Return the plan for each cluster, by its members."""
    plans = {}
    for topic, (kind, size, probability, plan) in zip(TOPICS, PLAN, strict=False):
        ends = {"near": NAMES, "contradiction": NUMBERS}.get(kind, [""] * size)
        words = [f"The {topic} rota {SAID[n]} {ends[n]}".strip() for n in range(size)]
        cluster = make_cluster(words)
        mean, weakest = (0.8, 0.62) if kind == "weak" else (0.7 + size / 100, 0.9)
        Cluster.objects.filter(pk=cluster.pk).update(
            probability=probability, mean_similarity=mean, weakest_similarity=weakest
        )
        plans[tuple(sorted(words))] = plan
    counts = waiting_counts(reviewer)
    assert counts[Facet.NEAR_MISS] == 10
    assert counts[Facet.CONTRADICTION] == 5
    assert counts[Facet.LARGE] == 5
    assert counts[Facet.WEAK_LINK] == 4
    assert len(plans) == counts[Facet.ALL] == 30
    return plans


@pytest.fixture
def audits(make_insight):
    """Drawn: four merges by a model, in order."""
    merged = []
    for topic in TOPICS[30:34]:
        one, other = make_insight(f"Each {topic} door sticks"), make_insight(f"{topic} doors stick")
        MergeAutomatically(
            canonical_id=one.pk, duplicate_id=other.pk, model_id=MODEL, model_version=VERSION
        ).execute()
        merged.append((one.statement, other.statement))
    draw()
    return merged


class Keys:
    """Hands on a keyboard: what they press, and in the same breath what that must leave."""

    def __init__(self, seat, oracle: Oracle) -> None:
        self.seat, self.keyboard, self.oracle = seat, seat.page.keyboard, oracle
        self.words = {str(pk): statement for statement, pk in oracle.ids.items()}

    def look(self) -> Members:
        """At the item shown: its statements in their order, the canonical, the groups."""
        self.seat.ready()
        screen = self.seat.page.evaluate(SCREEN)
        self.shown = [self.words[pk] for pk in screen["members"]]
        self.canonical = self.words.get(screen["canonical"])
        self.groups = screen["groups"]
        self.members = tuple(sorted(self.shown))
        for number in self.seat.page.evaluate(UNTICKED):  # each that is disputed needs its digit
            self.keyboard.press(number)
        return self.members

    def tab_to(self, selector: str) -> None:
        for _ in range(200):
            self.keyboard.press("Tab")
            if self.seat.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"No Tab leads to {selector}.")

    def approve(self) -> None:
        self.seat.press("a")
        self.oracle.approve(self.members, self.members, self.canonical)

    def canonical_(self) -> None:
        self.keyboard.press("c")
        chosen = self.shown[(self.shown.index(self.canonical) + 1) % len(self.shown)]
        self.seat.press("a")
        self.oracle.approve(self.members, self.members, chosen)

    def part(self) -> None:
        """Without the proposed canonical, nor, of a large one, the tenth, which has no digit."""
        out = {self.canonical}
        self.keyboard.press(str(self.shown.index(self.canonical) + 1))
        if len(self.shown) > 9:
            self.tab_to(f"[name=member][value='{self.oracle.ids[self.shown[9]]}']")
            self.keyboard.press("Space")
            out.add(self.shown[9])
        if len(self.shown) > 3:  # out and in again: as it was
            self.keyboard.press("3")
            self.keyboard.press("3")
        self.keyboard.press("c")
        ticked = [one for one in self.shown if one not in out]
        self.seat.press("a")
        self.oracle.approve(self.members, ticked, ticked[0])

    def words_(self) -> None:
        text = f"Written for {self.members[0]}"
        self.keyboard.press("e")
        self.keyboard.press("ControlOrMeta+a")
        self.keyboard.type(text)
        self.seat.press("Control+Enter")
        self.oracle.approve(self.members, self.members, text)

    def edit(self) -> None:
        self.keyboard.press("e")
        self.keyboard.press("ControlOrMeta+End")
        self.keyboard.type(" of late")
        self.seat.press("Control+Enter")
        self.oracle.approve(self.members, self.members, f"{self.canonical} of late")

    def reject(self, comment: str = "") -> None:
        self.seat.press("r")
        self.oracle.reject(self.members, comment)

    def comment(self) -> None:
        self.tab_to("#comment")
        self.keyboard.type("a knot of keys: arsz 12")
        self.keyboard.press("Escape")
        self.reject("a knot of keys: arsz 12")

    def split(self) -> None:
        self.seat.press("s")
        groups = dict(zip(self.shown, self.groups, strict=True))
        self.oracle.split(self.members, groups, [str(self.canonical)])

    def regroup(self) -> None:
        """The first alone, the others in two or three groups in turn."""
        self.groups = [1] + [
            2 + n % (3 if len(self.shown) > 4 else 2) for n in range(len(self.shown) - 1)
        ]
        self.keyboard.press("g")
        for place, number in enumerate(self.groups, 1):
            self.keyboard.press(str(place % 10))
            self.keyboard.press("?abcd"[number])
        self.split()

    def pass_on(self, key: str, kind: str) -> None:
        self.seat.press(key)
        self.oracle.pass_on(self.members, kind)

    def undo(self) -> None:
        said = [one for one in self.oracle.decisions if one.undone_by is None][-1]
        self.seat.ready()
        self.seat.press("z")
        self.oracle.undo(said)
        assert self.look() == said.cluster

    def undo_named(self) -> None:
        """An approval with later decisions after it, by Tab to its own button."""
        own = [one for one in self.oracle.decisions if one.actor == "rosa"][-9:-2]
        said = [one for one in own if one.kind == "approved" and one.undone_by is None][-1]
        pk = _in_order()[self.oracle.decisions.index(said)]
        if not self.seat.page.query_selector("details.last[open]"):
            self.tab_to("details.last summary")
            self.keyboard.press("Enter")
        before = self.seat.page.url
        self.tab_to(f"[name=decision][value='{pk}']")
        self.keyboard.press("Enter")
        self.seat.page.wait_for_function("before => location.href !== before", arg=before)
        self.oracle.undo(said)
        assert self.look() == said.cluster

    def do(self, act: str) -> None:
        acts = {
            "canonical": self.canonical_,
            "words": self.words_,
            "skip": lambda: self.pass_on("k", "skipped"),
            "unsure": lambda: self.pass_on("u", "unsure"),
        }
        acts.get(act, getattr(self, act, None))()

    def items(self) -> Iterator[Members]:
        """One after the other until the front page has none left for rosa."""
        while True:
            if self.seat.page.query_selector(".start"):
                if not self.seat.page.query_selector("button.big"):
                    return
                self.tab_to("button.big")
                self.keyboard.press("Enter")
                self.seat.page.wait_for_selector("#desk .item, .messagelist")
                if self.seat.page.query_selector(".start"):
                    assert "Nothing is left for you" in self.seat.page.content()
                    return
            yield self.look()


def _in_order():
    return list(MergeDecision.objects.order_by("decided_at").values_list("pk", flat=True))


def test_a_keyboard_session_leaves_exactly_what_each_key_says(window, reviewer, thirty, audits):
    oracle = Oracle(dict(Insight.objects.values_list("statement", "pk")))
    oracle.clusters = [Proposed(one) for one in thirty]
    for canonical, duplicate in audits:
        oracle.merge_automatically(canonical, duplicate)
    oracle.audits = dict.fromkeys(range(4), ("", "", ""))
    assert held() == oracle.expected()

    seat = window(reviewer)
    hands = Keys(seat, oracle)
    seat.review()
    first = hands.look()
    seat.press("n")
    assert hands.look() != first
    seat.press("p")
    assert hands.look() == first

    for number, members in enumerate(hands.items(), 1):
        if number == 20:  # what is shown now comes again
            hands.undo_named()
            hands.reject()
        else:
            plan = thirty.get(members, "approve")
            for act in plan.split(", "):
                hands.do(act)
            if plan == "skip":
                thirty[members] = "approve"
        if number % 10 == 0:
            assert held()["decisions"] == oracle.expected()["decisions"]
    hands.undo_named()
    oracle.open_one(hands.members).held_by = "rosa"
    assert [kind for kind, *_ in oracle.events].count("undone") == 4

    seat.open("/admin/review/?facet=audit")
    merges, wrong = 0, 3  # the last of the merges: earlier, so few answers would stop the model
    for members in hands.items():
        same = merges != wrong
        merges += 1
        seat.press("a" if same else "r")
        oracle.answer_merge(_place(oracle, members), same=same)
    assert merges == 4

    found, expected = held(), oracle.expected()
    for table in expected:
        assert found[table] == expected[table], table
    assert found == expected
    assert not AutoMergeStop.objects.exists()
    assert not ConflictVerdict.objects.exists()
    assert seat.complaints == []


def _place(oracle: Oracle, members: Members) -> int:
    return next(
        n for n, said in enumerate(oracle.decisions) if tuple(sorted(said.parts)) == members
    )
