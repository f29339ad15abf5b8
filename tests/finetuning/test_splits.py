"""The split is drawn once a statement, whatever is decided later, and no statement crosses it."""

from hypothesis import given
from hypothesis import strategies as st

from finetuning.ml.splits import assign_splits, draw

STATEMENTS = [f"{number:064x}" for number in range(30)]
decision_lists = st.lists(
    st.lists(st.sampled_from(STATEMENTS), min_size=2, max_size=6, unique=True), max_size=25
)


def assign(decisions, share=0.3):
    return assign_splits(list(enumerate(decisions)), share, {})


@given(decision_lists, decision_lists)
def test_later_decisions_never_change_what_was_assigned(earlier, later):
    before, after = assign(earlier), assign(earlier + later)

    assert {statement: after[statement] for statement in before} == before


@given(decision_lists, st.integers(1, 5))
def test_a_few_at_a_time_are_assigned_as_all_at_once(decisions, at_once):
    known = {}
    for start in range(0, len(decisions), at_once):
        part = enumerate(decisions[start : start + at_once], start)
        known |= assign_splits(part, 0.3, known, start)

    assert known == assign(decisions)


@given(decision_lists)
def test_every_statement_of_a_decision_has_a_split(decisions):
    assert set(assign(decisions)) == {one for members in decisions for one in members}


@given(decision_lists)
def test_a_decision_on_new_statements_only_is_not_cut_apart(decisions):
    assigned, seen = assign(decisions), set()
    for members in decisions:
        if not seen & set(members):
            assert len({assigned[one].split for one in members}) == 1
            assert len({assigned[one].anchor for one in members}) == 1
        seen |= set(members)


def test_new_members_follow_the_one_that_was_assigned_first():
    held_out = next(one for one in STATEMENTS if draw(one, 0.3) == "held_out")
    trained = next(one for one in STATEMENTS if draw(one, 0.3) == "train")

    assigned = assign([[held_out], [trained], [trained, held_out, "f" * 64]])

    assert assigned["f" * 64].split == "held_out"
    assert assigned["f" * 64].anchor == 0
    assert assigned[trained].split == "train"


def test_the_share_is_about_what_was_asked_for_and_does_not_hang_on_the_order_of_members():
    many = [f"{number:064x}" for number in range(5000)]

    held_out = sum(draw(one, 0.2) == "held_out" for one in many)

    assert 900 < held_out < 1100
    assert assign([many[:4]]) == assign([many[3::-1]])


def test_nothing_or_everything_can_be_held_out():
    assert {draw(one, 0.0) for one in STATEMENTS} == {"train"}
    assert {draw(one, 1.0) for one in STATEMENTS} == {"held_out"}
