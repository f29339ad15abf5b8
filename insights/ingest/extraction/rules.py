"""The extractor that needs no model: sentence rules, the same result every time."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from insights.ingest.extraction.claims import claim_spans
from insights.ingest.extraction.filters import (
    CLOSING,
    COURTESY,
    DANGLING,
    FRAGMENT,
    MAX_CHARS,
    NOTHING_SAID,
    ORDER,
    QUESTION,
    why_not_a_claim,
    why_not_an_answer,
)
from insights.ingest.extraction.markup import strip_markup
from insights.ingest.extraction.statement import ExtractedStatement
from insights.text.sentences import split_sentences

if TYPE_CHECKING:
    from insights.ingest.chunking import Chunk

INTERVIEWER = "the interviewer speaks"
# A dash only with a space behind it: the one of "-5 °C" is a minus. Not possessive: a possessive
# group within another does not match right before Python 3.11.5, and Debian 12 has 3.11.2.
LOOSE_START = re.compile(r"(?:[\s,;:>…•·]|[-–—*]+(?=\s))*")
LOOSE_END = " ,;:–—-"
LOWER_WORD = re.compile(r"[a-zà-öø-ÿ]+(?:['’][a-z]+)?(?=[\s,]|$)")


class RuleExtractor:
    """Statements by rules for English prose, notes and transcripts (see `filters`)."""

    name = "rules"

    def prepare(self, chunks: Sequence["Chunk"]) -> int:
        return 0

    def extract(self, chunk: "Chunk") -> list[ExtractedStatement]:
        """Return the statements of one chunk in order. What an interviewer says is not evidence."""
        if chunk.interviewer:
            return []
        plain = strip_markup(chunk.text)
        why_not = why_not_an_answer if chunk.kind == "answer" else why_not_a_claim
        statements = []
        for sentence_start, sentence_end in split_sentences(plain.text):
            sentence = plain.text[sentence_start:sentence_end]
            opens_a_list = sentence.rstrip(CLOSING).endswith(":")
            if len(sentence) > MAX_CHARS or opens_a_list or why_not(sentence) == QUESTION:
                continue
            spans = list(claim_spans(plain.text, sentence_start, sentence_end))
            claims = [(s, e, _finished(plain.text[s:e], sentence)) for s, e in spans]
            if chunk.kind == "answer" and all(why_not(text) for _, _, text in claims):
                # "“Why twice?” she asked." says something, its quotation alone does not.
                claims = [(sentence_start, sentence_end, _finished(sentence, sentence))]
            for start, end, text in claims:
                if why_not(text) == "":
                    raw_start, raw_end = plain.original(start, end)
                    first, last = chunk.start + raw_start, chunk.start + raw_end
                    statements.append(
                        ExtractedStatement(text, chunk.locator_at(first), first, last)
                    )
        return statements

    def why_none(self, chunk: "Chunk") -> str:
        """Return why a chunk gives no statement, for the person who may take it in anyway."""
        if chunk.interviewer:
            return INTERVIEWER
        why_not = why_not_an_answer if chunk.kind == "answer" else why_not_a_claim
        plain = strip_markup(chunk.text).text
        reasons = [reason for s, e in split_sentences(plain) if (reason := why_not(plain[s:e]))]
        # The reason that a person is likeliest to overrule comes first.
        order = (FRAGMENT, ORDER, DANGLING, QUESTION, COURTESY, NOTHING_SAID)
        return next((reason for reason in order if reason in reasons), FRAGMENT)


def _finished(claim: str, sentence: str) -> str:
    """Return it as one line, with a capital letter first and no loose mark at the end.

    The author's full stop stays, and a claim that was cut out of a sentence gets the sentence's;
    none is added to a line that had none.
    """
    text = LOOSE_START.sub("", " ".join(claim.split()), count=1).rstrip(LOOSE_END)
    for mark in '"“”':
        # One half of a quotation that runs over several sentences.
        if text.count(mark) == 1 and mark in {text[0], text.rstrip(".!?")[-1:]}:
            text = text.replace(mark, "")
    stop = sentence.rstrip(CLOSING)[-1:]
    if stop in {".", "!"} and text and text[-1] not in ".!?…\"'”’»)":
        text += stop
    if LOWER_WORD.match(text):
        text = text[0].upper() + text[1:]
    return text
