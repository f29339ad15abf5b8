"""The same content words in other roles: "users prefer paper to tablets", "tablets to paper"."""

from collections.abc import Iterator
from itertools import combinations

from insights.text.guard.align import Alignment, is_title
from insights.text.guard.findings import Finding, Kind, LeftOver
from insights.text.guard.lexicon import ENGLISH, vocabulary
from insights.text.guard.reading import Word

_LONGEST = 60  # matched words beyond which only the first are looked at


def swapped(pair: Alignment) -> Iterator[Finding]:
    """Find two matched words that have exchanged their places; at most one conflict.

    Two words have exchanged places when each is governed by the preposition that governed the
    other and their order, passives undone, is reversed or their prepositions differ.
    """
    if not pair.is_near or is_title(pair.left) or is_title(pair.right):
        return
    places = sorted(pair.matched.items())[:_LONGEST]
    is_strict = _says_the_same_words(pair)
    left, right = pair.left.words, pair.right.words
    for (one, its), (two, their) in combinations(places, 2):
        first, second, third, fourth = left[one], left[two], right[its], right[their]
        if (first.rank < second.rank) == (third.rank < fourth.rank):
            if first.slot == second.slot or (first.slot, second.slot) != (fourth.slot, third.slot):
                continue
        elif (first.slot, second.slot) != (fourth.slot, third.slot):
            continue
        if first.slot == second.slot and not is_strict:
            between = {pair.matched[at] for at in range(one + 1, two) if at in pair.matched}
            if between.isdisjoint(range(min(its, their) + 1, max(its, their))):
                continue
        if first.list_id and first.list_id == second.list_id and third.list_id == fourth.list_id:
            continue
        if is_strict:
            if "r" in (_part(first), _part(second)):
                continue
        elif not (_exchangeable(first, second) and _exchangeable(third, fourth)):
            continue
        if abs(one - two) == 1 == abs(its - their) and (
            first.text != third.text or second.text != fourth.text
        ):
            continue  # "data entry", "entering data"
        yield Finding(
            LeftOver.CONFLICT,
            Kind.ROLE,
            (first.cased, second.cased),
            (third.cased, fourth.cased),
            (first.span, second.span),
            (third.span, fourth.span),
        )
        return


def _says_the_same_words(pair: Alignment) -> bool:
    """Return True if only the order differs: then nothing but the order tells the roles."""
    if pair.left_only or pair.right_only:
        return False
    if pair.left.language != ENGLISH:
        return True
    ours, theirs = (
        sorted(mark.text for mark in (*side.function, *side.marks) if mark.text not in _LITTLE)
        for side in (pair.left, pair.right)
    )
    return ours == theirs


_LITTLE = frozenset("a an the 's is are was were be".split())


def _exchangeable(one: Word, other: Word) -> bool:
    """Return True if two words could stand for one another: both nouns or both adjectives."""
    return _part(one) == _part(other) and _part(one) not in ("v", "r")


def _part(word: Word) -> str:
    if word.is_name:
        return "n"
    if word.form in ("ed", "past", "pp", "ing"):
        return "v"
    if word.form in ("er", "est"):
        return "a"
    part = vocabulary().get(word.key, "n")[0]
    return "v" if part == "n" and word.tense in ("past", "present", "future") else part
