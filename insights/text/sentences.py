"""Sentence boundaries, found in time linear in the text."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from insights.text.lexicon import SENTENCE_OPENERS
from insights.text.wordlists import named

_LISTS = named("abbreviations")
# A full stop after these never ends a sentence: a name or an example follows.
NEVER_FINAL = frozenset(_LISTS["never_final"].split())
# These are abbreviations only before a number: "No. 5" against "The answer was no."
BEFORE_NUMBER = frozenset(_LISTS["before_number"].split())
# After these only the next word can tell: "in the U.S. We ..." against "the U.S. Army".
BY_NEXT_WORD = frozenset(_LISTS["by_next_word"].split())
CLOCK = frozenset("a.m p.m".split())
AFTER_CLOCK = frozenset(_LISTS["after_clock"].split())

# A run of stops is entered at its first one only, or a million dots would take quadratic time.
STOP = re.compile(r"""(?<![.!?…])[.!?…]++["'”’»)\]*_`]*+(?=\s|$)|\n[^\S\n]*\n|[。！？]""")
INITIAL = re.compile(r"(?:[A-Za-z]\.-?)*[A-Z]")
WORD = re.compile(r"[^\W\d_][\w'’-]*")
# How far a closing mark may stand from its opening one for the two to hold sentences together.
QUOTE_REACH = 800
BRACKET_REACH = 400
PAIRS = {"“": "”", "„": "“", "«": "»", "(": ")", "[": "]"}
MARKS = re.compile(r'[“”„«»"()\[\]]|\n[^\S\n]*\n')


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each sentence, without the white space around it.

    A blank line ends a sentence; a single line break does not. What stands inside quotation
    marks or brackets is kept in one piece. Every non-space character is in exactly one span.
    """
    held = enclosed_spans(text)
    opens = [start for start, _ in held]
    start = 0
    for stop in STOP.finditer(text):
        at = stop.start()
        inside = bisect_right(opens, at) - 1
        if inside >= 0 and stop.end() < held[inside][1]:
            continue
        if not text[at].isspace() and not _ends_sentence(text, start, stop):
            continue
        if (span := _trimmed(text, start, stop.end())) is not None:
            yield span
        start = stop.end()
    if (span := _trimmed(text, start, len(text))) is not None:
        yield span


def enclosed_spans(text: str) -> list[tuple[int, int]]:
    """Return the outermost pairs of quotation marks and brackets, in order, none overlapping.

    A mark that is not closed within reach (800 characters for quotation marks, 400 for brackets) or
    before a blank line encloses nothing: a lone inch sign must not swallow a page.
    """
    spans: list[tuple[int, int]] = []
    marks = [(m.start(), m[0]) for m in MARKS.finditer(text)]
    closing = _partners(text, marks)
    end = 0
    for at, _ in marks:
        if at >= end and (close := closing.get(at)) is not None:
            end = close + 1
            spans.append((at, end))
    return spans


def _partners(text: str, marks: list[tuple[int, str]]) -> dict[int, int]:
    partner: dict[int, int] = {}
    waiting: dict[str, list[int]] = {}
    straight: int | None = None
    for at, mark in marks:
        if mark.isspace():
            waiting.clear()
            straight = None
        elif mark == '"':
            opens = at == 0 or not (text[at - 1].isalnum() or text[at - 1] in ".,!?…;:%)*_’")
            if (
                straight is not None
                and at - straight <= QUOTE_REACH
                and not (opens and at + 1 < len(text) and text[at + 1].isalnum())
            ):
                partner[straight] = at
                straight = None
            elif opens:
                straight = at
        else:
            for opening, close in PAIRS.items():
                reach = BRACKET_REACH if opening in "([" else QUOTE_REACH
                stack = waiting.setdefault(opening, [])
                if mark == close and stack:
                    begun = stack.pop()
                    if at - begun <= reach:
                        partner[begun] = at
                    break
            else:
                if mark in PAIRS:
                    waiting[mark].append(at)
    return partner


def _ends_sentence(text: str, sentence_start: int, stop: re.Match[str]) -> bool:
    rest = text[stop.end() : stop.end() + 60].lstrip()
    if not rest or text[stop.start()] in "。！？":
        return True
    following = rest.lstrip("\"'“‘«„([*_`")[:40]
    if following[:1].islower() and not _names_a_thing(following):
        return False
    if stop[0][0] != "." or stop[0].startswith(".."):
        return True
    before = text[max(sentence_start, stop.start() - 40) : stop.start()]
    word = before.split()[-1].lstrip("([{\"'“‘*_`-–—") if before.split() else ""
    return _full_stop_ends(word, before.strip() == word, stop[0] == ".", following)


def _full_stop_ends(word: str, opens_sentence: bool, bare: bool, following: str) -> bool:
    """Return whether the full stop after `word` ends the sentence; `bare`: without closing mark."""
    if opens_sentence and (word.isdigit() or len(word) == 1):
        return False  # "1. Export is slow": an enumerator
    if not bare:
        return True
    lowered = word.lower()
    number_follows = following[:1].isdigit()
    if lowered in NEVER_FINAL or (lowered in BEFORE_NUMBER and number_follows):
        return False
    next_word = WORD.match(following)
    opener = (
        next_word is not None
        and next_word[0].lower() in SENTENCE_OPENERS
        and following[next_word.end() :][:1] != "."  # "D. A. Knuth": one initial after another
    )
    if lowered in CLOCK:
        return next_word is not None and next_word[0].lower() not in AFTER_CLOCK
    if lowered in BY_NEXT_WORD or INITIAL.fullmatch(word):
        return opener
    return True


def _names_a_thing(following: str) -> bool:
    """Return whether a sentence may open with this lower-case word: iPhone, eBay, macOS."""
    word = WORD.match(following)
    return word is not None and any(letter.isupper() for letter in word[0][1:3])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
