"""Matches the content words of two statements with one another."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from insights.text.guard.lexicon import ENGLISH, Lexicon, are_derived
from insights.text.guard.near_miss import Difference
from insights.text.guard.reading import Reading, Word

EDGE = -1
FEW, MANY, TIGHT = 0.15, 0.3, 2
SHORTEST_CODE = 4


@dataclass(frozen=True)
class Alignment:
    """The matching of the content words of two statements.

    matched: positions of words with the same key or of one family, by left position. left_only,
    right_only: the positions left over. slots: pairs of left-over positions between the same
    neighbours in both statements.
    """

    left: Reading
    right: Reading
    lists: Lexicon
    matched: dict[int, int]
    back: dict[int, int]
    left_only: tuple[int, ...]
    right_only: tuple[int, ...]
    slots: tuple[tuple[int, int], ...]

    @cached_property
    def is_near(self) -> bool:
        """Return whether the shorter statement says little that the longer one does not.

        False if the longer one is a complete rewrite. Only near statements have left-overs that
        replace one another.
        """
        few, many = sorted((len(self.left_only), len(self.right_only)))
        shorter, longer = sorted((len(self.left.words), len(self.right.words)))
        return few <= max(1, FEW * shorter) and (few == 0 or many <= max(3, MANY * longer))

    @property
    def shares_most(self) -> bool:
        """Return whether what replaces other words is less than what both statements say.

        Synonyms count as shared. "The shift lasts 12 hours" and "the reminder comes 12 hours
        before the shift" share a subject, not a claim.
        """
        theirs = list(self.right_only)
        ours = [place for place in self.left_only if not self._take_synonym(place, theirs)]
        shared = len(self.matched) + len(self.left_only) - len(ours)
        return not ours or not theirs or len(ours) + len(theirs) <= shared

    def _take_synonym(self, place: int, theirs: list[int]) -> bool:
        word = self.left.words[place]
        for other in theirs:
            if self.lists.are_synonyms(word.key, self.right.words[other].key):
                theirs.remove(other)
                return True
        return False

    @cached_property
    def is_tight(self) -> bool:
        """Return whether hardly a word is left over on either side, as in a near miss."""
        return self.is_near and max(len(self.left_only), len(self.right_only)) <= TIGHT

    @cached_property
    def negated(self) -> tuple[set[int], set[int]]:
        """Return the positions of the negated words on each side."""
        return _negated(self.left), _negated(self.right)

    def stand_alike(self, one: int, other: int) -> bool:
        """Return True if a left and a right word share the neighbour on at least one side."""
        return (
            self.matched.get(one - 1, EDGE) == other - 1 != EDGE
            or self.matched.get(one + 1, EDGE) == other + 1
            or (one == 0 == other)
            or (one == len(self.left.words) - 1 and other == len(self.right.words) - 1)
        )

    @property
    def shares_code(self) -> bool:
        """Return whether both are product titles with a long code in common, so the same thing."""
        if not (is_title(self.left) and is_title(self.right)):
            return False
        squeezed = _squeezed(self.right.text)
        return any(
            is_code(word.text)
            and len(_squeezed(word.text)) > 4
            and _holds_code(squeezed, word.text)
            for word in self.left.words
        )

    def without_codes(self, one: Difference) -> Difference:
        """Drop from a difference the codes that the other statement has in another spelling."""
        if not (is_title(self.left) and is_title(self.right)):
            return one
        squeezed = _squeezed(self.left.text), _squeezed(self.right.text)
        kept = [
            [
                (word, span)
                for word, span in zip(words, spans, strict=True)
                if not (is_code(word) and _holds_code(other, word))
            ]
            for words, spans, other in (
                (one.left, one.left_spans, squeezed[1]),
                (one.right, one.right_spans, squeezed[0]),
            )
        ]
        if len(kept[0]) == len(one.left) and len(kept[1]) == len(one.right):
            return one
        (left, left_spans), (right, right_spans) = (
            (tuple(word for word, _ in side), tuple(span for _, span in side)) for side in kept
        )
        return replace(one, left=left, right=right, left_spans=left_spans, right_spans=right_spans)

    def swap(self) -> "Alignment":
        return Alignment(
            self.right, self.left, self.lists, self.back, self.matched, self.right_only,
            self.left_only, tuple((right, left) for left, right in self.slots),
        )  # fmt: skip


def align(left: Reading, right: Reading, lists: Lexicon) -> Alignment:
    matched: dict[int, int] = {}
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(right.words):
        places[word.key].append(place)
    total = len(left.words) + len(right.words)
    for place, word in enumerate(left.words):
        of_key = places.get(word.key)
        if of_key:
            # Among repeated words the one at the nearest place, so that "users ... users" stays.
            best = min(of_key, key=lambda other: (_distance(left, right, place, other), other))
            of_key.remove(best)
            matched[place] = best
    back = {other: place for place, other in matched.items()}
    left_only = [place for place in range(len(left.words)) if place not in matched]
    right_only = [place for place in range(len(right.words)) if place not in back]
    titles = is_title(left) and is_title(right)
    squeezed = (_squeezed(left.text), _squeezed(right.text)) if titles else ("", "")
    left_only = [
        place
        for place in left_only
        if not (
            is_code(left.words[place].text) and _holds_code(squeezed[1], left.words[place].text)
        )
    ]
    right_only = [
        place
        for place in right_only
        if not (
            is_code(right.words[place].text) and _holds_code(squeezed[0], right.words[place].text)
        )
    ]
    if left_only and right_only and total < 400:
        _relatives(left, right, left_only, right_only, matched, back)
    after = ((one, matched.get(one - 1, EDGE) + 1) for one in left_only)
    slots = tuple(
        (one, other)
        for one, other in after
        if other in right_only and _parallel(one, other, matched, len(left.words), len(right.words))
    )
    return Alignment(left, right, lists, matched, back, tuple(left_only), tuple(right_only), slots)


def _distance(left: Reading, right: Reading, place: int, other: int) -> int:
    def key(words: Sequence[Word], at: int) -> str:
        return words[at].key if 0 <= at < len(words) else ""

    same_before = key(left.words, place - 1) == key(right.words, other - 1)
    same_after = key(left.words, place + 1) == key(right.words, other + 1)
    return abs(place - other) - 2 * same_before - 2 * same_after


def _relatives(
    left: Reading,
    right: Reading,
    left_only: list[int],
    right_only: list[int],
    matched: dict[int, int],
    back: dict[int, int],
) -> None:
    """Match what is left over by spelling ("part timers", "parttimers") and word formation."""
    english = left.language == ENGLISH
    for place in list(left_only):
        word = left.words[place]
        for other in right_only:
            if english and are_derived(word.key, right.words[other].key):
                matched[place], back[other] = other, place
                left_only.remove(place)
                right_only.remove(other)
                break


def _negated(reading: Reading) -> set[int]:
    heads = {
        mark.head
        for mark in reading.marks
        if mark.signal and (mark.signal.axis == "negation" or mark.signal.value == "cannot")
    }
    linked = {head + 1 for head in heads if reading.words and reading.words[head].key in _LINKING}
    return heads | linked


_LINKING = frozenset("feel seem look find sound consider become".split())


def _holds_code(text: str, code: str) -> bool:
    """Return whether a squeezed text has a code in another spelling: "KX-TGA 630", "kxtga630"."""
    code = _squeezed(code)
    start = text.find(code) if len(code) >= SHORTEST_CODE else -1
    if start < 0:
        return False
    end = start + len(code)
    cut = (code[0].isdigit() and text[start - 1 : start].isdigit()) or (
        code[-1].isdigit() and text[end : end + 1].isdigit()
    )
    return not cut


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def is_title(reading: Reading) -> bool:
    """Return whether a text is a mere list of words and codes, such as a product's name."""
    function = sum(mark.signal is None for mark in reading.function)
    return function * 8 <= len(reading.words) and any(is_code(word.text) for word in reading.words)


def is_code(text: str) -> bool:
    return any(map(str.isdigit, text))


def _parallel(one: int, other: int, matched: dict[int, int], left: int, right: int) -> bool:
    before = (one == 0 and other == 0) or matched.get(one - 1, EDGE) == other - 1 != EDGE
    after = (one == left - 1 and other == right - 1) or (matched.get(one + 1, EDGE) == other + 1)
    return before and after
