"""Differences on the surface that turn the meaning: signs, capital letters, a question mark."""

import re
from collections.abc import Iterator

from insights.text.dictionary import vocabulary
from insights.text.facts.kinds import DifferenceKind
from insights.text.guard.align import EDGE, Alignment
from insights.text.guard.findings import Finding, Kind, LeftOver, finding
from insights.text.guard.lexicon import ENGLISH, PREPOSITIONS
from insights.text.guard.reading import Mark, Reading, Word
from insights.text.wordlists import words


def surface_findings(pair: Alignment) -> Iterator[Finding]:
    left, right = pair.left, pair.right
    if left.asks != right.asks:
        ours, theirs = ((side.asks,) if side.asks else () for side in (left, right))
        yield Finding(LeftOver.CONFLICT, Kind.SIGN, ours, theirs)
    for side in (pair, pair.swap()):
        if side.left.requests and not (side.right.requests or _commands(side.right)):
            sides = (("request",), ()) if side is pair else ((), ("request",))
            yield Finding(LeftOver.CONFLICT, Kind.MODALITY, *sides)
    yield from _signs(pair)
    yield from _case(pair)
    yield from _units(pair)
    yield from _function(pair)
    yield from _one_of_some(pair)


def _commands(reading: Reading) -> bool:
    """Return True if a statement asks for something: "Add a filter", "There should be a filter"."""
    if any(mark.signal and mark.signal.value == "should" for mark in reading.marks):
        return True
    first = reading.words[0] if reading.words else None
    if first is None or first.form or not first.opens:
        return False
    return "v" in vocabulary().get(first.key.split()[0], "")


def _signs(pair: Alignment) -> Iterator[Finding]:
    ours, theirs = [sign for sign, _ in pair.left.signs], [sign for sign, _ in pair.right.signs]
    if sorted(ours) != sorted(theirs):
        yield Finding(
            LeftOver.CONFLICT,
            Kind.SIGN,
            tuple(ours),
            tuple(theirs),
            tuple(span for _, span in pair.left.signs),
            tuple(span for _, span in pair.right.signs),
        )


_UNIT = re.compile(r"(?<=\d)[ ]?([^\W\d_]{1,4})(?![\w'])")


def _units(pair: Alignment) -> Iterator[Finding]:
    """Find units that differ in their capitals: kB and kb, mV and MV; "gb" is a lazy "GB"."""
    ours, theirs = _UNIT.findall(pair.left.text), _UNIT.findall(pair.right.text)
    for mine, yours in zip(ours, theirs, strict=False):
        if mine == yours or mine.lower() != yours.lower():
            continue
        if not all(unit.islower() or unit.isupper() for unit in (mine, yours)):
            yield Finding(LeftOver.CONFLICT, Kind.UNIT, (mine,), (yours,))


def _case(pair: Alignment) -> Iterator[Finding]:
    if not pair.is_near:
        return
    for one, other in pair.matched.items():
        mine, yours = pair.left.words[one], pair.right.words[other]
        if mine.text == yours.text and mine.cased != yours.cased and _other_word(pair, mine, yours):
            yield finding(LeftOver.CONFLICT, Kind.CASE, (mine,), (yours,))

    for side in (pair, pair.swap()):
        function = {mark.text: mark for mark in side.right.function}
        for place in side.left_only:
            word = side.left.words[place]
            mark = function.get(word.text)
            if (
                mark
                and word.text[0].isalpha()
                and (not word.opens or (word.cased.isupper() and len(word.cased) > 1))
            ):
                pick = (word, mark) if side is pair else (mark, word)
                yield finding(LeftOver.CONFLICT, Kind.CASE, pick[:1], pick[1:])


def _other_word(pair: Alignment, mine: Word, yours: Word) -> bool:
    """Return True if two spellings that differ in capitals are two words."""
    if pair.left.is_shouted or pair.right.is_shouted:
        return False
    if any(word.opens and not word.cased[1:].isupper() for word in (mine, yours)):
        return False
    if mine.text in words("en/cased"):
        return True
    return len(mine.text) <= 4 and not (mine.cased[1:].islower() and yours.cased[1:].islower())


def _function(pair: Alignment) -> Iterator[Finding]:
    """Find function words that stand for one another in the same place of both statements."""
    if not pair.is_near or pair.left.language != ENGLISH:
        return
    mine, yours = _function_marks(pair.left), _function_marks(pair.right)
    # "For our keeper": the pronoun before the word must not hide the preposition, nor an article.
    theirs = {(mark.head, mark.text in PREPOSITIONS): mark for mark in yours if _is_checked(mark)}
    left_texts = {mark.text for mark in mine}
    right_texts = {mark.text for mark in yours}
    for mark in mine:
        if mark.text in right_texts or not _is_checked(mark):
            continue
        place = pair.matched.get(mark.head, EDGE)
        other = theirs.get((place, mark.text in PREPOSITIONS))
        if other is None or other.text in left_texts:
            continue
        if pair.matched.get(mark.head - 1, EDGE) != place - 1:
            continue
        slots = pair.lists.slots.get(mark.text, frozenset())
        is_other_owner = {mark.text, other.text} <= _OWNERS.keys() and not (
            _OWNERS[mark.text] & _OWNERS[other.text]
        )
        if not is_other_owner and not slots.isdisjoint(
            pair.lists.slots.get(other.text, frozenset())
        ):
            continue
        yield finding(LeftOver.CONFLICT, Kind.WORDS, (mark,), (other,))


def _one_of_some(pair: Alignment) -> Iterator[Finding]:
    """Find "one lift" against "the lift": one of several is not the one that both know."""
    if not pair.is_tight:
        return
    for side in (pair, pair.swap()):
        definite = {mark.head: mark for mark in side.right.function if mark.text in _DEFINITE}
        for fact in side.left.facts.of(DifferenceKind.NUMBER):
            said = side.left.text[fact.start : fact.end]
            head = sum(word.span[0] < fact.start for word in side.left.words)
            the = definite.get(side.matched.get(head, -1))
            if fact.weak and said.lower() == "one" and the:
                ends = [((said,), ((fact.start, fact.end),)), ((the.text,), (the.span,))]
                (ours, our_spans), (theirs, their_spans) = ends[:: 1 if side is pair else -1]
                yield Finding(
                    LeftOver.CONFLICT, Kind.QUANTIFIER, ours, theirs, our_spans, their_spans
                )


_DEFINITE = frozenset("the this that these those my our your his her their its".split())


def _function_marks(reading: Reading) -> list[Mark]:
    weak = (mark for mark in reading.marks if mark.signal and not mark.signal.strong)
    return [*reading.function, *(mark for mark in weak if mark.text in PREPOSITIONS)]


_PRONOUNS = frozenset(
    """he him his she her hers we us our they them their you your i me my himself herself themselves
    itself myself yourself ourselves""".split()
)


_OWNERS = {
    "my": {"we"}, "our": {"we"}, "your": {"you"}, "his": {"he"}, "her": {"she"},
    "its": {"he", "she"}, "their": {"he", "she"},
}  # fmt: skip


def _is_checked(mark: Mark) -> bool:
    return mark.text in PREPOSITIONS or mark.text in _PRONOUNS
