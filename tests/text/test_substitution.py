"""One replaced content word is seen; rewording, inflection and small words are not."""

import pytest

from insights.text.substitution import replaced_word


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ("Nurses cannot swap shifts.", "Carers cannot swap shifts", ("nurses", "carers")),
        ("The Slack integration is slow.", "The Teams integration is slow.", ("slack", "teams")),
        ("Exports to payroll are slow", "Imports to payroll are slow", ("exports", "imports")),
    ],
)
def test_one_replaced_word_is_named(left, right, words):
    assert replaced_word(left, right) == words
    assert replaced_word(right, left) == words[::-1]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Nurses cannot swap shifts.", "Nurses cannot swap shifts"),
        ("Publishing takes about an hour.", "Publishing takes around an hour."),
        ("A nurse swaps shifts by text.", "A nurses swaps shifts by text."),
        ("Managers approve the leave request.", "Managers approve a leave request."),
        ("Nurses cannot swap shifts here.", "Swapping shifts is impossible for carers."),
        ("Nurses swap", "Carers swap"),
    ],
    ids=["equal", "small words", "inflection", "articles", "other words", "too short"],
)
def test_nothing_else_counts(left, right):
    assert replaced_word(left, right) is None
