"""Words that have an opposite, and words of extent and duty."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from insights.text.facts.antonyms import GROUPS, POLES
from insights.text.facts.kinds import Fact
from insights.text.facts.names import stem
from insights.text.folding import READ
from insights.text.wordlists import FUNCTION

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
    start: int
    end: int
    cue: int | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Quantifier:
    """A word of extent or duty. Two of one group on different lines exclude each other."""

    group: str
    line: int
    start: int
    end: int


def read_polarity(text: str, cues: list[Fact]) -> tuple[tuple[Pole, ...], tuple[Quantifier, ...]]:
    """Return the poles and quantifiers of a folded, lowered text with these negations."""
    poles = [
        Pole(_GREW, 1 if match["up"] else -1, match.start(), match.end())
        for match in _UP_OR_DOWN.finditer(text)
    ]
    quantifiers = [
        Quantifier("scope", -1, match.start(), match.end()) for match in _NOT_ONLY.finditer(text)
    ]
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
            quantifiers.append(Quantifier(*GROUPS[word], start, end))
        for axis, side, turns in _axes_of(word):
            listed = bool(poles) and _LISTED.fullmatch(text, last_end, start) is not None
            if turns and cue is not None:
                poles.append(Pole(axis, -side, cues[cue].start, end, cue, listed))
            else:
                poles.append(Pole(axis, side, start, end, None, listed))
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


def excluded(
    left: tuple[Quantifier, ...], right: tuple[Quantifier, ...]
) -> Iterator[tuple[list[Quantifier], list[Quantifier]]]:
    """Return the groups of which both statements have words, but from different lines."""
    for group in sorted({word.group for word in left} & {word.group for word in right}):
        of_left = [word for word in left if word.group == group]
        of_right = [word for word in right if word.group == group]
        if {word.line for word in of_left} != {word.line for word in of_right}:
            yield of_left, of_right


_PIVOT = re.compile(
    r"\b(?:than|rather than|instead of|before|beats?"
    r"|prefer(?:s|red)?\b(?! to\b)[^.;:!?]{1,80}?\b(?P<to>to|over))\b"
)
_PLAIN_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_CLAUSE = re.compile(r"[.;:!?]")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The words before and after what compares them, in the clause at `[start, end)`."""

    first: frozenset[str]
    second: frozenset[str]
    start: int
    end: int

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
    return Comparison(first, second, begin, end)
