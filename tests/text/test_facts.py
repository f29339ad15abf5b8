"""Facts read from one statement: normalised values and their positions."""

import pytest

from insights.text.facts.fact import DifferenceKind, read_facts


def read(statement, kind):
    return [
        (fact.keys[0], statement[fact.start : fact.end]) for fact in read_facts(statement).of(kind)
    ]


@pytest.mark.parametrize(
    ("statement", "key", "quoted"),
    [
        ("It takes at least 5 minutes", ">=300 second", "at least 5 minutes"),
        ("It takes 10-15 minutes", "600..900 second", "10-15 minutes"),
        ("Paid £1.5m in all", "1500000 pound", "£1.5m"),
        ("Two thirds left", "200/3 per cent", "Two thirds"),
        ("One in five left", "20 per cent", "One in five"),
        ("An hour and a half is lost", "5400 second", "An hour and a half"),
        ("Two hundred and five beds", "205 ", "Two hundred and five"),
        ("The 2nd try", "ordinal 2", "2nd"),
        ("It is -5 °C", "-5 celsius", "-5 °C"),
        ("About 1'000 left", "1000 ", "1'000"),
        ("It holds 1.000 beds", "1.000 ", "1.000"),
        ("It holds 1.000,50 beds", "2001/2 ", "1.000,50"),
    ],
)
def test_a_quantity_is_read_with_its_unit_and_comparator(statement, key, quoted):
    assert read(statement, DifferenceKind.NUMBER) == [(key, quoted)]


@pytest.mark.parametrize(
    ("statement", "key", "quoted"),
    [
        ("Due on 15 March 2026.", "date 2026-03-15", "15 March 2026"),
        ("Due on March 15th", "date -03-15", "March 15th"),
        ("Due 2026-03-15", "date 2026-03-15", "2026-03-15"),
        ("Due 03/04/2026", "date 3/4/2026", "03/04/2026"),
        ("Opens at half past nine", "time 09:30", "half past nine"),
        ("Opens at 12 am", "time 00:00", "12 am"),
        ("Sent every two weeks", "each 1209600 second", "every two weeks"),
        ("In Q3 2025 it fell", "quarter 3 2025", "Q3 2025"),
        ("In 2025 it fell", "year 2025", "2025"),
        ("In May it fell", "date -05-", "May"),
    ],
)
def test_a_date_is_read_in_one_spelling(statement, key, quoted):
    assert read(statement, DifferenceKind.DATE) == [(key, quoted)]


def test_a_modal_verb_is_not_a_month():
    assert read("Staff may march on", DifferenceKind.DATE) == []


def test_a_pronoun_is_not_a_number():
    assert read("This one beats that one, no one knows why", DifferenceKind.NUMBER) == []


def test_a_count_is_not_a_year():
    assert read("Some 1,950 nurses", DifferenceKind.DATE) == []


@pytest.mark.parametrize(
    ("statement", "key"),
    [
        ("v4.2 crashes", "version 4.2"),
        ("Version 4.2 crashes", "version 4.2"),
        ("iOS 17 crashes", "version 17"),
        ("It runs Python 3.11 now", "version 3.11"),
        ("1.2.3 crashes", "version 1.2.3"),
    ],
)
def test_a_version_is_not_a_number(statement, key):
    assert [found for found, _ in read(statement, DifferenceKind.VERSION)] == [key]
    assert read(statement, DifferenceKind.NUMBER) == []


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("Managers like WhatsApp", ["WhatsApp"]),
        ("We asked Sandra Okafor", ["Sandra", "Okafor"]),
        ("The U.S. rules apply", ["U.S."]),
        ("The Wi-Fi is slow", ["Wi-Fi"]),
        ("We asked the Manager", []),
        ("Unfortunately, rotas are late", []),
        ("STAFF CANNOT LOG IN", []),
        ("Staff Want Shorter Shifts", []),
        ("We asked Will", ["Will"]),
        ("IT blocks it", ["IT"]),
    ],
)
def test_a_capital_letter_makes_a_name_where_it_means_one(statement, names):
    assert [quoted for _, quoted in read(statement, DifferenceKind.NAME)] == names


@pytest.mark.parametrize(
    ("statement", "cues"),
    [
        ("It isn't safe", ["isn't"]),
        ("It is not only safe but cheap", []),
        ("He never fails to reply", []),
        ("Whether or not it rains", []),
        ("See no. 5", []),
        ("Neither nurses nor carers know", ["Neither"]),
        ("It hardly ever works", ["hardly ever"]),
        ("They are not able to swap", ["are not able to"]),
        ("It does not work without Wi-Fi", []),
        ("No later than Friday or no more than 5", ["No"]),
    ],
)
def test_a_negation_is_read_where_something_is_denied(statement, cues):
    assert [statement[cue.start : cue.end] for cue in read_facts(statement).cues] == cues
