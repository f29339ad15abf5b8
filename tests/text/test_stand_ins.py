"""Other people and one replaced word are seen; rewording, inflection and small words are not."""

import pytest

from insights.text.guard.substitution import stand_in


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ("Nurses cannot swap shifts.", "Carers cannot swap shifts", ("nurses", "carers")),
        ("The Slack integration is slow.", "The Teams integration is slow.", ("slack", "teams")),
        (
            "Nurses cannot swap shifts without a manager's approval.",
            "Carers cannot swap their shifts without approval",
            ("nurses", "carers"),
        ),
        ("Exports to payroll are slow", "Imports to payroll are slow", ("exports", "imports")),
    ],
)
def test_one_replaced_word_is_named(left, right, words):
    assert stand_in(left, right) == words
    assert stand_in(right, left) == words[::-1]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Nurses cannot swap shifts.", "Nurses cannot swap shifts"),
        ("Publishing takes about an hour.", "Publishing takes around an hour."),
        ("A nurse swaps shifts by text.", "A nurses swaps shifts by text."),
        ("Managers approve the leave request.", "Managers approve a leave request."),
        ("Nurses cannot swap shifts here.", "Swapping shifts is impossible for nurses."),
        ("Shifts swap", "Rotas swap"),
        ("Staff cannot swap shifts at all.", "Nurses cannot swap their shifts."),
        ("Caregivers swap shifts by text message.", "By text message carers swap them."),
    ],
    ids=[
        "equal",
        "small words",
        "inflection",
        "articles",
        "other words",
        "too short",
        "general",
        "synonym",
    ],
)
def test_nothing_else_counts(left, right):
    assert stand_in(left, right) is None
