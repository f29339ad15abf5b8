"""The same content words in other roles: "users prefer paper to tablets", "tablets to paper"."""

import re
from collections.abc import Iterator
from itertools import combinations

from insights.text.dictionary import vocabulary
from insights.text.guard.align import Alignment, is_title
from insights.text.guard.findings import Finding, Kind, LeftOver, finding
from insights.text.guard.lexicon import ENGLISH
from insights.text.guard.reading import Reading, Word, modifies, part_of
from insights.text.guard.subjects import other_subjects

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
    yield from other_subjects(pair)
    yield from _other_owner(pair)
    if _is_one_part_moved(pair):
        return
    places = sorted(pair.matched.items())[:_LONGEST]
    is_strict = _says_the_same_words(pair)
    if not is_strict and not pair.is_short:
        return
    left, right = pair.left.words, pair.right.words
    listed = _lists(left) & _lists(right)
    ours = {one: _rank(left, one, listed)[0] for one, _ in places}
    theirs = {its: _rank(right, its, listed)[0] for _, its in places}
    for (one, its), (two, their) in combinations(places, 2):
        first, second, third, fourth = left[one], left[two], right[its], right[their]
        if first.key == second.key:
            continue
        if is_strict and _acts_in_one_only(pair, (one, two), (its, their)):
            yield finding(LeftOver.CONFLICT, Kind.ROLE, (first, second), (third, fourth))
            return
        if (ours[one] < ours[two]) == (theirs[its] < theirs[their]):
            if first.slot == second.slot or (first.slot, second.slot) != (fourth.slot, third.slot):
                continue
        elif (first.slot, second.slot) != (fourth.slot, third.slot):
            continue
        if not is_strict and (
            (first.clause != second.clause and third.clause != fourth.clause)
            or (
                first.slot == second.slot
                and not _are_object_and_subject(pair, (one, two), (its, their))
            )
        ):
            continue
        lists = [_list_of(pair.left, place) for place in (one, two)]
        lists += [_list_of(pair.right, place) for place in (its, their)]
        if all(lists) and lists[0] == lists[1] and lists[2] == lists[3]:
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


def _acts_in_one_only(pair: Alignment, ours: tuple[int, int], theirs: tuple[int, int]) -> bool:
    """Return True if one of two words is the subject of the other in one statement only.

    "The mentor my apprentice looks up to", "the mentor who looks up to my apprentice".
    """
    sides = (pair.left.words, ours), (pair.right.words, theirs)
    for (here, places), (there, others) in (sides, sides[::-1]):
        for (noun, verb), (its, their) in ((places, others), (places[::-1], others[::-1])):
            if (
                noun + 1 == verb
                and their + 1 == its
                and part_of(here[noun]) == "n"
                and not here[noun].slot
                and here[verb].tense
                and not (here[verb].is_passive or there[their].is_passive)
            ):
                return True
    return False


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
            and not pair.left.words[one - 1].slot + pair.right.words[its - 1].slot
        ):
            yield finding(LeftOver.CONFLICT, Kind.ROLE, (verb,), (other,))


def _list_of(reading: Reading, place: int) -> int:
    """Return the enumeration that a word, or the head of its compound, belongs to; 0 for none."""
    first = last = place
    while first and modifies(reading, first - 1):
        first -= 1
    while modifies(reading, last):
        last += 1
    number = max(word.list_id for word in reading.words[first : last + 1])
    members = [word.span for word in reading.words if word.list_id == number]
    listed = reading.text[members[0][0] : members[-1][1]].lower()
    # "For the scones, the tea is rank" lists nothing.
    is_list = len(members) > 2 or reading.language != ENGLISH or _JOINED.search(listed)
    return number if is_list else 0


_JOINED = re.compile(r"\b(?:and|or|nor)\b|[&/]")


def _other_owner(pair: Alignment) -> Iterator[Finding]:
    """Find an attribute of another noun: "the key of the shop", "the door of the shop"."""
    if pair.left_only or pair.right_only:
        return
    for one, its in pair.matched.items():
        mine, yours = pair.left.words[one], pair.right.words[its]
        is_attribute = mine.slot in _ATTRIBUTIVE or (
            mine.slot and (_precedes_verb(pair.left, one) or _precedes_verb(pair.right, its))
        )
        if mine.slot == yours.slot and is_attribute:
            owned, other = _owned(pair.left, one), _owned(pair.right, its)
            if owned >= 0 <= other and pair.matched.get(owned, other) != other:
                yield finding(LeftOver.CONFLICT, Kind.ROLE, (mine,), (yours,))


def _precedes_verb(reading: Reading, place: int) -> bool:
    """Return True if a phrase stands between noun and verb: "the nurse in the ward called"."""
    owned = _owned(reading, place)
    if owned < 0 or place + 1 == len(reading.words) or modifies(reading, place):
        return False
    verb = reading.words[place + 1]
    return bool(verb.tense) and "v" in vocabulary().get(verb.key, "n")


def _owned(reading: Reading, place: int) -> int:
    slot = reading.words[place].slot
    while place >= 0 and reading.words[place].slot == slot:
        place -= 1
    return place


_ATTRIBUTIVE = frozenset(("of", "de", "di", "van", "von", "av"))


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
    # "Im Winter friert der Kanal", "der Kanal friert im Winter": the verb comes second in both.
    verbs = [-1, *range(len(order))] if pair.left.language in _VERB_SECOND else [-1]
    for verb in verbs:
        kept = [at for at in range(len(order)) if at != verb]
        rotation = _rotation([order[at] for at in kept])
        if rotation is None:
            continue
        heads = (ours[kept[rotation[0]]], ours[kept[rotation[1]]])
        is_adjunct = len({bool(left[head].slot) for head in heads}) == 2
        if not is_adjunct and all(part_of(left[head]) == "v" for head in heads):
            continue  # "those who feel lonely sleep badly", "those who sleep badly feel lonely"
        if (is_adjunct or (verb < 0 and rotation[2] > 2)) and _stay_governed(pair, heads):
            return True
    return False


_VERB_SECOND = frozenset(("de", "nl", "sv"))


def _rotation(order: list[int]) -> tuple[int, int, int] | None:
    """Return the starts of two parts whose exchange sorts the order, and their joint size."""
    ranked = sorted(order)
    out = [at for at, place in enumerate(order) if place != ranked[at]]
    if not out:
        return None
    moved = order[out[0] : out[-1] + 1]
    second = moved.index(min(moved))
    if moved[second:] + moved[:second] != sorted(moved):
        return None
    return out[0], out[0] + second, len(moved)


def _stay_governed(pair: Alignment, heads: tuple[int, int]) -> bool:
    """Return True if the heads of two parts keep their prepositions, and signals their words."""
    left, right = pair.left.words, pair.right.words
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


def _says_the_same_words(pair: Alignment) -> bool:
    """Return True if only the order differs: then nothing but the order tells the roles."""
    if pair.left_only or pair.right_only:
        return False
    if pair.left.language != ENGLISH:
        return True
    ours, theirs = (
        sorted(mark.said for mark in (*side.function, *side.marks) if mark.text not in _LITTLE)
        for side in (pair.left, pair.right)
    )
    return ours == theirs


_LITTLE = frozenset("a an the 's is are was were be by who whom whose which that".split())


def _exchangeable(one: Word, other: Word) -> bool:
    """Return True if two words could stand for one another: both nouns or both adjectives."""
    return part_of(one) == part_of(other) and part_of(one) not in ("v", "r")
