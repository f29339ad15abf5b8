"""Match the content words of two statements with one another."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from insights.text.dictionary import are_derived, are_misspelt
from insights.text.facts.codes import holds_code, lies_in, names_product, shared_codes, squeezed
from insights.text.guard.findings import Span
from insights.text.guard.lexicon import ENGLISH, Lexicon
from insights.text.guard.reading import Mark, Reading, Word
from insights.text.tokens import common_subsequence

EDGE = -1
FEW, MANY, TIGHT = 0.15, 0.3, 2
SHORT = 10
VERBATIM = 0.8
LONGEST_ACRONYM = 6


@dataclass(frozen=True)
class Alignment:
    """Matching of the content words of two statements.

    matched: positions of words with the same key or of one family, by left position. left_only,
    right_only: the positions left over. gaps: runs of left-over positions, one on each side or on
    one side only, between the same neighbours in both statements.
    """

    left: Reading
    right: Reading
    lists: Lexicon
    matched: dict[int, int]
    back: dict[int, int]
    left_only: tuple[int, ...]
    right_only: tuple[int, ...]
    gaps: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

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
    def is_extended(self) -> bool:
        """Return whether one statement repeats the other, nearly word for word.

        What it says beyond that often limits the claim: "Crews fly out", "In calm weather, crews
        fly out".
        """
        ours, theirs = _texts(self.left), _texts(self.right)
        return common_subsequence(ours, theirs) >= VERBATIM * min(len(ours), len(theirs))

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
            key = self.right.words[other].key
            is_turned = (place in self.negated[0]) != (other in self.negated[1])
            if self.lists.are_synonyms(word.key, key) or (
                is_turned and self.lists.are_opposites(word.key, key)
            ):
                theirs.remove(other)
                return True
        return False

    @cached_property
    def is_tight(self) -> bool:
        """Return whether hardly a word is left over on either side, as in a near miss."""
        return self.is_near and max(len(self.left_only), len(self.right_only)) <= TIGHT

    @cached_property
    def is_short(self) -> bool:
        """Return whether both are as short as a plain claim, in which each word matters."""
        return max(len(self.left.words), len(self.right.words)) <= SHORT

    @cached_property
    def negated(self) -> tuple[set[int], set[int]]:
        """Return the positions of the negated words on each side."""
        return _negated(self.left), _negated(self.right)

    def stand_alike(self, one: int, other: int) -> bool:
        """Return True if a left and a right word have the same neighbour on at least one side."""
        return (
            self.matched.get(one - 1, EDGE) == other - 1 != EDGE
            or self.matched.get(one + 1, EDGE) == other + 1
            or (one == 0 == other)
            or (one == len(self.left.words) - 1 and other == len(self.right.words) - 1)
        )

    @cached_property
    def codes(self) -> tuple[dict[Span, str], dict[Span, str]]:
        """Return the codes that two product titles share, by their places on each side."""
        return _shared_codes(self.left, self.right), _shared_codes(self.right, self.left)

    @property
    def shares_code(self) -> bool:
        """Return whether a code shows that two product titles name the same thing."""
        return any(map(names_product, (*self.codes[0].values(), *self.codes[1].values())))

    @cached_property
    def mirrored(self) -> "Alignment":
        """Return the alignment with its sides exchanged."""
        return Alignment(
            self.right, self.left, self.lists, self.back, self.matched, self.right_only,
            self.left_only, tuple((right, left) for left, right in self.gaps),
        )  # fmt: skip


def _texts(reading: Reading) -> list[str]:
    """Return all words of a statement in order, contractions undone."""
    found: list[Word | Mark] = [*reading.words, *reading.marks, *reading.function]
    return [one.text for one in sorted(found, key=lambda one: one.span)]


def align(left: Reading, right: Reading, lists: Lexicon) -> Alignment:
    matched: dict[int, int] = {}
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(right.words):
        places[word.key].append(place)
    total = len(left.words) + len(right.words)
    candidates = [
        (_distance(left, right, place, other), place + other, place, other)
        for place, word in enumerate(left.words)
        for other in places.get(word.key, ())
    ]
    taken: set[int] = set()
    # Among repeated words those at the nearest places, so that "users ... users" stays.
    for _, _, place, other in sorted(candidates):
        if place not in matched and other not in taken:
            matched[place] = other
            taken.add(other)
    matched = dict(sorted(matched.items()))
    back = {other: place for place, other in matched.items()}
    left_only = [place for place in range(len(left.words)) if place not in matched]
    right_only = [place for place in range(len(right.words)) if place not in back]
    left_only = _without_codes(left, left_only, right)
    right_only = _without_codes(right, right_only, left)
    if left_only and right_only and total < 400:
        _relatives(left, right, left_only, right_only, matched, back)
    gaps = tuple(_gaps(left, right, left_only, right_only, matched, back))
    return Alignment(left, right, lists, matched, back, tuple(left_only), tuple(right_only), gaps)


def is_title(reading: Reading) -> bool:
    """Return whether a text is a mere list of words and codes, such as a product's name."""
    function = sum(mark.signal is None and len(mark.text) > 1 for mark in reading.function)
    return function * 8 <= len(reading.words) and holds_code(reading.text)


def _shared_codes(one: Reading, other: Reading) -> dict[Span, str]:
    return shared_codes(one.text, other.text) if is_title(one) and is_title(other) else {}


def _without_codes(side: Reading, places: list[int], other: Reading) -> list[int]:
    codes = _shared_codes(side, other)
    return [place for place in places if not lies_in(side.words[place].span, codes)]


def _gaps(
    left: Reading,
    right: Reading,
    left_only: list[int],
    right_only: list[int],
    matched: dict[int, int],
    back: dict[int, int],
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the runs of left-over words that stand between the same neighbours, as (left, right).

    A run that nothing stands in the place of comes with an empty one.
    """
    ends = len(left.words), len(right.words)
    theirs = {run[0]: run for run in _runs(right_only)}
    for run in _runs(left_only):
        before, after = run[0] - 1, run[-1] + 1
        start = matched.get(before, EDGE) + 1 if before >= 0 else 0
        if before >= 0 and not start:
            continue
        other = theirs.get(start, ())
        stop = start + len(other)
        if matched.get(after, ends[1] if after == ends[0] else EDGE) == stop:
            theirs.pop(start, None)
            yield run, other
    for run in theirs.values():
        before, after = run[0] - 1, run[-1] + 1
        start = back.get(before, EDGE) if before >= 0 else EDGE
        if (before < 0 or start >= 0) and back.get(
            after, ends[0] if after == ends[1] else EDGE
        ) == start + 1:
            yield (), run


def _runs(places: list[int]) -> list[tuple[int, ...]]:
    """Split positions into runs that follow one another without a gap."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [tuple(run) for run in runs]


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
    _spelled(left, right, left_only, right_only, matched, back)
    _spelled(right, left, right_only, left_only, back, matched)
    for place in list(left_only):
        word = left.words[place]
        for other in right_only:
            its = right.words[other]
            if english and (
                are_derived(word.key, its.key)
                or (not word.is_name and not its.is_name and are_misspelt(word.text, its.text))
            ):
                matched[place], back[other] = other, place
                left_only.remove(place)
                right_only.remove(other)
                break


def _spelled(
    one: Reading,
    other: Reading,
    of_one: list[int],
    of_other: list[int],
    matched: dict[int, int],
    back: dict[int, int],
) -> None:
    """Match a word with several that spell it: "email" and "e-mail", "CQC" and its full name."""
    for place in list(of_one):
        word = one.words[place]
        # All of what can spell it begins with one of these letters.
        letters = {text[:1] for text in (squeezed(word.text), squeezed(word.key), word.text)}
        for run in _runs(of_other):
            starts = [at for at, its in enumerate(run) if other.words[its].text[:1] in letters]
            for length in range(2, min(len(run), LONGEST_ACRONYM) + 1):
                for start in starts:
                    spelled = run[start : start + length]
                    if (
                        place in of_one
                        and len(spelled) == length
                        and _spells([other.words[at] for at in spelled], word)
                    ):
                        matched[place], back[spelled[0]] = spelled[0], place
                        of_one.remove(place)
                        for at in spelled:
                            of_other.remove(at)


def _spells(parts: Sequence[Word], word: Word) -> bool:
    *first, last = parts
    start = "".join(part.text for part in first)
    if {squeezed(word.text), squeezed(word.key)} & {start + last.text, start + last.key}:
        return True
    capitals = word.cased.removesuffix("s")
    return capitals.isupper() and capitals.lower() == "".join(part.text[0] for part in parts)


def _negated(reading: Reading) -> set[int]:
    heads = {
        mark.head
        for mark in reading.marks
        if mark.signal
        and (
            mark.signal.axis == "negation"
            or mark.signal.value in ("cannot", "no-longer")
            or mark.text.lower() == "not yet"
        )
    }
    linked = {head + 1 for head in heads if reading.words and reading.words[head].key in _LINKING}
    return heads | linked | set(_denied_of_none(reading))


_LINKING = frozenset("feel seem look find sound consider become leave keep stay remain".split())


def _denied_of_none(reading: Reading) -> Iterator[int]:
    """Return the predicates whose subject is nobody: "none of the altos were present"."""
    for mark in reading.marks:
        if mark.signal and mark.signal.value == "none":
            of_clause = range(mark.head, len(reading.words))
            yield from [place for place in of_clause if reading.words[place].tense][:1]
