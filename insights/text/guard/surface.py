"""Differences on the surface that turn the meaning: signs, capital letters, a question mark."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from insights.text.dictionary import vocabulary
from insights.text.facts.kinds import DifferenceKind
from insights.text.guard.align import EDGE, Alignment
from insights.text.guard.findings import Finding, Kind, LeftOver, finding
from insights.text.guard.lexicon import ENGLISH, PREPOSITIONS
from insights.text.guard.reading import SYNTACTIC, Mark, Reading, Word
from insights.text.wordlists import words


def surface_findings(pair: Alignment) -> Iterator[Finding]:
    left, right = pair.left, pair.right
    if left.asks != right.asks:
        ours, theirs = ((side.asks,) if side.asks else () for side in (left, right))
        yield Finding(LeftOver.CONFLICT, Kind.SIGN, ours, theirs)
    for side in (pair, pair.mirrored):
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

    for side in (pair, pair.mirrored):
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
    """Find function words that differ between the same two words of both statements.

    An exchanged preposition, pronoun or main verb is a conflict unless the list of slots says that
    one may stand for the other.
    """
    if not pair.is_near or pair.left.language != ENGLISH:
        return
    ours, theirs = _by_gap(pair.left), _by_gap(pair.right)
    ends = len(pair.left.words), len(pair.right.words)
    for gap, mine in ours.items():
        other = pair.matched.get(gap - 1, EDGE) + 1 if gap else 0
        if (gap and not other) or pair.matched.get(
            gap, ends[1] if gap == ends[0] else EDGE
        ) != other:
            continue
        yours = theirs.get(other, [])
        if [mark.text for mark in mine] == [mark.text for mark in yours]:
            continue
        for of_class in ("preposition", "comparison", "pronoun"):
            sides = [_of_class(side, of_class) for side in (mine, yours)]
            said = [[mark.said for mark in side] for side in sides]
            left, right = _beyond(*sides), _beyond(*sides[::-1])
            if left and right and _any_unlike(pair, left, right):
                yield finding(LeftOver.CONFLICT, Kind.WORDS, left, right)
            elif said[0] != said[1] and sorted(said[0]) == sorted(said[1]):
                yield finding(LeftOver.CONFLICT, Kind.ORDER, *sides)
        if gap < ends[0]:
            following = pair.left.words[gap], pair.right.words[other]
            verbs = _main_verb(mine, following[0]), _main_verb(yours, following[1])
            if "" not in verbs and verbs[0] != verbs[1]:
                yield finding(LeftOver.CONFLICT, Kind.TENSE, mine, yours)
    yield from _moved_pronouns(pair, ours, theirs)


_Gaps = dict[int, list[Mark]]


def _moved_pronouns(pair: Alignment, our_gaps: _Gaps, their_gaps: _Gaps) -> Iterator[Finding]:
    """Find a pronoun between other words: "the team that beat ours", "the team ours beat"."""
    is_moved = any(one != other for one, other in pair.matched.items())
    if is_moved or pair.left_only or pair.right_only:
        return
    ours, theirs = (
        [(mark, gap) for gap, marks in gaps.items() for mark in marks]
        for gaps in (our_gaps, their_gaps)
    )
    if [(mark.said, gap) for mark, gap in ours if mark.signal] != [
        (mark.said, gap) for mark, gap in theirs if mark.signal
    ]:
        return  # "if you are over six foot" moves as a whole
    for mark, gap in ours:
        places = [other for other in theirs if other[0].text == mark.text]
        said = [one for one, _ in ours if one.text == mark.text]
        if mark.text not in _MOVABLE or not len(said) == len(places) == 1:
            continue
        other, its_gap = places[0]
        if mark.text == "it" and abs(its_gap - gap) > 1:
            continue  # "it is his turn", "his turn it is"; but "it beat", "that beat it"
        is_own = all(
            side.text[of.span[1] :].lower().startswith(" own")
            for side, of in ((pair.left, mark), (pair.right, other))
        )
        if not is_own and its_gap != gap:
            yield finding(LeftOver.CONFLICT, Kind.ROLE, (mark,), (other,))


def _any_unlike(pair: Alignment, ours: list[Mark], theirs: list[Mark]) -> bool:
    """Return True if a word of either side may stand for none of the other side."""
    return any(not any(_alike(pair, one, other) for other in theirs) for one in ours) or any(
        not any(_alike(pair, one, other) for one in ours) for other in theirs
    )


def _alike(pair: Alignment, one: Mark, other: Mark) -> bool:
    """Return True if one function word may stand for the other."""
    slots = pair.lists.slots.get(one.text, frozenset())
    if {one.text, other.text} <= _OWNERS.keys() and not (_OWNERS[one.text] & _OWNERS[other.text]):
        return False
    return not slots.isdisjoint(pair.lists.slots.get(other.text, frozenset()))


def _by_gap(reading: Reading) -> _Gaps:
    """Return signals and function words by the number of content words in front of them."""
    gaps: _Gaps = defaultdict(list)
    spans = [word.span for word in reading.words]
    for mark in sorted((*reading.function, *reading.marks), key=lambda mark: mark.span):
        gaps[bisect_right(spans, mark.span)].append(mark)
    return gaps


def _beyond(marks: list[Mark], others: list[Mark]) -> list[Mark]:
    """Return the marks that the others do not say."""
    said = {mark.said for mark in others}
    return [mark for mark in marks if mark.said not in said]


def _of_class(marks: list[Mark], of_class: str) -> list[Mark]:
    return [mark for mark in marks if _class(mark) == of_class]


def _class(mark: Mark) -> str:
    """Return the class within which two words exclude one another, or empty."""
    if mark.text in PREPOSITIONS or (mark.signal and mark.signal.axis in SYNTACTIC - _JOINING):
        return "preposition"
    if mark.signal and mark.signal.axis == "comparison":
        return "comparison"
    return "pronoun" if mark.text in _PRONOUNS else ""


_JOINING = frozenset(("and_or", "intensity"))


def _main_verb(marks: list[Mark], following: Word) -> str:
    """Return which of "have", "get" and "do" is the verb itself, with its tense; or empty."""
    said = [mark.text for mark in marks if mark.text in _VERBS]
    if not said or said == ["'s"] or following.form in ("ed", "pp", "past", "ing", "er"):
        return ""
    return "has" if said[-2:] in _HAS_GOT else _VERBS[said[-1]]


_HAS_GOT = (["has", "got"], ["have", "got"], ["'s", "got"])


_VERBS = {
    "'s": "", "have": "has", "has": "has", "had": "had", "having": "having", "getting": "gets",
    "get": "gets", "gets": "gets", "got": "got", "did": "did", "doing": "does", "does": "does",
}  # fmt: skip


def _one_of_some(pair: Alignment) -> Iterator[Finding]:
    """Find "one lift" or "half the lifts" against "the lifts": some are not those both know."""
    if not pair.is_tight:
        return
    for side in (pair, pair.mirrored):
        definite = {mark.head: mark for mark in side.right.function if mark.text in _DEFINITE}
        for fact in side.left.facts.of(DifferenceKind.NUMBER):
            said = side.left.text[fact.start : fact.end]
            head = sum(word.span[0] < fact.start for word in side.left.words)
            the = definite.get(side.matched.get(head, -1))
            is_part = _OF_THEM.match(side.left.text, fact.end) and not side.right.facts.of(
                DifferenceKind.NUMBER
            )
            if the and (is_part or (fact.weak and said.lower() == "one")):
                ends = [((said,), ((fact.start, fact.end),)), ((the.text,), (the.span,))]
                (ours, our_spans), (theirs, their_spans) = ends[:: 1 if side is pair else -1]
                yield Finding(
                    LeftOver.CONFLICT, Kind.QUANTIFIER, ours, theirs, our_spans, their_spans
                )


_OF_THEM = re.compile(r" ?(?:of )?(?:the|these|those|my|our|your|his|her|their)\b", re.IGNORECASE)
_DEFINITE = frozenset("the this that these those my our your his her their its".split())


_PRONOUNS = frozenset(
    """he him his she her hers we us our they them their you your i me my himself herself themselves
    itself myself yourself ourselves its mine yours ours theirs""".split()
)
_MOVABLE = _PRONOUNS | {"it"}


_OWNERS = {
    "my": {"we"}, "our": {"we"}, "your": {"you"}, "his": {"he"}, "her": {"she"},
    "its": {"he", "she"}, "their": {"he", "she"},
}  # fmt: skip
