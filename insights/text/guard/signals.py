"""Small words that turn the meaning: quantifiers, modality, order, cause, scope, direction."""

from collections import Counter
from collections.abc import Callable, Iterator
from operator import attrgetter

from insights.text.dictionary import lemma
from insights.text.guard.align import EDGE, Alignment
from insights.text.guard.findings import Finding, Kind, LeftOver, finding
from insights.text.guard.lexicon import ENGLISH, lexicon
from insights.text.guard.reading import SYNTACTIC, Mark, Reading, modifies
from insights.text.guard.words import agreed_negations
from insights.text.lexicon import SUBJECT_PRONOUNS

_KINDS = {
    "quantifier": Kind.QUANTIFIER, "degree": Kind.QUANTIFIER, "modality": Kind.MODALITY,
    "aspect": Kind.TENSE, "scope": Kind.SCOPE, "condition": Kind.CAUSE, "cause": Kind.CAUSE,
    "denial": Kind.NEGATION, "negation": Kind.NEGATION, "order": Kind.ORDER,
    "comparison": Kind.COMPARISON, "attribution": Kind.ATTRIBUTION,
}  # fmt: skip
# These may come and go with the construction of a sentence.
_HEADED = frozenset(("quantifier", "scope", "modality", "negation"))
_DETERMINERS = frozenset(
    "all every each most some no both few many several half only just even not".split()
)
# These join two parts of a sentence.
_LINKS = frozenset(("cause", "condition", "order"))
_NARROWING = frozenset(("if", "only-if", "unless", "except"))  # "... if the holder lives in town"


def signal_findings(pair: Alignment) -> Iterator[Finding]:
    """Find conflicts in the signals of two statements.

    Two values of one axis exclude each other. A strong signal that only one statement has is a
    conflict as well, unless it belongs to words that only this statement has.
    """
    if pair.left.language != ENGLISH:
        yield from _unlike(pair)
        return
    said = attrgetter("said")
    ours, theirs = _by_axis(pair.left), _by_axis(pair.right)
    for axis in sorted(ours.keys() | theirs.keys()):
        mine, yours = ours.get(axis, []), theirs.get(axis, [])
        if pair.is_tight:
            left, right = _surplus(mine, yours, said), _surplus(yours, mine, said)
        else:
            left, right = _without(mine, yours), _without(yours, mine)
        kind = _KINDS.get(axis, Kind.WORDS)
        is_turned = _is_turned(pair, mine, yours) if axis in _LINKS else None
        if is_turned is False or (is_turned and not left and not right):
            if is_turned or left or right:
                turned = LeftOver.CONFLICT if is_turned else LeftOver.REWORDING
                yield finding(turned, kind, mine, yours)
        elif left and right and (pair.is_tight or _same_heads(pair, left, right)):
            is_agreed = all(map(_denies, (*left, *right))) and agreed_negations(pair)
            turned = LeftOver.REWORDING if is_agreed else LeftOver.CONFLICT
            yield finding(turned, kind, left, right)
        elif left and right:
            yield finding(LeftOver.REWORDING, kind, left, right)
        elif left or right:
            is_left = bool(left)
            alone = left or right
            side = pair if is_left else pair.mirrored
            for mark in alone:
                found = _one_sided(side, mark)
                if found is LeftOver.CONFLICT and _is_said_otherwise(side, mark):
                    found = LeftOver.REWORDING
                if found:
                    one = ([mark], []) if is_left else ([], [mark])
                    yield finding(found, kind, *one)
        elif mine and axis in _HEADED:
            yield from _moved(pair, kind, mine, yours)


def _is_turned(pair: Alignment, mine: list[Mark], yours: list[Mark]) -> bool | None:
    """Return True if cause and effect, or earlier and later, have changed their sides.

    "A because B" says the same as "B, so A", and "B because A" something else. None if either
    statement does not link two parts, or their words do not tell.
    """
    if not pair.is_near or len(mine) != 1 or len(yours) != 1:
        return None
    ours, theirs = _first_part(pair.left, mine[0]), _first_part(pair.right, yours[0])
    if ours is None or theirs is None:
        return None
    crossing = sum((one in ours) != (other in theirs) for one, other in pair.matched.items())
    staying = len(pair.matched) - crossing
    if crossing and staying:
        return None
    return bool(crossing)


def _first_part(reading: Reading, mark: Mark) -> set[int] | None:
    """Return the words that name the cause or what came first."""
    text = mark.text.lower()
    if text not in _FIRST | _SECOND or not reading.words:
        return None
    clause = reading.words[mark.head].clause
    governed = {
        place
        for place, word in enumerate(reading.words)
        if word.clause == clause and (place >= mark.head or text in _ADVERBS)
    }
    rest = set(range(len(reading.words))) - governed
    return (governed if text in _FIRST else rest) if governed and rest else None


_FIRST = frozenset(
    ("because", "because of", "due to", "owing to", "thanks to", "after", "once", "if", "when")
) | {"whenever", "unless", "as soon as", "provided that"}
_ADVERBS = frozenset(("therefore", "thus", "hence", "consequently"))
_SECOND = _ADVERBS | {"so", "before", "prior to", "then", "and then"}


def _unlike(pair: Alignment) -> Iterator[Finding]:
    """Compare signals and function words of other languages, which must be in both statements."""
    ours, theirs = (
        [
            mark
            for mark in (*side.marks, *side.function)
            if mark.signal or mark.text not in pair.lists.harmless
        ]
        for side in (pair.left, pair.right)
    )

    def said(mark: Mark) -> str:
        rows = pair.lists.synonyms.get(_text(mark))
        return f"synonyms {min(rows)}" if rows else _text(mark)

    left, right = _surplus(ours, theirs, said), _surplus(theirs, ours, said)
    if agreed_negations(pair):  # "nicht offen", "geschlossen"
        left, right = ([mark for mark in side if not _negates(mark)] for side in (left, right))
    cases = _cases(pair.left), _cases(pair.right)
    for one, mark in cases[0].items():
        other = cases[1].get(pair.matched.get(one, -1))
        case = pair.lists.cases[mark.text]
        if other and (
            case != pair.lists.cases[other.text]
            or (case == "genitive" and pair.matched.get(one - 1, EDGE) != other.head - 1)
        ):
            yield finding(LeftOver.CONFLICT, Kind.ROLE, (mark,), (other,))
    if left or right:
        first = (left or right)[0].signal
        kind = _KINDS.get(first.axis, Kind.WORDS) if first else Kind.WORDS
        yield finding(LeftOver.CONFLICT, kind, left, right)
    else:
        for axis in sorted(_HEADED):
            mine, yours = (
                [mark for mark in side if mark.signal and mark.signal.axis == axis]
                for side in (ours, theirs)
            )
            yield from _moved(pair, _KINDS[axis], mine, yours)


def _negates(mark: Mark) -> bool:
    return mark.signal is not None and mark.signal.axis == "negation"


def _cases(reading: Reading) -> dict[int, Mark]:
    """Return the articles that show a case, by the place of the noun: "der", "den"."""
    return {
        mark.head: mark for mark in reading.function if mark.text in lexicon(reading.language).cases
    }


def _surplus(marks: list[Mark], others: list[Mark], key: Callable[[Mark], str]) -> list[Mark]:
    """Return the marks beyond those of the other side, each counted as often as it stands."""
    left = Counter(map(key, others))
    surplus = []
    for mark in marks:
        left[key(mark)] -= 1
        if left[key(mark)] < 0:
            surplus.append(mark)
    return surplus


def _text(mark: Mark) -> str:
    return mark.text.lower()


def _by_axis(reading: Reading) -> dict[str, list[Mark]]:
    axes: dict[str, list[Mark]] = {}
    for mark in reading.marks:
        if mark.signal:
            axes.setdefault(mark.signal.axis, []).append(mark)
    return axes


def _without(marks: list[Mark], others: list[Mark]) -> list[Mark]:
    """Return the marks whose value the others do not have."""
    values = {mark.signal.value for mark in others if mark.signal}
    return [mark for mark in marks if mark.signal and mark.signal.value not in values]


def _one_sided(pair: Alignment, mark: Mark) -> LeftOver | None:
    assert mark.signal  # noqa: S101
    if mark.signal.axis == "negation" or mark.signal.value in ("none", "cannot"):
        return None  # counted among the facts
    if _denies(mark) and agreed_negations(pair):
        return LeftOver.REWORDING
    if mark.signal.value == "should" and pair.right.requests:
        return LeftOver.REWORDING
    if mark.signal.value == "any" and pair.left.facts.cues and pair.right.facts.cues:
        return None  # "without any approval"
    if not mark.signal.force:
        same_words = not pair.left_only and not pair.right_only
        is_syntactic = mark.signal.axis in SYNTACTIC and mark.signal.value != "or"
        if is_syntactic or not same_words:
            return None
        return LeftOver.CONFLICT
    if mark.signal.value in _NARROWING and pair.is_near and not pair.right_only:
        return LeftOver.CONFLICT
    is_replaced = pair.is_tight and pair.matched.get(mark.head - 1, EDGE) + 1 in pair.right_only
    if mark.signal.force == "+" or (
        mark.signal.force == "~" and pair.right_only and not is_replaced
    ):
        return LeftOver.ADDITION
    # Inside of an added stretch the signal is part of what is added.
    head, words = mark.head, pair.left.words
    if not words:
        return LeftOver.CONFLICT
    is_head_matched = head in pair.matched
    is_linked = head == 0 or head - 1 in pair.matched
    is_attached = is_head_matched and is_linked
    if mark.signal.axis not in _LINKS:
        is_attached |= is_head_matched or (is_linked and bool(pair.right_only))
    return LeftOver.CONFLICT if is_attached and pair.is_tight else LeftOver.ADDITION


def _denies(mark: Mark) -> bool:
    """Return True if a signal may come and go with a negation: "none ... open", "all ... shut"."""
    return mark.signal is not None and mark.signal.value in _DENYING


_DENYING = frozenset(("none", "all", "no-longer", "too-few", "yet", "still"))


def _is_said_otherwise(pair: Alignment, mark: Mark) -> bool:
    """Return True if the other statement has a synonym of a signal, as "if" and "when"."""
    texts = {mark.text.lower(), lemma(mark.text.lower())[0]}
    ours, theirs = (
        {other.text.lower() for other in (*side.marks, *side.function)}
        for side in (pair.left, pair.right)
    )
    left_over = {pair.right.words[place].key for place in pair.right_only}
    return any(
        pair.lists.are_synonyms(text, word)
        for text in texts
        for word in (theirs - ours) | left_over
    )


def _same_heads(pair: Alignment, left: list[Mark], right: list[Mark]) -> bool:
    heads = {mark.head for mark in right}
    return any(pair.matched.get(mark.head) in heads for mark in left)


def _focus(reading: Reading, mark: Mark) -> str:
    """Return the pronoun or the kind of value that follows a signal; empty if a word does."""
    end = mark.span[1]
    following = reading.text[end:].lower().split()[:1]
    if following and following[0] in SUBJECT_PRONOUNS:
        return following[0]
    stop = next((word.span[0] for word in reading.words if word.span[0] >= end), len(reading.text))
    return next((fact.kind for fact in reading.facts.facts if end <= fact.start < stop), "")


def _is_predicate(reading: Reading, mark: Mark) -> bool:
    """Return True if no word follows a signal ("streaming is impossible") or it is a plain verb."""
    return _is_last(reading, mark) or mark.text.lower() == "need"


def _is_last(reading: Reading, mark: Mark) -> bool:
    return not reading.words or reading.words[mark.head].span[0] < mark.span[0]


def _is_compound(reading: Reading, one: int, other: int) -> bool:
    return all(modifies(reading, place) for place in range(*sorted((one, other))))


def _moved(pair: Alignment, kind: Kind, mine: list[Mark], yours: list[Mark]) -> Iterator[Finding]:
    """Find the same signals at other words: "staff can only log in", "only staff can log in"."""
    for one in mine:
        own = [other for other in mine if other.signal == one.signal]
        counterparts = [other for other in yours if other.signal == one.signal]
        if len(own) > 1 and len(counterparts) > 1:  # those that stay at their words say the same
            stay = {pair.matched.get(each.head) for each in own} & {
                each.head for each in counterparts
            }
            counterparts = [each for each in counterparts if each.head not in stay]
            own = [each for each in own if pair.matched.get(each.head) not in stay]
        if own != [one] or len(counterparts) != 1:
            continue
        other = counterparts[0]
        if one.text.lower() == "alone" and _is_last(pair.left, one) != _is_last(pair.right, other):
            yield finding(LeftOver.CONFLICT, kind, [one], [other])  # "I alone did", "I did alone"
            continue
        if kind is Kind.SCOPE and _focus(pair.left, one) != _focus(pair.right, other):
            yield finding(LeftOver.CONFLICT, kind, [one], [other])  # "only we can", "we can only"
            continue
        target, source = pair.matched.get(one.head), pair.back.get(other.head)
        if kind is Kind.SCOPE and pair.is_tight and target is None is source:
            yield finding(LeftOver.CONFLICT, kind, [one], [other])
        if target is None or source is None or target == other.head:
            continue
        if _is_predicate(pair.left, one) or _is_predicate(pair.right, other):
            continue
        if kind is not Kind.SCOPE and (
            _is_compound(pair.right, target, other.head)
            or _is_compound(pair.left, one.head, source)
        ):
            continue  # "too little practice time", "not enough time to practise"
        is_loose = (
            kind is not Kind.SCOPE and not {one.text.lower(), other.text.lower()} <= _DETERMINERS
        )
        if is_loose and (pair.matched.get(one.head - 1) == other.head or target == other.head - 1):
            continue
        yield finding(LeftOver.CONFLICT, kind, [one], [other])
