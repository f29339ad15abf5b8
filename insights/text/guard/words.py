"""Content words that only one statement has: added, replaced, opposite or of the same kind."""

import re
from collections.abc import Iterator, Sequence

from insights.text.dictionary import vocabulary
from insights.text.facts.codes import is_code
from insights.text.folding import fold
from insights.text.guard.align import EDGE, Alignment
from insights.text.guard.findings import Finding, Kind, LeftOver, finding
from insights.text.guard.lexicon import ENGLISH
from insights.text.guard.reading import SYNTACTIC, Reading, Word
from insights.text.wordlists import words

LONGEST_PHRASE = 2


def word_findings(pair: Alignment) -> Iterator[Finding]:
    """Account for every content word that is left over on either side."""
    left, right = pair.left.words, pair.right.words
    ours, theirs = list(pair.left_only), list(pair.right_only)
    for one in list(ours):
        for other in list(theirs):
            if _agree(pair, one, other):
                found, kind = LeftOver.REWORDING, Kind.WORDS
            elif (pair.is_tight or pair.stand_alike(one, other)) and (
                excluded := _exclude(pair, left[one], right[other])
            ):
                found, kind = LeftOver.CONFLICT, excluded
            else:
                continue
            yield finding(found, kind, (left[one],), (right[other],))
            ours.remove(one)
            theirs.remove(other)
            break
    for mine, yours in pair.gaps:
        if mine and yours and set(mine) <= set(ours) and set(yours) <= set(theirs):
            found = LeftOver.REWORDING
            if _is_exchange(pair, mine, yours):
                found = _replaced(pair, [left[one] for one in mine], [right[one] for one in yours])
            yield finding(
                found, Kind.WORDS, [left[one] for one in mine], [right[one] for one in yours]
            )
            ours = [one for one in ours if one not in mine]
            theirs = [one for one in theirs if one not in yours]
    if pair.is_tight:
        yield from _exchanged_for_marks(pair)
        yield from _exchanged_for_marks(pair.mirrored, is_swapped=True)
    for one in list(ours):
        for other in theirs:
            if _are_synonyms(pair, left[one], right[other]):
                yield finding(LeftOver.REWORDING, Kind.WORDS, (left[one],), (right[other],))
                ours.remove(one)
                theirs.remove(other)
                break
    if ours and theirs:
        # In a language that inflects, "the doctor calls the patient" has other words swapped.
        is_doubtful = pair.is_tight and (
            pair.left.language != ENGLISH
            or (
                pair.is_short
                and _are_things([left[one] for one in ours])
                and _are_things([right[one] for one in theirs])
            )
        )
        found = LeftOver.CONFLICT if is_doubtful else LeftOver.REWORDING
        yield finding(
            found, Kind.WORDS, [left[one] for one in ours], [right[one] for one in theirs]
        )
    elif ours or theirs:
        if _only_reports(left, ours, pair.matched) or _only_reports(right, theirs, pair.back):
            return
        # A single word of a language that we know less well may be the one that matters.
        is_doubtful = pair.left.language != ENGLISH and len(ours) + len(theirs) == 1
        said = pair.is_tight and (
            _attributed(left, ours)
            or _attributed(right, theirs)
            or _believes(pair)
            or _believes(pair.mirrored)
        )
        is_governed = any(
            pair.is_tight and (_governs(side, place) or _heads(side, place) or _lists(side, place))
            for side, places in ((pair, ours), (pair.mirrored, theirs))
            for place in places
        )
        found = LeftOver.CONFLICT if is_doubtful or said or is_governed else LeftOver.ADDITION
        kind = Kind.ATTRIBUTION if said else Kind.WORDS
        yield finding(found, kind, [left[one] for one in ours], [right[one] for one in theirs])


def _is_exchange(pair: Alignment, mine: tuple[int, ...], yours: tuple[int, ...]) -> bool:
    """Return True if one run stands for the other in statements that hardly differ otherwise."""
    size = max(len(mine), len(yours))
    if (mine, yours) == (pair.left_only, pair.right_only):
        return size == 1 or (pair.is_short and size <= LONGEST_PHRASE)
    return pair.is_short and pair.is_tight and size == 1


def _exchanged_for_marks(pair: Alignment, *, is_swapped: bool = False) -> Iterator[Finding]:
    """Find a word in the place of a signal: "the opening round", "the final round"."""
    values = {mark.signal.value for mark in pair.left.marks if mark.signal}
    words_of = pair.left.words
    for run, other in pair.gaps:
        if len(run) != 1 or other:
            continue
        place = pair.matched.get(run[0] - 1, EDGE) + 1 if run[0] else 0
        for mark in (*pair.right.marks, *pair.right.function):
            is_signal = mark.signal and mark.signal.axis not in SYNTACTIC
            is_owner = (
                pair.is_short and mark.text in _SPEAKERS and _is_owner(pair.left, words_of[run[0]])
            )
            is_last = mark.text in _STANDING and place == mark.head + 1 == len(pair.right.words)
            if (
                (mark.head == place or is_last)
                and (is_signal or is_owner or mark.text in _STANDING)
                and not (mark.signal and mark.signal.value in values)
                and not pair.lists.are_synonyms(words_of[run[0]].key, mark.text.lower())
            ):
                word = words_of[run[0]]
                pick = (mark, word) if is_swapped else (word, mark)
                yield finding(LeftOver.CONFLICT, Kind.WORDS, pick[:1], pick[1:])


_SPEAKERS = frozenset(("my", "our", "your"))  # not "his": it may stand for the owner named
# Function words that a content word can stand for: "own letters", "a sister's letters".
_STANDING = frozenset(
    """back own let lets now currently nowadays himself herself themselves myself yourself ourselves
    """.split()
)


def _governs(pair: Alignment, place: int) -> bool:
    """Return True if a left-over verb governs a verb of both statements: "neglect to log"."""
    words_of = pair.left.words
    if place + 1 >= len(words_of) or place + 1 not in pair.matched:
        return False
    verb, governed = words_of[place], words_of[place + 1]
    alone = pair.right.words[pair.matched[place + 1]]
    between = pair.left.text[verb.span[1] : governed.span[0]]
    return (
        "v" in vocabulary().get(verb.key, "")
        and "v" in vocabulary().get(governed.key, "")
        and not verb.slot
        and bool(verb.tense)
        and not governed.is_name
        and (
            (between == " to " and alone.slot != "to")
            or (between == " " and governed.form == "ing" and alone.form != "ing")
        )
    )


def _heads(pair: Alignment, place: int) -> bool:
    """Return True if a left-over noun turns what was spoken of into its attribute.

    "The handle of the pen broke" is about the handle, "the pen broke" about the pen.
    """
    words_of = pair.left.words
    if _owns(pair, place):
        return True
    if place + 1 not in pair.matched or "n" not in vocabulary().get(words_of[place].key, "n"):
        return False
    noun, attribute = words_of[place : place + 2]
    alone = pair.right.words[pair.matched[place + 1]]
    between = pair.left.text[noun.span[1] : attribute.span[0]].split()
    return (
        noun.key not in words("en/light_nouns")
        and between[:1] in (["of"], ["'s"], ["at"], ["in"], ["on"], ["for"], ["from"])
        and attribute.slot not in ("", noun.slot)
        and alone.slot == noun.slot
    )


def _owns(pair: Alignment, place: int) -> bool:
    """Return True if a left-over word is part of a thing mentioned: "the car", "the car's door"."""
    other = pair.matched.get(place - 1, EDGE)
    if other < 0 or pair.right.words[other].slot:
        return False
    owner, alone = pair.left.words[place - 1], pair.right.words[other]
    return _is_owner(pair.left, owner) and not _is_owner(pair.right, alone)


def _is_owner(reading: Reading, word: Word) -> bool:
    return "'" in fold(reading.text[word.span[0] : word.span[1] + 1])[0]


def _lists(pair: Alignment, place: int) -> bool:
    """Return True if a left-over word is one more member of an enumeration of both statements."""
    words_of, own = pair.left.words, pair.left.words[place]
    members = [one for one, word in enumerate(words_of) if word.list_id == own.list_id != 0]
    theirs = {pair.right.words[pair.matched[one]].list_id for one in members if one in pair.matched}
    return len(members) > 2 and len(theirs) == 1 and theirs != {0}


def _only_reports(of: tuple[Word, ...], places: list[int], matched: dict[int, int]) -> bool:
    """Return True if left-over words only open a statement: "It was noted that", "Staff say"."""
    spoken = [of[place] for place in places]
    known = words("en/reporting") | words("en/reporters")
    return (
        any(word.key in words("en/reporting") for word in spoken)
        and all(not known.isdisjoint((word.key, word.text)) for word in spoken)
        and bool(matched)
        and max(places) < min(matched)
    )


def _attributed(of: tuple[Word, ...], places: list[int]) -> bool:
    """Return True if left-over words name somebody who says so: "the supplier says"."""
    return any(
        of[place].key in words("en/reporting")
        and place - 1 in places
        and words("en/reporters").isdisjoint((of[place - 1].text, of[place - 1].key))
        for place in places
    )


def _believes(pair: Alignment) -> bool:
    """Return True if somebody only believes what the other statement says: "I suspect ..."."""
    if pair.left_only != (0,) or pair.matched.get(1) != 0:
        return False
    verb = pair.left.words[0]
    is_learnt = verb.key in _LEARNING | words("en/reporting") or verb.key not in vocabulary()
    believer = _BELIEVER.fullmatch(pair.left.text[: verb.span[0]])
    opening = pair.right.text[: pair.right.words[0].span[0]]
    is_own = _BELIEVER.fullmatch(opening) or any(
        mark.signal and mark.signal.axis == "attribution" for mark in pair.right.marks
    )
    return not (is_learnt or believer is None or is_own)


_BELIEVER = re.compile(r"\W*(?:i|we|you|he|she|they|people)(?:'m| am| are)? ", re.IGNORECASE)
_LEARNING = frozenset("find notice see know learn realize".split())


def agreed_negations(pair: Alignment) -> int:
    """Count the negations of the left less those of the right that only negate an opposite.

    Example: "not clear" and "unclear".
    """
    ours, theirs = _shortages(pair.left), _shortages(pair.right)
    balance = 0
    if ours and theirs:  # "not enough", "too few"
        balance = sum(map(_is_negated, ours)) - sum(map(_is_negated, theirs))
    for one in pair.left_only:
        for other in pair.right_only:
            if _agree(pair, one, other):
                balance += 1 if one in pair.negated[0] else -1
    return balance


def _shortages(reading: Reading) -> list[str]:
    return [
        mark.text.lower()
        for mark in reading.marks
        if mark.signal and mark.signal.value == "too-few"
    ]


def _is_negated(text: str) -> bool:
    return "n't" in text or "not " in text


def _agree(pair: Alignment, one: int, other: int) -> bool:
    """Return True if a negation in front of one of two opposites makes them say the same."""
    if (one in pair.negated[0]) == (other in pair.negated[1]):
        return False
    mine, yours = pair.left.words[one], pair.right.words[other]
    return (
        pair.lists.are_opposites(mine.key, yours.key)
        or are_contrary(mine.key, yours.key)
        or are_contrary(mine.text, yours.text)
        or pair.lists.are_synonyms(_unable(mine.key), yours.key)
        or pair.lists.are_synonyms(_unable(yours.key), mine.key)
    )


def _unable(word: str) -> str:
    """Return the verb of an adjective that denies it, or empty: "obtain" of "unobtainable"."""
    root = word.removesuffix("able").removesuffix("ible")
    return root[2:] if root != word and root[:2] in _PREFIXES else ""


def are_contrary(one: str, other: str) -> bool:
    """Return True if one word is the other with a prefix of negation: clear, unclear."""
    short, long = sorted((one, other), key=len)
    if long.endswith(short) and long[: -len(short)] in _PREFIXES:
        return True
    root = long.removesuffix("able").removesuffix("ible")  # "unusable", "use"
    stem = short.removesuffix("e")
    return root != long and root.endswith(stem) and root[: -len(stem)] in _PREFIXES


_PARTICLES = {word: word for word in "on off in out up down over away back".split()} | {
    "into": "in", "onto": "on",
}  # fmt: skip
_PREFIXES = frozenset("un in im il ir dis non non- mis de a under".split())


def _are_synonyms(pair: Alignment, one: Word, other: Word) -> bool:
    lists = pair.lists
    return (
        lists.are_synonyms(one.key, other.key)
        or lists.are_synonyms(one.text, other.text)
        # "impolite", "rude": both are the opposite of "polite"
        or any(lists.are_opposites(base, other.key) for base in _negated_bases(one.key))
        or any(lists.are_opposites(base, one.key) for base in _negated_bases(other.key))
    )


def _negated_bases(word: str) -> list[str]:
    """Return the known words of which a word is the negation: "impolite" of "polite"."""
    bases = [word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix)]
    return [base for base in bases if len(base) > 3 and base in vocabulary()]


def _exclude(pair: Alignment, one: Word, other: Word) -> Kind | None:
    """Return the kind in which two words cannot both be meant, or None."""
    if _are_synonyms(pair, one, other):
        return None
    if pair.lists.are_opposites(one.key, other.key) or are_contrary(one.key, other.key):
        return Kind.OPPOSITE
    if pair.lists.are_siblings(one.key, other.key):
        return Kind.WORDS
    if is_code(one.key) and is_code(other.key):
        return Kind.CODE
    return None


def _replaced(pair: Alignment, mine: Sequence[Word], yours: Sequence[Word]) -> LeftOver:
    """Return what it is that one run of words stands in the place of another one."""
    if any(_are_synonyms(pair, one, other) for one in mine for other in yours):
        return LeftOver.REWORDING
    one, other = mine[-1], yours[-1]
    directions = {_direction(pair.left, one), _direction(pair.right, other)} - {""}
    if len(directions) > 1:
        return LeftOver.CONFLICT  # "kept on the server", "kept off it"; "go into", "come out of"
    if len(mine) == 1 == len(yours) and (
        " " in one.key + other.key
        or (_is_noun_only(one) and _is_verb_only(other))
        or (_is_noun_only(other) and _is_verb_only(one))
    ):
        return LeftOver.REWORDING
    return LeftOver.CONFLICT


def _direction(reading: Reading, word: Word) -> str:
    """Return the particle of a verb, or the preposition after it; empty without one."""
    following = reading.text[word.span[1] :].lower().split()
    said = word.key.split()[1:] or following
    return _PARTICLES.get(said[0], "") if said else ""


def _are_things(of: list[Word]) -> bool:
    """Return True if words are only nouns and adjectives: the two sides speak of other things."""
    parts = [vocabulary().get(word.key, "") for word in of]
    return (
        any("n" in of_word for of_word in parts)
        and all("n" in of_word or "a" in of_word for of_word in parts)
        and not any(_is_verb(word) or word.tense + word.form == "bares" for word in of)
        and words("en/reporters").isdisjoint(word.key for word in of)
    )


def _is_noun_only(word: Word) -> bool:
    return word.is_name or vocabulary().get(word.key) == "n"


def _is_verb_only(word: Word) -> bool:
    """Return True if a word is no noun, either: "file" and "files" may be one."""
    return _is_verb(word) and (word.form not in ("", "s") or "n" not in vocabulary()[word.key])


def _is_verb(word: Word) -> bool:
    return word.form in ("ed", "past", "pp") or (
        word.tense != "" and vocabulary().get(word.key, "n")[0] == "v"
    )
