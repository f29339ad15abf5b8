"""The same content words in other roles: "users prefer paper to tablets", "tablets to paper"."""

import re
from collections.abc import Iterator
from itertools import combinations

from insights.text.dictionary import are_derived, lemma, vocabulary
from insights.text.guard.align import Alignment, is_title
from insights.text.guard.findings import Finding, Kind, LeftOver, finding
from insights.text.guard.lexicon import ENGLISH, PREPOSITIONS
from insights.text.guard.reading import Mark, Reading, Word, modifies, part_of
from insights.text.lexicon import DETERMINERS, SUBJECT_PRONOUNS

_LONGEST = 60  # matched words beyond which only the first are looked at


def swapped(pair: Alignment) -> Iterator[Finding]:
    """Find two matched words that have exchanged their places; at most one conflict.

    Two words have exchanged places when each is governed by the preposition that governed the
    other and their order, passives undone, is reversed or their prepositions differ.
    """
    if not pair.is_tight or is_title(pair.left) or is_title(pair.right):
        return
    for one, its in pair.matched.items():
        first, third = pair.left.words[one], pair.right.words[its]
        slots = {first.agent or first.slot, third.agent or third.slot}
        is_agent = bool(first.agent or third.agent) or _says_the_same_words(pair)
        is_modifier = modifies(pair.left, one) or modifies(pair.right, its)
        if "by" in slots and len(slots) > 1 and "" not in slots and is_agent and not is_modifier:
            # "signed for by her", "signed for her"; "tested by staff", "tested on staff"
            yield finding(LeftOver.CONFLICT, Kind.ROLE, (first,), (third,))
            return
    yield from _other_voice(pair)
    yield from _other_subjects(pair)
    if _is_one_part_moved(pair):
        return
    places = sorted(pair.matched.items())[:_LONGEST]
    is_strict = _says_the_same_words(pair)
    if not is_strict and not pair.is_short:
        return
    is_linked = not _links(pair.left).isdisjoint(_links(pair.right))
    left, right = pair.left.words, pair.right.words
    for (one, its), (two, their) in combinations(places, 2):
        first, second, third, fourth = left[one], left[two], right[its], right[their]
        if first.key == second.key:
            continue
        if (first.rank < second.rank) == (third.rank < fourth.rank):
            if first.slot == second.slot or (first.slot, second.slot) != (fourth.slot, third.slot):
                continue
        elif (first.slot, second.slot) != (fourth.slot, third.slot):
            continue
        if not is_strict and (
            are_derived(first.key, second.key)  # "part-time ... full-timers"
            or _move_with_their_heads(pair, (one, two), (its, their))
            or (first.key != third.key and pair.matched.get(one - 1) == its - 1)
            or (second.key != fourth.key and pair.matched.get(two - 1) == their - 1)
            or (first.clause != second.clause and third.clause != fourth.clause and not is_linked)
            or (
                first.slot == second.slot
                and not is_linked
                and not _share_predicate(pair, (one, two), (its, their))
                and not _are_object_and_subject(pair, (one, two), (its, their))
            )
        ):
            continue
        lists = [_list_of(pair.left, place) for place in (one, two)]
        lists += [_list_of(pair.right, place) for place in (its, their)]
        if lists[0] and lists[0] == lists[1] and lists[2] == lists[3]:
            continue
        if is_strict:
            if "r" in (part_of(first), part_of(second)):
                continue
        elif not (_exchangeable(first, second) and _exchangeable(third, fourth)):
            continue
        if abs(one - two) == 1 == abs(its - their) and (
            first.text != third.text or second.text != fourth.text
        ):
            continue  # "data entry", "entering data"
        yield finding(LeftOver.CONFLICT, Kind.ROLE, (first, second), (third, fourth))
        return


def _other_voice(pair: Alignment) -> Iterator[Finding]:
    """Find a verb whose subject acts in one statement only: "are paid", "pay"."""
    if pair.left_only or pair.right_only:
        return
    for one, its in pair.matched.items():
        verb, other = pair.left.words[one], pair.right.words[its]
        if (
            one
            and pair.matched.get(one - 1) == its - 1
            and verb.is_passive != other.is_passive
            and all(word.tense and not word.is_name for word in (verb, other))
            and part_of(pair.left.words[one - 1]) == "n"
            and not pair.left.words[one - 1].slot + pair.right.words[its - 1].slot
            and verb.slot == other.slot
        ):
            yield finding(LeftOver.CONFLICT, Kind.ROLE, (verb,), (other,))


def _list_of(reading: Reading, place: int) -> int:
    """Return the enumeration that a word, or the head of its compound, belongs to; 0 for none."""
    first = last = place
    while first and modifies(reading, first - 1):
        first -= 1
    while modifies(reading, last):
        last += 1
    return max(word.list_id for word in reading.words[first : last + 1])


def _is_one_part_moved(pair: Alignment) -> bool:
    """Return True if one statement becomes the other when one part of it moves, as it stands.

    "In summer the hall is too hot", "the hall is too hot in summer". To exchange two words around a
    third takes two moves; a part that leaves its preposition or conjunction behind does not move.
    """
    left, right = pair.left.words, pair.right.words
    listed = _lists(left) & _lists(right)
    ours = sorted(pair.matched, key=lambda place: _rank(left, place, listed))
    theirs = sorted(pair.back, key=lambda place: _rank(right, place, listed))
    rank = {place: at for at, place in enumerate(theirs)}
    order = [rank[pair.matched[place]] for place in ours]
    out = [at for at, place in enumerate(order) if at != place]
    if not out:
        return False
    moved = order[out[0] : out[-1] + 1]
    second = moved.index(min(moved))
    if len(moved) == 2 or moved[second:] + moved[:second] != sorted(moved):
        return False
    heads = (ours[out[0]], ours[out[0] + second])
    if _are_object_and_subject(pair, heads, (pair.matched[heads[0]], pair.matched[heads[1]])):
        return False
    return all(
        (left[place].agent or left[place].slot)
        == (right[pair.matched[place]].agent or right[pair.matched[place]].slot)
        for place in heads
    ) and all(
        pair.matched.get(mine.head) == yours.head
        or pair.matched.get(mine.head - 1) == yours.head - 1
        for mine in pair.left.marks
        for yours in pair.right.marks
        if mine.signal and yours.signal and mine.signal.value == yours.signal.value
    )


def _lists(words: tuple[Word, ...]) -> set[frozenset[str]]:
    return {_members(words, word) for word in words if word.list_id}


def _members(words: tuple[Word, ...], word: Word) -> frozenset[str]:
    return frozenset(other.key for other in words if other.list_id == word.list_id)


def _rank(words: tuple[Word, ...], place: int, listed: set[frozenset[str]]) -> tuple[float, str]:
    """Return the rank of a word by which to sort; the order in a shared enumeration is free."""
    word = words[place]
    if not word.list_id or _members(words, word) not in listed:
        return word.rank, ""
    return min(other.rank for other in words if other.list_id == word.list_id), word.key


def _links(reading: Reading) -> set[tuple[str, str]]:
    """Return the conjunctions of a statement whose two sides are not the same."""
    return {
        (mark.signal.axis, mark.signal.value)
        for mark in reading.marks
        if mark.signal and mark.signal.axis in ("cause", "condition", "order")
    }


def _share_predicate(pair: Alignment, ours: tuple[int, int], theirs: tuple[int, int]) -> bool:
    """Return True if the same predicate stands between the two words in both statements."""
    inside = range(min(theirs) + 1, max(theirs))
    if any(pair.matched.get(at, -1) in inside for at in range(ours[0] + 1, ours[1])):
        return True
    mine, yours = (
        {mark.signal for mark in side.marks if mark.signal and low < mark.head <= high}
        for side, low, high in ((pair.left, *ours), (pair.right, min(theirs), max(theirs)))
    )
    return any(signal.axis not in _LINKS for signal in mine & yours)


_LINKS = frozenset(("and_or", "quantifier", "scope"))


def _are_object_and_subject(
    pair: Alignment, ours: tuple[int, int], theirs: tuple[int, int]
) -> bool:
    """Return True if each statement has a finite verb between the two words, without "by"."""
    return all(
        not "".join(side.words[end].slot + side.words[end].agent for end in ends)
        and all(part_of(side.words[end]) == "n" for end in ends)
        and any(
            side.words[place].tense
            and "v" in vocabulary().get(side.words[place].key.split()[0], "")
            for place in range(min(ends) + 1, max(ends))
        )
        for side, ends in ((pair.left, ours), (pair.right, theirs))
    )


def _move_with_their_heads(pair: Alignment, ours: tuple[int, int], theirs: tuple[int, int]) -> bool:
    """Return True if both words are modifiers of the same nouns in both statements."""
    left, right = pair.left.words, pair.right.words
    return all(
        pair.matched.get(one + 1) == other + 1
        and left[one + 1].slot == left[one].slot
        and right[other + 1].slot == right[other].slot
        for one, other in zip(ours, theirs, strict=True)
    ) and "a" in (part_of(left[ours[0]]), part_of(left[ours[1]]))


def _says_the_same_words(pair: Alignment) -> bool:
    """Return True if only the order differs: then nothing but the order tells the roles."""
    if pair.left_only or pair.right_only:
        return False
    if pair.left.language != ENGLISH:
        return True
    ours, theirs = (
        sorted(
            mark.signal.value if mark.signal else mark.text
            for mark in (*side.function, *side.marks)
            if mark.text not in _LITTLE
        )
        for side in (pair.left, pair.right)
    )
    return ours == theirs


_LITTLE = frozenset("a an the 's is are was were be by".split())


def _exchangeable(one: Word, other: Word) -> bool:
    """Return True if two words could stand for one another: both nouns or both adjectives."""
    return part_of(one) == part_of(other) and part_of(one) not in ("v", "r")


def _other_subjects(pair: Alignment) -> Iterator[Finding]:
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
            continue
        verb, other = _verb_after(pair.left, mine), _verb_after(pair.right, yours)
        if acts != also_acts or (verb != other and {verb, other} <= verbs[0] & verbs[1]):
            yield Finding(
                LeftOver.CONFLICT, Kind.ROLE, (mine.text,), (yours.text,), (mine.span,),
                (yours.span,),
            )  # fmt: skip


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
    for forms in ("i me", "we us", "he him", "they them")
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
