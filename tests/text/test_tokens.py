"""Tokens: their kinds, their places, and that nothing is lost between them."""

from hypothesis import given
from hypothesis import strategies as st

from insights.text.tokens import TokenKind, tokens


def test_words_numbers_and_marks_are_told_apart():
    kinds = {token.text: token.kind for token in tokens("Don't wait 1,000.5 days (B12)!")}
    assert kinds == {
        "Don't": TokenKind.WORD,
        "wait": TokenKind.WORD,
        "1,000.5": TokenKind.NUMBER,
        "days": TokenKind.WORD,
        "(": TokenKind.PUNCTUATION,
        "B12": TokenKind.WORD,
        ")": TokenKind.PUNCTUATION,
        "!": TokenKind.PUNCTUATION,
    }


def test_a_hyphen_stands_alone():
    assert [token.text for token in tokens("15-minute")] == ["15", "-", "minute"]


def test_a_semicolon_ends_a_number():
    assert [token.text for token in tokens("5;6")] == ["5", ";", "6"]


def test_a_full_stop_is_no_part_of_a_number():
    assert [token.text for token in tokens("Only 5.")] == ["Only", "5", "."]


@given(st.text())
def test_tokens_stand_where_they_say_and_only_space_is_between(text):
    end = 0
    for token in tokens(text):
        assert text[token.start : token.end] == token.text
        assert not text[end : token.start].strip()
        end = token.end
    assert not text[end:].strip()
