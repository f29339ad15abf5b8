"""Content words that only one statement has: added, replaced, opposite or of the same kind."""

from collections.abc import Iterator, Sequence

from insights.text.guard.align import EDGE, Alignment, is_code
from insights.text.guard.findings import Finding, Kind, LeftOver
from insights.text.guard.lexicon import ENGLISH, vocabulary
from insights.text.guard.reading import SYNTACTIC, Reading, Word
from insights.text.wordlists import words

LONGEST_PHRASE = 2


def word_findings(pair: Alignment) -> Iterator[Finding]:
    """Account for every content word that is left over on either side."""
    left, right = pair.left.words, pair.right.words
    ours, theirs = list(pair.left_only), list(pair.right_only)
    for one in list(ours):
        for other in list(theirs):
            if _agree(pair, one, other):
                found, kind = LeftOver.REWORDING, Kind.WORDS
            elif (pair.is_tight or pair.stand_alike(one, other)) and (
                excluded := _exclude(pair, left[one], right[other])
            ):
                found, kind = LeftOver.CONFLICT, excluded
            else:
                continue
            yield _finding(found, kind, left[one], right[other])
            ours.remove(one)
            theirs.remove(other)
            break
    for mine, yours in pair.gaps:
        if mine and yours and set(mine) <= set(ours) and set(yours) <= set(theirs):
            found = LeftOver.REWORDING
            if _is_exchange(pair, mine, yours):
                found = _replaced(pair, [left[one] for one in mine], [right[one] for one in yours])
            yield _all_of(found, left, right, [*mine], [*yours])
            ours = [one for one in ours if one not in mine]
            theirs = [one for one in theirs if one not in yours]
    if pair.is_tight:
        yield from _exchanged_for_marks(pair)
        yield from _exchanged_for_marks(pair.swap(), is_swapped=True)
    for one in list(ours):
        for other in theirs:
            if _are_synonyms(pair, left[one], right[other]):
                yield _finding(LeftOver.REWORDING, Kind.WORDS, left[one], right[other])
                ours.remove(one)
                theirs.remove(other)
                break
    for one, other in pair.matched.items():
        yield from _inflected(pair, left[one], right[other])
    if ours and theirs:
        # In a language that inflects, "the doctor calls the patient" has other words swapped.
        is_doubtful = pair.is_tight and pair.left.language != ENGLISH
        found = LeftOver.CONFLICT if is_doubtful else LeftOver.REWORDING
        yield _all_of(found, left, right, ours, theirs)
    elif ours or theirs:
        if _only_reports(left, ours, pair.matched) or _only_reports(right, theirs, pair.back):
            return
        # A single word of a language that we know less well may be the one that matters.
        is_doubtful = pair.left.language != ENGLISH and len(ours) + len(theirs) == 1
        said = pair.is_tight and (_attributed(left, ours) or _attributed(right, theirs))
        is_governed = any(
            pair.is_tight and _governs(side, place)
            for side, places in ((pair, ours), (pair.swap(), theirs))
            for place in places
        )
        found = LeftOver.CONFLICT if is_doubtful or said or is_governed else LeftOver.ADDITION
        kind = Kind.ATTRIBUTION if said else Kind.WORDS
        yield _all_of(found, left, right, ours, theirs, kind)


def _is_exchange(pair: Alignment, mine: tuple[int, ...], yours: tuple[int, ...]) -> bool:
    """Return True if one run stands for the other in statements that hardly differ otherwise."""
    size = max(len(mine), len(yours))
    if (mine, yours) == (pair.left_only, pair.right_only):
        return size == 1 or (pair.is_short and size <= LONGEST_PHRASE)
    return pair.is_short and pair.is_tight and size == 1


def _exchanged_for_marks(pair: Alignment, *, is_swapped: bool = False) -> Iterator[Finding]:
    """Find a word in the place of a signal: "the opening round", "the final round"."""
    values = {mark.signal.value for mark in pair.left.marks if mark.signal}
    words_of = pair.left.words
    for run, other in pair.gaps:
        if len(run) != 1 or other:
            continue
        place = pair.matched.get(run[0] - 1, EDGE) + 1 if run[0] else 0
        for mark in pair.right.marks:
            if (
                mark.head == place
                and mark.signal
                and mark.signal.axis not in SYNTACTIC
                and mark.signal.value not in values
                and not pair.lists.are_synonyms(words_of[run[0]].key, mark.text.lower())
            ):
                sides = [((words_of[run[0]].cased,), (words_of[run[0]].span,))]
                sides.append(((mark.text,), (mark.span,)))
                (ours, our_spans), (theirs, their_spans) = sides[:: -1 if is_swapped else 1]
                yield Finding(LeftOver.CONFLICT, Kind.WORDS, ours, theirs, our_spans, their_spans)


def _governs(pair: Alignment, place: int) -> bool:
    """Return True if a left-over verb governs a verb of both statements: "neglect to log"."""
    words_of = pair.left.words
    if place + 1 >= len(words_of) or place + 1 not in pair.matched:
        return False
    verb, governed = words_of[place], words_of[place + 1]
    alone = pair.right.words[pair.matched[place + 1]]
    between = pair.left.text[verb.span[1] : governed.span[0]]
    return (
        "v" in vocabulary().get(verb.key, "")
        and "v" in vocabulary().get(governed.key, "")
        and not verb.slot
        and bool(verb.tense)
        and not governed.is_name
        and (
            (between == " to " and alone.slot != "to")
            or (between == " " and governed.form == "ing" and alone.form != "ing")
        )
    )


def _only_reports(of: tuple[Word, ...], places: list[int], matched: dict[int, int]) -> bool:
    """Return True if left-over words only open a statement: "It was noted that", "Staff say"."""
    spoken = [of[place] for place in places]
    known = words("en/reporting") | words("en/reporters")
    return (
        any(word.key in words("en/reporting") for word in spoken)
        and all(not known.isdisjoint((word.key, word.text)) for word in spoken)
        and bool(matched)
        and max(places) < min(matched)
    )


def _attributed(of: tuple[Word, ...], places: list[int]) -> bool:
    """Return True if left-over words name somebody who says so: "the supplier says"."""
    return any(
        of[place].key in words("en/reporting")
        and place - 1 in places
        and words("en/reporters").isdisjoint((of[place - 1].text, of[place - 1].key))
        for place in places
    )


def agreed_negations(pair: Alignment) -> int:
    """Count the negations of the left less those of the right that only negate an opposite.

    Example: "not clear" and "unclear".
    """
    ours, theirs = _shortages(pair.left), _shortages(pair.right)
    balance = 0
    if ours and theirs:  # "not enough", "too few"
        balance = sum(map(_is_negated, ours)) - sum(map(_is_negated, theirs))
    for one in pair.left_only:
        for other in pair.right_only:
            if _agree(pair, one, other):
                balance += 1 if one in pair.negated[0] else -1
    return balance


def _shortages(reading: Reading) -> list[str]:
    return [
        mark.text.lower()
        for mark in reading.marks
        if mark.signal and mark.signal.value == "too-few"
    ]


def _is_negated(text: str) -> bool:
    return "n't" in text or "not " in text


def _agree(pair: Alignment, one: int, other: int) -> bool:
    """Return True if a negation in front of one of two opposites makes them say the same."""
    if (one in pair.negated[0]) == (other in pair.negated[1]):
        return False
    mine, yours = pair.left.words[one], pair.right.words[other]
    return (
        pair.lists.are_opposites(mine.key, yours.key)
        or are_contrary(mine.key, yours.key)
        or are_contrary(mine.text, yours.text)
    )


def are_contrary(one: str, other: str) -> bool:
    """Return True if one word is the other with a prefix of negation: clear, unclear."""
    short, long = sorted((one, other), key=len)
    if long.endswith(short) and long[: -len(short)] in _PREFIXES:
        return True
    root = long.removesuffix("able").removesuffix("ible")  # "unusable", "use"
    stem = short.removesuffix("e")
    return root != long and root.endswith(stem) and root[: -len(stem)] in _PREFIXES


_PARTICLES = frozenset("on off in out up down over away back".split())
_PREFIXES = frozenset("un in im il ir dis non non- mis de a under".split())


def _are_synonyms(pair: Alignment, one: Word, other: Word) -> bool:
    are = pair.lists.are_synonyms
    return are(one.key, other.key) or are(one.text, other.text)


def _exclude(pair: Alignment, one: Word, other: Word) -> Kind | None:
    """Return the kind in which two words cannot both be meant, or None."""
    if _are_synonyms(pair, one, other):
        return None
    if pair.lists.are_opposites(one.key, other.key) or are_contrary(one.key, other.key):
        return Kind.OPPOSITE
    if pair.lists.are_siblings(one.key, other.key):
        return Kind.WORDS
    if is_code(one.key) and is_code(other.key):
        return Kind.CODE
    return None


def _replaced(pair: Alignment, mine: Sequence[Word], yours: Sequence[Word]) -> LeftOver:
    """Return what it is that one run of words stands in the place of another one."""
    if any(_are_synonyms(pair, one, other) for one in mine for other in yours):
        return LeftOver.REWORDING
    one, other = mine[-1], yours[-1]
    if one.key != other.key and one.key.split()[0] == other.key.split()[0]:
        whole, reading = (one, pair.right) if " " in one.key else (other, pair.left)
        after = reading.text[(other if whole is one else one).span[1] :].split()
        if after and after[0].lower() in _PARTICLES:
            return LeftOver.CONFLICT  # "kept on the server", "kept off the server"
    if len(mine) == 1 == len(yours) and (
        " " in one.key + other.key
        or (_is_noun_only(one) and _is_verb(other))
        or (_is_noun_only(other) and _is_verb(one))
    ):
        return LeftOver.REWORDING
    return LeftOver.CONFLICT


def _is_noun_only(word: Word) -> bool:
    return word.is_name or vocabulary().get(word.key) == "n"


def _is_verb(word: Word) -> bool:
    return word.form in ("ed", "past", "pp") or (
        word.tense != "" and vocabulary().get(word.key, "n")[0] == "v"
    )


_TENSES = {"bare past": "past", "bare": "present"}


def _inflected(pair: Alignment, one: Word, other: Word) -> Iterator[Finding]:
    """Find differences in a matched word: its tense and its degree."""
    if one.key != other.key or one.key in words("en/reporting"):
        return
    if pair.left.language != ENGLISH or not pair.is_tight:
        return
    degrees = {one.form, other.form} & {"er", "est"}
    if degrees and one.form != other.form:
        yield _finding(LeftOver.CONFLICT, Kind.COMPARISON, one, other)
    if one.tense and other.tense and one.tense != other.tense:
        if "perfect" in (one.tense, other.tense) and {"future", "ongoing"}.isdisjoint(
            (one.tense, other.tense)
        ):
            return  # "are closed", "have been closed"
        tenses = {_TENSES.get(one.tense, one.tense), _TENSES.get(other.tense, other.tense)}
        bare = [word for word in (one, other) if word.tense == "bare"]
        if len(tenses) > 1 and (
            not bare or any(word.tense in ("bare past", "future") for word in (one, other))
        ):
            yield _finding(LeftOver.CONFLICT, Kind.TENSE, one, other)


def _finding(found: LeftOver, kind: Kind, one: Word, other: Word) -> Finding:
    return Finding(found, kind, (one.cased,), (other.cased,), (one.span,), (other.span,))


def _all_of(
    found: LeftOver,
    left: tuple[Word, ...],
    right: tuple[Word, ...],
    ours: list[int],
    theirs: list[int],
    kind: Kind = Kind.WORDS,
) -> Finding:
    return Finding(
        found,
        kind,
        tuple(left[one].cased for one in ours),
        tuple(right[one].cased for one in theirs),
        tuple(left[one].span for one in ours),
        tuple(right[one].span for one in theirs),
    )
