"""Compare two statements word by word and account for what is left over on either side."""

from collections.abc import Iterator

from insights.text.dictionary import vocabulary
from insights.text.facts.codes import without_codes
from insights.text.facts.differences import Difference, differences
from insights.text.facts.fact import DifferenceKind, Fact
from insights.text.guard.align import EDGE, Alignment, align, is_title
from insights.text.guard.findings import Comparison, Finding, Kind, LeftOver, Span, finding
from insights.text.guard.lexicon import ENGLISH, LANGUAGES, lexicon
from insights.text.guard.reader import read
from insights.text.guard.reading import Reading, Word, modifies
from insights.text.guard.roles import swapped
from insights.text.guard.signals import signal_findings
from insights.text.guard.surface import surface_findings
from insights.text.guard.words import agreed_negations, word_findings
from insights.text.wordlists import words


def compare(a: str | Reading, b: str | Reading) -> Comparison:
    """Compare two statements. Symmetric: only the sides are swapped with the arguments."""
    left = read(a) if isinstance(a, str) else a
    right = read(b) if isinstance(b, str) else b
    languages = (left.language, right.language)
    if languages[0] != languages[1] or languages[0] not in LANGUAGES:
        return Comparison(LeftOver.UNREAD, (_unread(languages),), languages)
    if left.text == right.text:
        return Comparison(LeftOver.IDENTICAL, (), languages)
    pair = align(left, right, lexicon(left.language))
    findings = [
        *_values(pair),
        *signal_findings(pair),
        *word_findings(pair),
        *_forms(pair),
        *swapped(pair),
        *surface_findings(pair),
    ]
    findings.sort(key=lambda finding: (-finding.left_over.severity, finding.left_spans))
    findings = list(_told_once(findings))
    worst = findings[0].left_over if findings else LeftOver.IDENTICAL
    if worst in (LeftOver.REWORDING, LeftOver.ADDITION) and not (pair.is_near and pair.shares_most):
        worst = LeftOver.REWRITE
    if worst in (LeftOver.ADDITION, LeftOver.REWRITE) and pair.is_extended:
        worst = LeftOver.EXTENSION
    return Comparison(worst, tuple(findings), languages)


def _told_once(findings: list[Finding]) -> Iterator[Finding]:
    """Drop what only repeats the words of a worse finding."""
    seen: tuple[set[Span], set[Span]] = set(), set()
    for one in findings:
        left, right = set(one.left_spans), set(one.right_spans)
        if (left or right) and left <= seen[0] and right <= seen[1]:
            continue
        seen[0].update(left)
        seen[1].update(right)
        yield one


def _unread(languages: tuple[str, str]) -> Finding:
    return Finding(LeftOver.UNREAD, Kind.LANGUAGE, (languages[0],), (languages[1],))


def _values(pair: Alignment) -> Iterator[Finding]:
    """Find differences in numbers, dates, units, versions, names and negations.

    A fact that one statement has in the place of words that the other has is no mere addition.
    """
    shares_code = pair.shares_code
    found_facts = differences(
        without_codes(pair.left.facts, pair.codes[0]),
        without_codes(pair.right.facts, pair.codes[1]),
    )
    # "6 a.m." here and "96" there: of two kinds, but one in the place of the other.
    in_exchange = pair.is_tight and {
        bool(one.left) for one in found_facts if one.one_sided and one.kind != Kind.NEGATION
    } == {True, False}
    for one in found_facts:
        found = LeftOver.CONFLICT
        if one.kind == Kind.NEGATION:
            surplus = len(pair.left.facts.cues) - len(pair.right.facts.cues)
            is_agreed = surplus and surplus == agreed_negations(pair)
            if is_agreed or (not pair.is_near and not _is_negation_aligned(pair)):
                found = LeftOver.REWORDING
        elif one.one_sided:
            others = pair.right_only if one.left else pair.left_only
            own = pair.left_only if one.left else pair.right_only
            is_rate = (
                pair.is_tight
                and one.kind == Kind.NUMBER
                and (_is_multiple(one) or _ranks(pair, one))
            )
            if shares_code or (
                not is_rate
                and (not in_exchange and not (len(others) == 1 >= len(own) and pair.is_near))
            ):
                found = LeftOver.ADDITION
        elif (
            (one.kind == Kind.NUMBER and not pair.is_near and not _of_one_thing(pair, one))
            or (shares_code and (not pair.is_tight or sorted(one.left) == sorted(one.right)))
            or (
                one.kind in (Kind.NAME, Kind.DATE, Kind.UNIT)
                and not (pair.is_tight and pair.is_short)
                and not (pair.is_near and _in_one_place(pair, one))
            )
        ):
            found = LeftOver.ADDITION
        yield Finding(found, Kind(one.kind), one.left, one.right, one.left_spans, one.right_spans)
    yield from _tenses(pair)
    yield from _other_counted(pair)


def _other_counted(pair: Alignment) -> Iterator[Finding]:
    """Find a number that counts another noun: "twice the work", "twice the pay"."""
    if not (pair.is_tight and pair.is_short) or is_title(pair.left):
        return
    ours, theirs = _counts(pair.left), _counts(pair.right)
    for key in ours.keys() & theirs.keys():
        (mine, place), (yours, other) = ours[key], theirs[key]
        if pair.matched.get(place, other) != other and other in pair.back:
            spans = (mine.start, mine.end), (yours.start, yours.end)
            texts = pair.left.text[slice(*spans[0])], pair.right.text[slice(*spans[1])]
            yield Finding(
                LeftOver.CONFLICT, Kind.NUMBER, texts[:1], texts[1:], spans[:1], spans[1:]
            )


def _counts(reading: Reading) -> dict[str, tuple[Fact, int]]:
    """Return the numbers that stand once and before a noun, by key, and the place of the noun."""
    numbers = reading.facts.of(DifferenceKind.NUMBER)
    found = {}
    for fact in numbers:
        place = sum(word.span[0] < fact.start for word in reading.words)
        while modifies(reading, place):
            place += 1
        is_once = [other.keys[0] for other in numbers].count(fact.keys[0]) == 1
        is_once &= fact.unit in ("", "times") and not fact.weak
        counted = reading.words[place] if place < len(reading.words) else None
        if is_once and counted and not counted.form.strip("s") and _is_noun(counted):
            found[fact.keys[0]] = fact, place
    return found


def _is_noun(word: Word) -> bool:
    return "n" in vocabulary().get(word.key, "n")


def _is_multiple(one: Difference) -> bool:
    """Return True if a number counts times: "twice a week" is not "once a week"."""
    return all(
        word.lower().startswith(("twice", "thrice")) or "times" in word
        for word in one.left + one.right
    )


def _ranks(pair: Alignment, one: Difference) -> bool:
    """Return True if an ordinal ranks a superlative: "the second-largest" is not "the largest"."""
    side, spans = (pair.left, one.left_spans) if one.left else (pair.right, one.right_spans)
    ends = {end + 1 for _, end in spans}
    return any(word.form == "est" and word.span[0] in ends for word in side.words)


def _in_one_place(pair: Alignment, one: Difference) -> bool:
    """Return True if a fact of each side stands beside the same word."""
    ours, theirs = (
        {sum(word.span[0] < start for word in side.words) for start, _ in spans}
        for side, spans in ((pair.left, one.left_spans), (pair.right, one.right_spans))
    )
    kept = (1, 0) if one.kind != Kind.NAME else (1, -1)
    return any(
        pair.matched.get(place - kept[0], EDGE) == other - kept[0] != EDGE
        or pair.matched.get(place - kept[1], EDGE) == other - kept[1]
        for place in ours
        for other in theirs
    )


def _of_one_thing(pair: Alignment, one: Difference) -> bool:
    """Return True if a number of each side counts the same: by its unit or by the word after it."""
    ours, theirs = _counted(pair.left, one.left_spans), _counted(pair.right, one.right_spans)
    return "" in ours | theirs or not ours.isdisjoint(theirs)


def _counted(reading: Reading, spans: tuple[Span, ...]) -> set[str]:
    units = {
        (fact.start, fact.end): fact.unit
        for fact in reading.facts.facts
        if fact.kind == Kind.NUMBER
    }
    return {
        units.get(span, "")
        or next((word.key for word in reading.words if word.span[0] >= span[1]), "")
        for span in spans
    }


def _tenses(pair: Alignment) -> Iterator[Finding]:
    ours, theirs = _tenses_of(pair.left), _tenses_of(pair.right)
    other = ours ^ theirs
    same_words = not pair.left_only and not pair.right_only
    if (
        pair.is_tight
        and ours
        and theirs
        and other
        and not ("perfect" in other and "future" not in other)
        and (same_words or ours.isdisjoint(theirs) or "future" in other)
    ):
        yield Finding(LeftOver.CONFLICT, Kind.TENSE, tuple(sorted(ours)), tuple(sorted(theirs)))


def _tenses_of(reading: Reading) -> frozenset[str]:
    """Return the tenses; "is checking" goes on, as "is being checked" does."""
    if any(word.tense == "present" and word.form == "ing" for word in reading.words):
        return reading.tenses | {"ongoing"}
    return reading.tenses


def _forms(pair: Alignment) -> Iterator[Finding]:
    """Find other forms of the words of both statements: in number, tense or degree."""
    for one, its in pair.matched.items():
        word, other = pair.left.words[one], pair.right.words[its]
        yield from _inflected(pair, word, other)
        is_complete = _is_complete(pair.left, one), _is_complete(pair.right, its)
        is_ongoing = (
            word.form == "ing" and word.tense == "past",
            other.form == "ing" and other.tense == "past",
        )
        if pair.is_tight and sum(is_complete) == 1 and is_complete == is_ongoing[::-1]:
            yield finding(LeftOver.CONFLICT, Kind.TENSE, (word,), (other,))
        if _is_one_of_many(pair, one, its) or _is_one_of_many(pair.mirrored, its, one):
            yield finding(LeftOver.CONFLICT, Kind.QUANTIFIER, (word,), (other,))


def _is_complete(reading: Reading, place: int) -> bool:
    """Return True if a verb follows "had" or "has": "had filled", not "was filling"."""
    return any(mark.head == place and mark.text in _HAVE for mark in reading.function)


_HAVE = frozenset(("had", "has", "have"))


def _is_one_of_many(pair: Alignment, place: int, other: int) -> bool:
    """Return True if "one" counts a noun that the other statement has in the plural.

    "One tap", "one of the taps"; "one of the same three answers" may be said of all three.
    """
    word = pair.left.words[place]
    if pair.right.words[other].form != "s" or "one of" in pair.right.text.lower():
        return False
    for mark in pair.left.function:
        if mark.text == "one" and mark.head == place:
            between = pair.left.text[mark.span[1] : word.span[0]].split()
            return word.form != "s" or (len(between) == 2 and between[0] == "of")
    return False


def _is_past_of_same_form(pair: Alignment, one: Word, other: Word) -> bool:
    """Return True if a verb is "puts" and "put" after the same subject: then "put" is the past."""
    before = [
        side.text[: word.span[0]].lower().split()[-1:]
        for side, word in ((pair.left, one), (pair.right, other))
    ]
    forms = {one.form, other.form}
    return one.key in words("en/unchanged") and forms == {"", "s"} and before[0] == before[1] != []


_TENSES = {"bare past": "past", "bare": "present"}


def _inflected(pair: Alignment, one: Word, other: Word) -> Iterator[Finding]:
    """Find differences in a matched word: its tense and its degree."""
    if one.key != other.key or one.key in words("en/reporting"):
        return
    if pair.left.language != ENGLISH or not pair.is_tight or (one.is_name and other.is_name):
        return
    degrees = {one.form, other.form} & {"er", "est"}
    if degrees and one.form != other.form:
        yield finding(LeftOver.CONFLICT, Kind.COMPARISON, (one,), (other,))
    if one.form != other.form and _is_past_of_same_form(pair, one, other):
        yield finding(LeftOver.CONFLICT, Kind.TENSE, (one,), (other,))
    is_other_voice = "ing" in (one.form, other.form) and one.is_passive != other.is_passive
    if is_other_voice and one.tense == other.tense != "":
        yield finding(LeftOver.CONFLICT, Kind.TENSE, (one,), (other,))  # "closing", "closed"
    if one.tense and other.tense and one.tense != other.tense:
        if "perfect" in (one.tense, other.tense) and {"future", "ongoing"}.isdisjoint(
            (one.tense, other.tense)
        ):
            return  # "are closed", "have been closed"
        if {(one.form, one.tense), (other.form, other.tense)} & {("ing", "present")} and (
            "ongoing" in (one.tense, other.tense)
        ):
            return  # "is checking", "is being checked"
        tenses = {_TENSES.get(one.tense, one.tense), _TENSES.get(other.tense, other.tense)}
        bare = [word for word in (one, other) if word.tense == "bare"]
        if len(tenses) > 1 and (
            not bare or any(word.tense in ("bare past", "future") for word in (one, other))
        ):
            yield finding(LeftOver.CONFLICT, Kind.TENSE, (one,), (other,))


def _is_negation_aligned(pair: Alignment) -> bool:
    """Return True if the negated word of one statement stands, not negated, in the other."""
    ours = {mark.head for mark in pair.left.marks if mark.signal and mark.signal.axis == "negation"}
    theirs = {
        mark.head for mark in pair.right.marks if mark.signal and mark.signal.axis == "negation"
    }
    return any(head in pair.matched and pair.matched[head] not in theirs for head in ours) or any(
        head in pair.back and pair.back[head] not in ours for head in theirs
    )
