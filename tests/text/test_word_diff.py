"""The reviewers' diff: whole words, nothing lost, quick on any text."""

import time

from hypothesis import given
from hypothesis import strategies as st

from insights.text.diff import DiffPart, word_diff


def test_a_changed_word_is_replaced_whole():
    assert word_diff("Rotas are late", "Rotas are early") == [
        DiffPart("same", "Rotas are ", "Rotas are "),
        DiffPart("replace", "late", "early"),
    ]


def test_an_added_word_is_an_insertion_and_a_missing_one_a_deletion():
    assert [(part.op, part.left, part.right) for part in word_diff("a c", "a b c")] == [
        ("same", "a ", "a "),
        ("insert", "", "b "),
        ("same", "c", "c"),
    ]
    assert [part.op for part in word_diff("a b c", "a c")] == ["same", "delete", "same"]


def test_a_changed_number_does_not_drag_its_unit_along():
    parts = word_diff("a 15-minute break", "a 20-minute break")
    assert [(part.left, part.right) for part in parts if part.op != "same"] == [("15", "20")]


def test_a_word_that_is_everywhere_still_lines_up():
    parts = word_diff("day night " * 150, "and " + "day night " * 150)
    assert [part.op for part in parts] == ["insert", "same"]


@given(st.text(), st.text())
def test_the_parts_put_together_are_the_statements(left, right):
    parts = word_diff(left, right)
    if parts:
        assert "".join(part.left for part in parts).strip() == left.strip()
        assert "".join(part.right for part in parts).strip() == right.strip()


@given(st.text())
def test_a_statement_is_all_the_same_as_itself(text):
    assert {part.op for part in word_diff(text, text)} <= {"same"}


def test_a_huge_pair_is_shown_as_one_replacement_between_what_is_equal():
    left, right = "start " + "a b c " * 10_000 + "end", "start " + "c b x " * 10_000 + "end"
    begin = time.process_time()
    parts = word_diff(left, right)
    assert time.process_time() - begin < 2
    assert [part.op for part in parts] == ["same", "replace", "same"]
    assert (parts[0].left, parts[-1].right) == ("start ", "end")
