"""Opposites, words of extent and duty, and comparisons that turn between two statements.

The guard reads them word by word beside what is aligned; these look at whole statements, so that
the model also learns from pairs in which little is aligned.
"""

import re
from dataclasses import dataclass
from typing import Self

from insights.text.facts.fact import read_facts
from insights.text.facts.kinds import DifferenceKind, Fact
from insights.text.facts.names import stem
from insights.text.folding import READ, blank, fold, lower
from insights.text.wordlists import FUNCTION, groups, lines

_VOWELS = "aeiou"
_UNINFLECTED = frozenset(
    """more less fewer most least fewest many lots plenty few before prior beforehand after
    afterwards first last above over below under with without until since best worst like good bad
    true false right wrong same top bottom front back ahead behind grew rose risen grown fell fallen
    won lost left bought sold began begun""".split()
)


def _forms(word: str) -> set[str]:
    """Return the inflections of a regular verb or short adjective; a non-word does no harm."""
    if word in _UNINFLECTED:
        return {word, "likes", "liked"} if word == "like" else {word}
    stem = word.removesuffix("e")
    if word.endswith("y") and word[-2] not in _VOWELS:
        return {word, *(word[:-1] + end for end in ("ies", "ied", "ier", "iest")), f"{word}ing"}
    double = word + word[-1]
    forms = {word, f"{word}s", f"{stem}ed", f"{stem}ing"}
    if len(word) < 6 and word != "late":
        forms |= {f"{stem}er", f"{stem}est"}
    if word.endswith(("s", "sh", "ch", "x")):
        forms.add(f"{word}es")
    if len(word) < 6 and word[-1] in "bdgmnpt" and word[-2] in _VOWELS:
        forms |= {double + end for end in ("ed", "ing", "er", "est")}
    return forms


# word -> its axes, each with the side it is on and whether a negation takes it to the other side
POLES: dict[str, list[tuple[str, int, bool]]] = {}
for _list, _turns in (("contrary", False), ("complementary", True)):
    for _row in lines(_list):
        for _side, _words in zip((1, -1), _row.split(" | "), strict=True):
            for _word in _words.split():
                for _form in _forms(_word):
                    POLES.setdefault(_form, []).append((_row, _side, _turns))

GROUPS: dict[str, tuple[str, int]] = {}
for _line, (_group, _words) in enumerate(groups("exclusive")):
    GROUPS |= dict.fromkeys(_words.split(), (_group, _line))

_WORD = re.compile(r"[a-z]+(?:[-'][a-z]+)*|[^\sa-z]")
# What may stand between a negation and the word that it turns: "is not always very easy".
_BETWEEN = frozenset(
    """a an all always am are as at be been being can consider considered did do does especially
    exactly feel feels felt find finds found get gets got had has have in is it look looks made make
    makes particularly quite really remain seem seems so sound sounds still such that the to too
    usually very was were will would yet""".split()
)
# Phrases in which such a word has no opposite: "at least", "early shift", "over time".
_NOT_POLES = re.compile(
    r"\b(?:at (?:all|least|most|last|first|the end)|after all|all (?:day|night)|each other|a few"
    r"|(?:the|every|last|past|next) few|more or less|sooner or later|(?:first|most|above) of all"
    r"|above all|over (?:time|the|under)|right (?:away|now|to)|rights?|no longer|before long"
    r"|(?:as|so) (?:long|soon) as|left (?:out|the|on|in|over|with)|lea(?:ve|ves|ving) out|end of"
    r"|in the end|in front of|back to|like (?:an?|the|this|that)"
    r"|(?:can|could|may|might|must) not)\b|\ball \x00"
)
_UP_OR_DOWN = re.compile(
    r"\b(?:go|goes|going|gone|went|is|are|was|were|be|been|came|moved|turned|shot) "
    r"(?:(?P<up>up)|down)\b"
)
_GREW = POLES["increase"][0][0]
_NOT_ONLY = re.compile(r"\b(?:not|n't) (?:only|just|merely|simply|solely)\b")
_LISTED = re.compile(r",? (?:and|or) |, ")


@dataclass(frozen=True, slots=True)
class Pole:
    """One side (1 or -1) of a pair of opposites, after the negation in front of it.

    cue: the place of that negation among the statement's cues; None without one, or when a negation
        does not take one side to the other ("did not increase" is not "decreased").
    listed: it follows its opposite in a mere list: "early and late".
    """

    axis: str
    side: int
    cue: int | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Quantifier:
    """A word of extent or duty. Two of one group on different lines exclude each other."""

    group: str
    line: int


def read_polarity(text: str, cues: list[Fact]) -> tuple[tuple[Pole, ...], tuple[Quantifier, ...]]:
    """Return the poles and quantifiers of a folded, lowered text with these negations."""
    poles = [Pole(_GREW, 1 if match["up"] else -1) for match in _UP_OR_DOWN.finditer(text)]
    quantifiers = [Quantifier("scope", -1) for _ in _NOT_ONLY.finditer(text)]
    text = _NOT_POLES.sub(_hidden, _NOT_ONLY.sub(_hidden, text))
    cue_at = {cue.start: place for place, cue in enumerate(cues)}
    cue, cue_end, last_end = None, 0, 0
    for match in _WORD.finditer(text):
        word, (start, end) = match.group(), match.span()
        if start in cue_at:
            cue = cue_at[start]
            cue_end = cues[cue].end
        if start < cue_end:
            continue
        if word in GROUPS:
            quantifiers.append(Quantifier(*GROUPS[word]))
        for axis, side, turns in _axes_of(word):
            listed = bool(poles) and _LISTED.fullmatch(text, last_end, start) is not None
            if turns and cue is not None:
                poles.append(Pole(axis, -side, cue, listed))
            else:
                poles.append(Pole(axis, side, None, listed))
            last_end = end
        if word not in _BETWEEN:
            cue = None
    return tuple(poles), tuple(quantifiers)


def _hidden(match: re.Match[str]) -> str:
    return READ * len(match.group())


def _axes_of(word: str) -> list[tuple[str, int, bool]]:
    """Return a word's axes: from the table, and from its "-ed" form ("saved", "unsaved")."""
    axes: list[tuple[str, int, bool]] = list(POLES.get(word, ()))
    if not axes and word.endswith("ed") and len(word) > 4:
        undone = word.startswith("un") and not word.startswith(("under", "unit")) and len(word) > 6
        axes.append((word[2:] if undone else word, -1 if undone else 1, True))
    return axes


def by_axis(poles: tuple[Pole, ...]) -> dict[str, list[Pole]]:
    axes: dict[str, list[Pole]] = {}
    for pole in poles:
        axes.setdefault(pole.axis, []).append(pole)
    return axes


def opposed(left: list[Pole], right: list[Pole]) -> bool:
    """Return whether one axis has other sides, or the same two sides in another order."""
    ours, theirs = _sides(left), _sides(right)
    if len(ours) == 1 or len(theirs) == 1:
        return len(ours) == len(theirs) and ours != theirs
    return ours != theirs and not any(pole.listed for pole in left + right)


def _sides(poles: list[Pole]) -> list[int]:
    return list(dict.fromkeys(pole.side for pole in poles))


def excluded(left: tuple[Quantifier, ...], right: tuple[Quantifier, ...]) -> bool:
    """Return whether both statements have words of one group, but from different lines."""
    lines_of = [
        {
            name: {word.line for word in side if word.group == name}
            for name in {w.group for w in side}
        }
        for side in (left, right)
    ]
    return any(lines_of[0][name] != lines_of[1][name] for name in lines_of[0].keys() & lines_of[1])


_PIVOT = re.compile(
    r"\b(?:than|rather than|instead of|before|beats?"
    r"|prefer(?:s|red)?\b(?! to\b)[^.;:!?]{1,80}?\b(?P<to>to|over))\b"
)
_PLAIN_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_CLAUSE = re.compile(r"[.;:!?]")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The words before and after what compares them, in one clause."""

    first: frozenset[str]
    second: frozenset[str]

    def reversed_by(self, other: "Comparison") -> bool:
        """Return whether `other` has a word of each side on the opposite side."""
        first, second = self.first - self.second, self.second - self.first
        other_first, other_second = other.first - other.second, other.second - other.first
        return not first.isdisjoint(other_second) and not second.isdisjoint(other_first)


def read_comparison(text: str) -> Comparison | None:
    """Return the first comparison of a folded, lowered text with numbers and dates blanked."""
    match = _PIVOT.search(text)
    if not match:
        return None
    start = match.start("to") if match["to"] else match.start()
    ending = _CLAUSE.search(text, match.end())
    begin = max((end.end() for end in _CLAUSE.finditer(text, 0, start)), default=0)
    end = ending.start() if ending else len(text)
    before, after = text[begin:start], text[match.end() : end]
    if not before.strip():  # "Before the agency sees it, ..."
        after, _, before = after.partition(",")
    first, second = (
        frozenset(stem(word) for word in _PLAIN_WORD.findall(side) if word not in FUNCTION)
        for side in (before, after)
    )
    return Comparison(first, second)


@dataclass(frozen=True, slots=True)
class Polarity:
    """A statement's opposites and its words of extent and duty, in their order.

    cues: its negations, by position.
    """

    cues: tuple[Fact, ...]
    poles: dict[str, list[Pole]]
    quantifiers: tuple[Quantifier, ...]
    comparison: "Comparison | None"

    @classmethod
    def of(cls, statement: str) -> Self:
        """Read a statement. Numbers and dates are no words of it."""
        plain, _ = fold(statement)
        facts = read_facts(plain)
        dated = [(fact.start, fact.end) for fact in facts.facts if fact.kind != DifferenceKind.NAME]
        low = blank(lower(plain), dated)
        poles, quantifiers = read_polarity(low, list(facts.cues))
        return cls(facts.cues, by_axis(poles), quantifiers, read_comparison(low))


def turned(left: Polarity, right: Polarity) -> tuple[bool, bool]:
    """Return for each statement whether it says what the other one turns or lacks."""
    ours = theirs = False
    settled: tuple[set[int], set[int]] = set(), set()
    for axis in left.poles.keys() & right.poles.keys():
        mine, yours = left.poles[axis], right.poles[axis]
        if opposed(mine, yours):
            ours = theirs = True
        elif {pole.side for pole in mine} != {pole.side for pole in yours}:
            continue
        settled[0].update(pole.cue for pole in mine if pole.cue is not None)
        settled[1].update(pole.cue for pole in yours if pole.cue is not None)
    reverses = (
        left.comparison and right.comparison and left.comparison.reversed_by(right.comparison)
    )
    if reverses or excluded(left.quantifiers, right.quantifiers):
        ours = theirs = True
    open_cues = [
        [cue for place, cue in enumerate(side.cues) if place not in done]
        for side, done in zip((left, right), settled, strict=True)
    ]
    if sorted(cue.keys for cue in open_cues[0]) != sorted(cue.keys for cue in open_cues[1]):
        ours, theirs = ours or bool(open_cues[0]), theirs or bool(open_cues[1])
    return ours, theirs
