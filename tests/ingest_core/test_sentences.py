"""Sentence boundaries."""

import pytest

from insights.text.sentences import split_sentences

CASES = [
    ["The export is slow.", "Nobody uses it."],
    ["It failed twice!", "Why?", "Nobody knows."],
    ["Use a short name, e.g. Rota or i.e. Plan.", "Then save."],
    ["Dr. Lee met Mr. and Mrs. O'Neil.", "They agreed."],
    ["It takes approx. 40 minutes vs. 10 before.", "That is slow."],
    ["We met at 10 a.m. Everyone was late."],
    ["See ticket No. 5 and p. 12 of vol. 3.", "The answer was no.", "Fine."],
    ["The U.S. Army uses it.", "It is used in the U.S.", "We use it too."],
    ["J. R. R. Tolkien and A. B. Smith wrote it.", "We read it."],
    ["A work of M. Aguiar and J.-L. Loday came first.", "We extend it."],
    ["It grew from 3.5 to 4.2 percent.", "That is v1.2.3 of the plan."],
    ["We waited...", "Nothing happened."],
    ["We waited... and then it failed."],
    ["Read https://example.com/a.b?c=d. and stop."],
    ["Open report.final.pdf first.", "Then read README.md."],
    ["Acme Inc. sells it.", "They left Acme Inc.", "The rest stayed."],
    ["Smith et al. Show that it holds."],
    ["It was shown by Smith et al.", "We repeat it."],
    ["They sell pens, paper, etc.", "Nobody buys them."],
    ["The deadline is 3 Dec. 2024 at noon.", "It is firm."],
    ["He sat on Sat. 4 May and the sun.", "Then he left."],
    ["1. The export is slow.", "2. The import is fast."],
    ['He said "It broke. It broke twice." and left.', "We laughed."],
    ['"It broke."', "We laughed."],
    ["The price (see Fig. 2. It shows list prices) rose.", "It fell."],
    ['The 5" screen is small.', 'The 7" screen is not.'],
    ["iPhone users wait.", "iPhone users complain."],
    ["Is it done?", '"Yes!"', "Good."],
    ["Ph.D. students use it.", "M.D. students do not."],
    ["これは遅い。", "これは速い。"],
    ["No stop at the end"],
    ["**The export is slow.**", "Nobody uses it."],
]
JOINED = {"We met at 10 a.m. Everyone was late.": ["We met at 10 a.m.", "Everyone was late."]}


@pytest.mark.parametrize("sentences", CASES, ids=lambda s: s[0][:30])
def test_sentences_are_found_again_in_their_text(sentences):
    text = " ".join(sentences)
    expected = JOINED.get(text, sentences)
    assert [text[start:end] for start, end in split_sentences(text)] == expected


def test_a_blank_line_ends_a_sentence_and_a_line_break_does_not():
    text = "The export\nis slow\n\nNobody uses it"
    assert [text[s:e] for s, e in split_sentences(text)] == [
        "The export\nis slow",
        "Nobody uses it",
    ]


def test_a_quotation_mark_that_is_never_closed_holds_nothing_together():
    text = 'She said "it is slow. It is old. ' + "It is ugly. " * 100
    assert len(list(split_sentences(text))) == 102


def test_nothing_but_white_space_gives_no_sentence():
    assert list(split_sentences(" \n\n ")) == []
