"""Differences in a number, date, unit, version, name or negation."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from insights.text.facts.fact import DifferenceKind, Fact, Facts, read_facts
from insights.text.facts.names import stem
from insights.text.wordlists import FUNCTION

Span = tuple[int, int]
# What stands between the members of a list: "in Leeds, York or in the City of London".
_LISTED = re.compile(
    r"\.?(?:,|/|,? ?(?:and|or|nor|&))(?: (?:in|at|on|for|of|with|the|a|an|both))*", re.IGNORECASE
)
_PER = frozenset({"a", "an", "each", "every"})
_ACRONYMS_TRIED = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of one kind: the words of each statement and their positions."""

    kind: DifferenceKind
    left: tuple[str, ...]
    right: tuple[str, ...]
    left_spans: tuple[Span, ...]
    right_spans: tuple[Span, ...]

    @property
    def one_sided(self) -> bool:
        """Return whether only one of the two statements has such a fact."""
        return not self.left or not self.right


def differences(left: str | Facts, right: str | Facts) -> tuple[Difference, ...]:
    """Return the kinds of fact in which the statements differ, at most one `Difference` per kind.

    It prefers to see one. Any conflict counts, and so does a fact that only one of the two has
    ("Rotas take 12 minutes", "Rotas take long"): to the reader of the merged statement it would be
    lost or invented. A comparator belongs to its number ("at least 5" is not "5"), and the same
    facts in another order differ ("from 5 to 7", "from 7 to 5") unless they are merely listed. The
    same fact in another spelling or, within one dimension, in another unit does not differ ("12 %"
    and "twelve percent", "90 minutes" and "1.5 hours").
    """
    first = read_facts(left) if isinstance(left, str) else left
    second = read_facts(right) if isinstance(right, str) else right
    found = _values(first, second) + _names(first, second) + _negations(first, second)
    return tuple(sorted(found, key=lambda difference: list(DifferenceKind).index(difference.kind)))


def _difference(
    kind: DifferenceKind, left: Facts, right: Facts, ours: Iterable[Span], theirs: Iterable[Span]
) -> Difference:
    left_spans, right_spans = tuple(sorted(set(ours))), tuple(sorted(set(theirs)))
    return Difference(
        kind,
        tuple(left.text[start:end] for start, end in left_spans),
        tuple(right.text[start:end] for start, end in right_spans),
        left_spans,
        right_spans,
    )


def _spans(facts: Iterable[Fact]) -> list[Span]:
    return [(fact.start, fact.end) for fact in facts]


def _values(left: Facts, right: Facts) -> list[Difference]:
    """Return the differences in numbers, dates, units and versions."""
    found: list[Difference] = []
    ours, theirs = _missing(left, right), _missing(right, left)
    for kind in (DifferenceKind.NUMBER, DifferenceKind.DATE, DifferenceKind.VERSION):
        mine = [fact for fact in ours if fact.kind is kind]
        yours = [fact for fact in theirs if fact.kind is kind]
        if kind is DifferenceKind.NUMBER:
            units, mine, yours = _other_units(mine, yours)
            if units[0]:
                found.append(
                    _difference(
                        DifferenceKind.UNIT, left, right, _spans(units[0]), _spans(units[1])
                    )
                )
            if _no_unit_shared(mine, yours) and not found:
                found.append(
                    _difference(DifferenceKind.UNIT, left, right, _spans(mine), _spans(yours))
                )
        # A part of the day stands against another one, "one" and "first" only against a number.
        if kind is not DifferenceKind.DATE or not mine or not yours:
            mine, yours = _standing(mine, yours)
        if mine or yours:
            found.append(_difference(kind, left, right, _spans(mine), _spans(yours)))
        elif not found and _swapped(left, right, kind):
            found.append(
                _difference(kind, left, right, _spans(left.of(kind)), _spans(right.of(kind)))
            )
    mine, yours = _bare_units(ours, theirs)
    if (mine or yours) and not any(one.kind is DifferenceKind.UNIT for one in found):
        found.append(_difference(DifferenceKind.UNIT, left, right, _spans(mine), _spans(yours)))
    return found


def _missing(mine: Facts, other: Facts) -> list[Fact]:
    """Return the facts, names aside, that the other statement has in no spelling or less often."""
    known = {key for fact in other.facts for key in fact.keys}
    known.update(f"per {word}" for of, word in pairwise(other.words) if of in _PER)
    left_over = Counter(fact.keys[0] for fact in other.of(DifferenceKind.NUMBER))
    missing = []
    for fact in mine.facts:
        key = fact.keys[0]
        if fact.kind is DifferenceKind.NAME:
            continue
        if known.isdisjoint(fact.keys):
            missing.append(fact)
        elif fact.kind is DifferenceKind.NUMBER and not fact.weak and key in known:
            # "rank 2 in 3 dimensions" is not "rank 3 in 3 dimensions".
            left_over[key] -= 1
            if left_over[key] < 0:
                missing.append(fact)
    return missing


def _standing(mine: list[Fact], yours: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """Drop weak facts that the other side has nothing strong against."""
    strong = any(not fact.weak for fact in mine), any(not fact.weak for fact in yours)
    return (
        [fact for fact in mine if not fact.weak or strong[1]],
        [fact for fact in yours if not fact.weak or strong[0]],
    )


def _other_units(
    mine: list[Fact], yours: list[Fact]
) -> tuple[tuple[list[Fact], list[Fact]], list[Fact], list[Fact]]:
    """Return the pairs of one amount in different units, and the rest of both sides."""
    amounts = {fact.amount for fact in mine} & {fact.amount for fact in yours}
    same = (
        [fact for fact in mine if fact.amount in amounts],
        [fact for fact in yours if fact.amount in amounts],
    )
    return (
        same,
        [fact for fact in mine if fact.amount not in amounts],
        [fact for fact in yours if fact.amount not in amounts],
    )


def _no_unit_shared(mine: list[Fact], yours: list[Fact]) -> bool:
    units = {fact.unit for fact in mine}, {fact.unit for fact in yours}
    return all(units) and "" not in units[0] | units[1] and units[0].isdisjoint(units[1])


def _bare_units(ours: list[Fact], theirs: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    mine = [fact for fact in ours if fact.kind is DifferenceKind.UNIT]
    yours = [fact for fact in theirs if fact.kind is DifferenceKind.UNIT]
    if mine and yours:
        return mine, yours
    return [fact for fact in mine if not fact.weak], [fact for fact in yours if not fact.weak]


def _swapped(left: Facts, right: Facts, kind: DifferenceKind) -> bool:
    """Return whether both have the same facts of a kind, two or more, in another order."""
    ours, theirs = left.of(kind), right.of(kind)
    shared = {fact.keys[0] for fact in ours if not fact.weak or kind is DifferenceKind.NAME}
    shared &= {fact.keys[0] for fact in theirs}
    # "two shifts less than 12 hours apart", "12 hours between two shifts": other units cannot swap.
    for unit in {fact.unit for fact in ours}:
        of_unit = shared & {fact.keys[0] for fact in ours if fact.unit == unit}
        if len(of_unit) > 1 and _order(left, ours, of_unit) != _order(right, theirs, of_unit):
            return True
    return False


def _order(facts: Facts, of_kind: tuple[Fact, ...], shared: set[str]) -> list[list[str]]:
    """Return the first mention of each shared fact; listed ones ("Leeds and York") count as one.

    Numbers keep their order, and so does everything beside two of them: in "Leeds and York have 5
    and 7 homes" only the order tells which belongs to which.
    """
    free = len(facts.of(DifferenceKind.NUMBER)) < 2
    groups: list[list[str]] = []
    unseen, end = set(shared), None
    for fact in of_kind:
        key = fact.keys[0]
        if key not in unseen:
            continue
        unseen.remove(key)
        gap = facts.text[end : fact.start].strip() if free and end is not None else ""
        if _LISTED.fullmatch(gap):
            groups[-1] = sorted([*groups[-1], key])
        else:
            groups.append([key])
        end = fact.end
    return groups


def _names(left: Facts, right: Facts) -> list[Difference]:
    mine, yours = _unknown_names(left, right), _unknown_names(right, left)
    if mine and yours:
        spelled = _spelled_out(mine, right) | _spelled_out(yours, left)
        mine = [fact for fact in mine if _name(fact) not in spelled]
        yours = [fact for fact in yours if _name(fact) not in spelled]
    mine, yours = _standing(mine, yours)
    # Roles are looked at elsewhere; "5 and 7" after two names belong to them by order alone.
    ordered = len(left.of(DifferenceKind.NUMBER)) > 1
    if ordered and not mine and not yours and _swapped(left, right, DifferenceKind.NAME):
        mine, yours = list(left.of(DifferenceKind.NAME)), list(right.of(DifferenceKind.NAME))
    if mine or yours:
        return [_difference(DifferenceKind.NAME, left, right, _spans(mine), _spans(yours))]
    return []


def _name(fact: Fact) -> str:
    return fact.keys[0].removeprefix("name ")


def _unknown_names(mine: Facts, other: Facts) -> list[Fact]:
    names = mine.of(DifferenceKind.NAME)
    if not names:
        return []
    known = {*other.words, *map("".join, pairwise(other.words))}
    known.update(map(_name, other.of(DifferenceKind.NAME)))
    # "IT" and "Will" are names, the "it" and "will" of the other statement are not.
    return [
        fact
        for fact in names
        if (name := _name(fact)) not in known
        or (name in FUNCTION and mine.text[fact.start : fact.end] not in other.capitals)
    ]


def _spelled_out(names: list[Fact], other: Facts) -> set[str]:
    """Return the acronyms whose words the other statement has ("CQC"), and those words."""
    words = [word for word in other.words if word not in FUNCTION]
    initials = "".join(word[0] for word in words)
    capitals = {stem(word.lower()) for word in other.capitals}
    spelled: set[str] = set()
    for name in [_name(fact) for fact in names[:_ACRONYMS_TRIED]]:
        place = initials.find(name) if 2 <= len(name) <= 6 else -1
        expansion = words[place : place + len(name)]
        # Two letters prove little: both words must be names themselves.
        if place >= 0 and (len(name) > 2 or all(word in capitals for word in expansion)):
            spelled |= {name, *expansion}
    return spelled


def _negations(left: Facts, right: Facts) -> list[Difference]:
    if sorted(cue.keys for cue in left.cues) == sorted(cue.keys for cue in right.cues):
        return []
    kind = DifferenceKind.NEGATION
    return [_difference(kind, left, right, _spans(left.cues), _spans(right.cues))]
