"""The forms of a statement: what is equal, what must stay apart, and hashes that last."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.text.normalise import clean, content_hash, normalise


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Rotas are late.", "rotas are late"),
        ("Rotas  are\tlate\n", "Rotas are late"),
        ("Rotas are late!", "Rotas are late..."),
        ("Rotas are late…", "Rotas are late"),
        ("It’s “slow”", 'It\'s "slow"'),
        ("10–15 minutes", "10-15 minutes"),
        ("−5 °C", "-5 °C"),
        ("4 GB", "4 gb"),
        ("Ｆｕｌｌ width", "full width"),
        ("cafe\u0301", "café"),
        ("Straße", "STRASSE"),
        ("zero\u200bwidth", "zerowidth"),
        ("\u202eright to left\u202c", "right to left"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\u00a0b", "a b"),
        ("nul\x00led", "nulled"),
    ],
)
def test_the_same_statement_typed_otherwise_has_the_same_hash(left, right):
    assert normalise(left) == normalise(right)
    assert content_hash(left) == content_hash(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("12 %", "21 %"),
        ("5 MW", "5 mW"),
        ("10 Mb", "10 MB"),
        ("100 Mbps", "100 MBps"),
        ("1.5", "15"),
        ("1,5", "15"),
        ("-5", "5"),
        ("+5", "-5"),
        ("5 %", "5"),
        ("$5", "€5"),
        ("10²", "102"),
        ("x₂", "x2"),
        ("1½", "11/2"),
        ("is not safe", "is safe"),
        ("isn't safe", "is safe"),
        ("Is it safe?", "Is it safe"),
        ("v4.2", "v42"),
    ],
)
def test_what_means_something_is_never_normalised_away(left, right):
    assert normalise(left) != normalise(right)


@given(st.text())
def test_normalise_is_idempotent(text):
    assert normalise(normalise(text)) == normalise(text)


def test_every_single_character_is_idempotent_in_context():
    for code in range(0x3000):
        once = normalise(f"a{chr(code)}b")
        assert normalise(once) == once, hex(code)


# Hashes are stored: a change here orphans every insight that was ingested before it.
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("Rotas are late.", "797a6f1d736738396ca5575e90353464684b98aca9cecc0dfff1539f8b222fc3"),
        (
            "“Night” shifts cost 12 % more – always!",
            "e37262f41066934ef2d284b53a67c9bbfbeb78ebd2faaf1a452ec61f4b0f6517",
        ),
        (
            "It isn’t safe at −5 °C",
            "1ad0418989b0d426c694ba0645509aed2cd2d0ebf302022e43798d7ea1316f15",
        ),
        ("Über 1½ Stunden", "b9978213c20358b16ea9453bfdf591350b54f7e68cb50e8a1f95926a46d39068"),
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ],
)
def test_a_content_hash_never_changes(statement, expected):
    assert content_hash(statement) == expected


@given(st.text(alphabet=st.characters()))
def test_a_hash_is_64_hexadecimal_digits_for_any_text(text):
    assert re.fullmatch("[0-9a-f]{64}", content_hash(text))


def test_a_hash_survives_a_lone_surrogate():
    assert content_hash("a\ud800b") == content_hash("ab")


def test_clean_keeps_case_and_punctuation():
    assert clean("  Rotas\tARE \n late. ") == "Rotas ARE late."


def test_clean_keeps_joined_emoji_together():
    assert clean("👩‍⚕️ asks") == "👩‍⚕️ asks"


@given(st.text())
def test_clean_leaves_nothing_that_a_database_refuses(text):
    cleaned = clean(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in cleaned)
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned
