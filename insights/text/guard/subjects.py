"""Another subject of the same verb: pronouns, relative clauses and comparisons in other roles."""

import re
from collections.abc import Iterator

from insights.text.dictionary import lemma, vocabulary
from insights.text.guard.align import Alignment
from insights.text.guard.findings import Finding, Kind, LeftOver, finding
from insights.text.guard.lexicon import PREPOSITIONS
from insights.text.guard.reading import Mark, Reading, Word, part_of
from insights.text.lexicon import DETERMINERS, SUBJECT_PRONOUNS


def other_subjects(pair: Alignment) -> Iterator[Finding]:
    """Find a pronoun, the noun of a relative clause or a compared person in another role."""
    yield from _other_relative(pair)
    yield from _other_pronoun(pair)
    yield from _other_comparison(pair)


def _other_pronoun(pair: Alignment) -> Iterator[Finding]:
    """Find a pronoun with another verb: "I think she pays", "she thinks I pay"."""
    if pair.left_only or pair.right_only:
        return
    verbs = [{key for key, _ in _predicates(side)} for side in (pair.left, pair.right)]
    ours, theirs = _pronouns(pair.left), _pronouns(pair.right)
    for person in ours.keys() & theirs.keys():
        (mine, acts), (yours, also_acts) = ours[person], theirs[person]
        if not acts and not also_acts:
            if _is_dative_moved(pair, mine, yours) or _is_dative_moved(pair.mirrored, yours, mine):
                yield finding(LeftOver.CONFLICT, Kind.ROLE, (mine,), (yours,))
            continue
        verb, other = _verb_after(pair.left, mine), _verb_after(pair.right, yours)
        if acts != also_acts or (verb != other and {verb, other} <= verbs[0] & verbs[1]):
            yield Finding(
                LeftOver.CONFLICT, Kind.ROLE, (mine.text,), (yours.text,), (mine.span,),
                (yours.span,),
            )  # fmt: skip


def _is_dative_moved(pair: Alignment, mine: Mark, yours: Mark) -> bool:
    """Return True if a preposition has left a pronoun for a word: "to me", "me to a colleague"."""
    before = pair.left.text[: mine.span[0]].lower().split()[-1:]
    return (
        bool(before)
        and before[0] in ("to", "for", "from")
        and not pair.right.text[: yours.span[0]].lower().rstrip().endswith(before[0])
        and any(
            pair.right.words[other].slot == before[0] != pair.left.words[one].slot
            for one, other in pair.matched.items()
        )
    )


def _other_comparison(pair: Alignment) -> Iterator[Finding]:
    """Find a comparison with another subject: "more than they do", "more than I like them"."""
    ours, theirs = _THAN.search(pair.left.text), _THAN.search(pair.right.text)
    if ours and theirs and bool(ours["does"]) != bool(theirs["does"]):
        other = theirs if ours["does"] else ours
        if _VERB_AFTER_PRONOUN.match(other["rest"]):
            yield Finding(
                LeftOver.CONFLICT, Kind.ROLE, (ours.group(),), (theirs.group(),), (ours.span(),),
                (theirs.span(),),
            )  # fmt: skip


_THAN = re.compile(
    r"\bthan (?P<rest>[^,.;]*?(?P<does> (?:do|does|did|is|are|was|were|can|will|has|have|had))?)"
    r"(?=[,.;!?]|$)",
    re.IGNORECASE,
)
_VERB_AFTER_PRONOUN = re.compile(r"(?:i|we|you|he|she|they|it) [a-z]+ [a-z]", re.IGNORECASE)


def _pronouns(reading: Reading) -> dict[str, tuple[Mark, bool]]:
    """Return the personal pronouns that stand once, by person, and whether they act."""
    found: dict[str, list[tuple[Mark, bool]]] = {}
    for mark in reading.function:
        if mark.text in _PERSONS:
            is_agent = reading.text[: mark.span[0]].lower().endswith(" by ")
            following = reading.words[mark.head] if mark.head < len(reading.words) else None
            is_patient = following is not None and following.is_passive
            acts = is_agent or (mark.text in _NOMINATIVES and not is_patient)
            found.setdefault(_PERSONS[mark.text], []).append((mark, acts))
    return {person: marks[0] for person, marks in found.items() if len(marks) == 1}


def _predicates(reading: Reading) -> list[tuple[str, int]]:
    """Return the verbs of a statement as key and place, verbs of thinking and saying included."""
    verbs = [
        (word.key, word.span[0])
        for word in reading.words
        if "v" in vocabulary().get(word.key, "v") and not word.is_name
    ]
    said = [
        (lemma(mark.text.lower().split()[0])[0], mark.span[0])
        for mark in reading.marks
        if mark.signal and mark.signal.axis == "attribution"
    ]
    return sorted(verbs + said, key=lambda verb: verb[1])


def _verb_after(reading: Reading, mark: Mark) -> str:
    return next((key for key, start in _predicates(reading) if start > mark.span[0]), "")


_PERSONS = {
    text: forms.split()[0]
    for forms in ("i me", "we us", "he him", "she her", "they them")
    for text in forms.split()
}
_NOMINATIVES = frozenset("i we he she they".split())


def _other_relative(pair: Alignment) -> Iterator[Finding]:
    """Find a noun that acts in one relative clause only: "that lend", "to which others lend".

    The clauses are compared only if they share the verb of the one in which the noun acts.
    """
    ours, theirs = _relatives(pair.left), _relatives(pair.right)
    for noun, verb in ours.items():
        other = pair.matched.get(noun, -1)
        if other not in theirs or (verb is None) == (theirs[other] is None):
            continue
        in_clause = (
            pair.back.get(theirs[other] or 0, -1) > noun
            if verb is None
            else pair.matched.get(verb, -1) > other
        )
        if in_clause:
            yield finding(
                LeftOver.CONFLICT, Kind.ROLE, (pair.left.words[noun],), (pair.right.words[other],)
            )


def _relatives(reading: Reading) -> dict[int, int | None]:
    """Return each noun with a relative clause, and the verb of which it is the active subject."""
    found: dict[int, int | None] = {}
    for mark in reading.function:
        noun = mark.head - 1
        if mark.text not in _RELATIVES or noun < 0 or not _is_noun(reading.words[noun], mark):
            continue
        before = reading.text[reading.words[noun].span[1] : mark.span[0]].lower().split()
        if before and before != [","] and before[-1] not in PREPOSITIONS:
            continue
        found[noun] = (
            None if before[-1:] and before[-1] in PREPOSITIONS else _verb_of(reading, mark)
        )
    return found


def _is_noun(word: Word, mark: Mark) -> bool:
    parts = vocabulary().get(word.key, "n")
    return part_of(word) == "n" or (mark.text != "that" and "n" in parts)  # "staff find that ..."


def _verb_of(reading: Reading, mark: Mark) -> int | None:
    """Return the verb after a relative pronoun that is its active subject, or None."""
    noun, place = reading.words[mark.head - 1], mark.head
    while place < len(reading.words) and part_of(reading.words[place]) == "r":
        place += 1
    if mark.text == "whom" or place == len(reading.words):
        return None
    verb = reading.words[place]
    opening = reading.text[mark.span[1] : verb.span[0]].lower().split()
    if opening and (opening[0].isdigit() or opening[0] in _NOMINALS):
        return None  # "that other clubs lend"
    is_plural = noun.text != noun.key
    is_verb = "v" in vocabulary().get(verb.key, "") and not verb.is_name
    agrees = bool(opening) or verb.form not in ("", "s") or is_plural == (verb.form == "")
    agrees |= mark.text == "who"
    return place if is_verb and agrees and not verb.is_passive else None


_RELATIVES = frozenset("that which who whom".split())
_NOMINALS = DETERMINERS | SUBJECT_PRONOUNS
