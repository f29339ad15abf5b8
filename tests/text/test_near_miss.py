"""The guard as a whole: its sentences, its spans, its properties and its speed."""

import time
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.text.facts.differences import DifferenceKind, differences
from insights.text.facts.fact import read_facts

PIECES = st.sampled_from(
    """the app nurses Sandra Leeds 12 % 1,000 10-15 minutes hours 9 a.m. Monday March 2026 Q3 weekly
    v4.2 iOS 17 not never without unable faster slower all some must may before after $5 € more than
    half twice second first a an one of every two weeks ½ . , - U.S. WiFi 2FA""".split()
)
STATEMENTS = st.lists(PIECES, max_size=14).map(" ".join) | st.text(max_size=60)


def kinds(left, right):
    return [found.kind for found in differences(left, right)]


@given(STATEMENTS)
def test_a_statement_does_not_differ_from_itself(statement):
    assert differences(statement, statement) == ()


@given(STATEMENTS, STATEMENTS)
def test_differences_are_of_the_same_kinds_from_either_side(left, right):
    assert kinds(left, right) == kinds(right, left)


@given(STATEMENTS, STATEMENTS)
def test_a_difference_quotes_the_statement_at_its_spans(left, right):
    for found in differences(left, right):
        assert found.left == tuple(left[start:end] for start, end in found.left_spans)
        assert found.right == tuple(right[start:end] for start, end in found.right_spans)
        assert found.left or found.right


@given(st.integers(2, 10**7), st.integers(2, 10**7))
def test_another_number_is_always_seen(left, right):
    template = "Staff lose {} pounds on a rota"
    seen = DifferenceKind.NUMBER in kinds(template.format(left), template.format(right))
    assert seen == (left != right)


@given(STATEMENTS, st.integers(100, 10**6))
def test_a_number_that_only_one_has_is_always_seen(statement, number):
    assert differences(statement, f"{statement} costs {number + 7_000_000} beds")


@given(STATEMENTS)
def test_a_negation_that_only_one_has_is_always_seen(statement):
    assert differences(statement, f"{statement}. It is not theirs")


def test_differences_come_in_the_order_of_their_kinds():
    found = kinds("In March Sandra did not wait 5 minutes", "In May Tom did wait 6 minutes")
    assert found == ["number", "date", "name", "negation"]


def test_spans_hold_in_a_statement_with_invisible_characters():
    left = "Ro\u200btas take 1\u200b2 hours"
    (found,) = differences(left, "Rotas take 21 hours")
    assert found.left == ("1\u200b2 hours",)
    assert left[slice(*found.left_spans[0])] == "1\u200b2 hours"


def test_a_word_cannot_be_hidden_by_invisible_characters():
    assert kinds("It is n\u200bo\u200bt safe", "It is safe") == ["negation"]


def test_facts_can_be_read_once_and_compared_often():
    left, right = read_facts("It took 5 days"), read_facts("It took 6 days")
    assert differences(left, right) == differences("It took 5 days", "It took 6 days")
    assert hash(left) == hash(read_facts("It took 5 days"))
    with pytest.raises(FrozenInstanceError):
        left.text = ""


HOSTILE = {
    "digits": "1",
    "thousands": "111 ",
    "commas": "1,",
    "dots": "1.1.",
    "slashes": "1/",
    "plus": "+1",
    "dashes": "-",
    "number words": "twenty-",
    "scales": "hundred and ",
    "quotes": '"',
    "spaces": " ",
    "capitals": "A",
    "names": "Ab ",
    "acronyms": "ABC ",
    "hyphenated names": "a-B",
    "not": "not ",
    "contractions": "n't ",
    "nor": "nor ",
    "every": "every two ",
    "days": "15 ",
    "months": "march ",
    "clock": "9-",
    "prefer": "prefer ",
    "invisible": "a\u200b",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_takes_time_in_proportion_to_the_length(name):
    """Ten times the text takes about ten times as long: nothing backtracks."""
    piece = HOSTILE[name]
    short, long = (f"neither {piece * (size // len(piece))}" for size in (5_000, 50_000))
    read_facts(short)

    def seconds(work, *args):
        read_facts.cache_clear()
        begin = time.process_time()
        work(*args)
        return time.process_time() - begin

    def is_proportional():
        once = seconds(read_facts, short)
        return (
            seconds(read_facts, long) < 40 * once + 0.05
            and seconds(lambda: differences(long, long[::-1])) < 120 * once + 0.2
        )

    # A busy machine may disturb one measurement, a pattern that backtracks spoils each of them.
    assert any(is_proportional() for _ in range(4))
