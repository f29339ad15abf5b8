"""Whatever the bytes and the text: one kind of error, no crash, honest offsets, linear time."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.ingest.chunking import Chunk, chunk_document
from insights.ingest.extraction import RuleExtractor
from insights.ingest.extraction.markup import strip_markup
from insights.ingest.readers import Document, Options, ReadError, read_source, supported_suffixes
from insights.text.sentences import split_sentences

NAMES = st.sampled_from([f"a{suffix}" for suffix in supported_suffixes() if suffix != ".pdf"])
PIECES = st.lists(
    st.sampled_from(
        [
            *"abI \n\t\f.,;:?!\"'“”()[]{}*_`|#>-<&\\\r",
            "The export is slow. ",
            "and the import is fast",
            "\n\n",
            "[00:12:31] Maria Keller: ",
            "Interviewer: ",
            "00:01.000 --> 00:02.000\n",
            "<v Ann>",
            "--- page 4 ---\n",
            "- [x] ",
            "```\n",
            '"It is," said Maria. ',
            "Dr. ",
            "[link](http://x.y)",
            "insight,text\n",
            '{"insight": "x"}',
            "é",
            "\u2028",
            "\ud83d\ude00",
        ]
    ),
    max_size=60,
).map("".join)


@given(
    NAMES, st.one_of(st.binary(max_size=300), PIECES.map(lambda t: t.encode("utf-8", "replace")))
)
def test_reading_raises_nothing_but_its_own_error(name, data):
    for keep_good_rows in (False, True):
        try:
            content = read_source(name, data, Options(keep_good_rows=keep_good_rows))
        except ReadError as error:
            assert str(error)
        else:
            assert content.documents


@settings(deadline=None)  # the first PDF or page starts a process
@given(NAMES, st.binary(max_size=60), st.sampled_from(["latin-1", "utf-7", "idna", "punycode"]))
def test_reading_with_a_named_encoding_raises_nothing_else_either(name, data, encoding):
    try:
        read_source(name, data, Options(encoding=encoding))
    except ReadError as error:
        assert str(error)


def letters(text):
    return "".join(re.findall(r"[^\W_]", text.lower()))


@given(PIECES)
def test_offsets_lie_in_the_text_and_hold_the_words(text):
    extractor = RuleExtractor()
    end = 0
    for chunk in chunk_document(Document("a", text, "")):
        assert end <= chunk.start < chunk.end <= len(text)
        assert chunk.text == text[chunk.start : chunk.end]
        end = chunk.end
        for statement in extractor.extract(chunk):
            assert chunk.start <= statement.start < statement.end <= chunk.end
            source = iter(letters(text[statement.start : statement.end]))
            assert all(letter in source for letter in letters(statement.text))
            assert not statement.text.endswith((":", ",", ";"))
            assert "\n" not in statement.text


@given(PIECES)
def test_sentences_hold_every_character_once(text):
    spans = list(split_sentences(text))
    assert all(start < end for start, end in spans)
    assert "".join("".join(text[s:e].split()) for s, e in spans) == "".join(text.split())


@given(PIECES)
def test_markup_only_ever_takes_characters_away(text):
    plain = strip_markup(text)
    for at in range(len(plain.text)):
        start, end = plain.original(at, at + 1)
        assert text[start:end] == plain.text[at]


HOSTILE = [
    *("a", "a ", ".", '"', "“", "(", "((a)", "*", "**a ", "`", "``a", "<!--", "<a ", "<v ", "["),
    *("![a", "[a](", "A. ", "\n", "- \n", "> ", "#", " ", "|", "a; b ", "a, and the b is c "),
    *(
        "Dr. ",
        "Maria said, ",
        "\f",
        "\\",
        "_a",
        ".)",
        "1. ",
        "A: ",
        "00:01 --> 00:02\n",
        "I think ",
    ),
    *("; the export is slow", "x\n", '." ', "said Maria, ", "[00:12] ", "{", '"\\'),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_text_and_not_with_its_square(piece):
    def seconds(size):
        # The last letter makes a pattern fail that would match a run up to the end.
        text = (piece * (size // len(piece) + 1))[: size - 1] + "x"
        began = time.process_time()
        for chunk in chunk_document(Document("a", text, "")):
            RuleExtractor().extract(chunk)
        RuleExtractor().extract(Chunk(text, "", 0, size, None, None))
        return time.process_time() - began

    # Quadratic time would be sixteen-fold; four-fold is linear. A busy machine may disturb one
    # measurement, a pattern that goes back over the text spoils each of them.
    assert any(seconds(80_000) < 10 * max(seconds(20_000), 0.02) for _ in range(4))
