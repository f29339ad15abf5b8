"""The forms of a statement: what is equal, what must stay apart, and hashes that last."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.text.guard import LeftOver, compare
from insights.text.normalise import clean, content_hash, normal_form, normalise


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Rotas are late.", "rotas are late"),
        ("It is late", "it is late"),
        ("Rotas  are\tlate\n", "Rotas are late"),
        ("Rotas are late!", "Rotas are late..."),
        ("Rotas are late…", "Rotas are late"),
        ("It’s “slow”", 'It\'s "slow"'),
        ("THE CAFÉ CLOSES TOO EARLY!!", "The café closes too early."),
        ("10–15 minutes", "10-15 minutes"),
        ("−5 °C", "-5 °C"),
        ("Ｆｕｌｌ width", "Full width"),
        ("cafe\u0301", "café"),
        ("straße", "straße."),
        ("zero\u200bwidth", "zerowidth"),
        ("\u202eright to left\u202c", "right to left"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\u00a0b", "a b"),
        ("nul\x00led", "nulled"),
    ],
)
def test_the_same_statement_typed_otherwise_has_the_same_hash(left, right):
    assert normal_form(left) == normal_form(right)
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
        ("sent to US staff", "sent to us staff"),
        ("IT is slow", "It is slow"),
        ("IT WAS SENT TO US", "It was sent to us"),
        ("THE LINE HAS 5 MV", "the line has 5 mv"),
        ("USB IS SLOW", "usb is slow"),
        ("5 mV", "5 MV"),
        ("5 kb", "5 kB"),
        ("Polish shoes are needed", "polish shoes are needed"),
        ("in Massen", "in Maßen"),
        ("written in C", "written in C++"),
        ("tagged #now", "tagged now"),
        ("I like it 👍", "I like it 👎"),
        ("I like it 👍", "I like it"),
    ],
)
def test_what_means_something_is_never_normalised_away(left, right):
    assert normal_form(left) != normal_form(right)


@given(st.text())
def test_both_forms_are_idempotent(text):
    assert normalise(normalise(text)) == normalise(text)
    assert normal_form(normal_form(text)) == normal_form(text)


@pytest.mark.parametrize("text", ["\u200b\u200d", "\xad", "\ufeff \ufeff", "\u200c\n\u2060"])
def test_a_statement_that_shows_nothing_is_empty(text):
    assert clean(text) == normal_form(text) == ""


def test_every_single_character_is_idempotent_in_context():
    for code in range(0x3000):
        for form in (normalise, normal_form):
            once = form(f"a{chr(code)}b")
            assert form(once) == once, hex(code)


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
            "cccb98f5474f7418d804d03640eb3d292fc3bfcdbc803e5d00ba9167c0fd0272",
        ),
        ("Über 1½ Stunden", "c5a17fc500d66125d0c4b62fb53d903d0a96dcf251bf8e902ece6b0751523204"),
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


# Pieces that the normal form folds in part: what it folds must be nothing to the guard.
PIECES = st.sampled_from(
    "The the Staff staff US us IT it rota Rota polish Polish can't can’t 5 ５ mV MV kb kB C C++ # "
    'Maßen Massen naïve nai\u0308ve – - “now” "now" ? ! . … 👍 \u200b ﬁrm firm not does'.split(" ")
)
TEXTS = st.lists(PIECES, min_size=1, max_size=7).map(" ".join)


@settings(deadline=None)  # the library that tells languages takes seconds to load
@given(TEXTS, TEXTS)
def test_texts_with_equal_hashes_do_not_conflict(left, right):
    if normal_form(left) == normal_form(right):
        assert compare(clean(left), clean(right)).left_over is not LeftOver.CONFLICT


@settings(deadline=None)
@given(TEXTS, st.data())
def test_what_the_normal_form_folds_is_nothing_to_the_guard(text, data):
    spoilt = "".join(data.draw(st.sampled_from((char, *_SPELLINGS.get(char, ())))) for char in text)
    spoilt += data.draw(st.sampled_from(("", ".", " ", "...")))
    assert normal_form(spoilt) == normal_form(text)
    assert compare(clean(spoilt), clean(text)).left_over is not LeftOver.CONFLICT


_SPELLINGS = {" ": ("  ", "\u00a0"), "-": ("–", "‐"), "'": ("’",), '"': ("„", "”"), "5": ("５",)}
