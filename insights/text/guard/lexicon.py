"""The word lists of a language, ready to look up: signals, opposites, siblings, synonyms."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from insights.text.wordlists import groups, lines, words

if TYPE_CHECKING:
    from insights.text.guard.reading import Word

PREPOSITIONS = frozenset(
    """in on at to from of for with by about into onto over under through between against than as
    after before during without within behind above below near off out per via towards toward
    across around along despite until since upon beside besides among""".split()
)
_TENSES = (
    dict.fromkeys("am is are do does gets".split(), "present")
    | dict.fromkeys("was were did had got".split(), "past")
    | dict.fromkeys(("will", "shall"), "future")
)
_ARTICLES = frozenset(("a", "an", "the"))
_MODALS = frozenset("would could should may might must can to be been being having".split())
_TRANSPARENT = frozenset(
    """a an the this that these those my your his her its our their 's very too so quite really not
    all some any more most no each every both only""".split()
)
_MODIFIED = frozenset("a an the this that these those my your his her its our their of for".split())
_NOMINAL = frozenset((*_ARTICLES, *_MODIFIED, "with", "in", "on", "at", "per"))
_SUBJECTS = frozenset("i we you he she they it who which that people".split())
_SUBORDINATORS = frozenset(
    """when whenever if because although though while whereas unless which who that before after
    until since but so""".split()
)
_BREAKS = frozenset(", ; : . ! ? ( ) –".split())


class Clause:
    """The function words so far, as far as they bear on the next content word."""

    def __init__(self, prepositions: dict[str, str], *, is_english: bool) -> None:
        self.prepositions = prepositions
        self.is_english = is_english
        self.slot = ""
        self.number = 0
        self.opens_subordinate = False
        self.tenses: set[str] = set()
        self._tense = ""
        self._has_subject = False
        self._is_bare = True  # no auxiliary, modal or "to" in front
        self._starts: list[int] = [0]

    def function(self, text: str, next_form: str, *, is_first: bool = False) -> None:
        self.opens_subordinate |= is_first and text in _SUBORDINATORS
        self.number += text in _SUBORDINATORS
        if text in self.prepositions:
            self.slot = self.prepositions[text]
        elif text not in _TRANSPARENT and self.is_english:
            self.slot = ""
        tense = _TENSES.get(text, "")
        if text in ("have", "has"):
            tense = "past" if next_form in ("ed", "pp", "past") else "present"
        if text == "been" and self._tense == "past":
            tense = "perfect"
        if text == "being":
            tense = "ongoing"
        if tense:
            self._tense = tense
            if text not in ("gets", "got"):
                self.tenses.add(tense)
        elif text in _ARTICLES or text in self.prepositions:
            self._tense = ""
        if text in _MODALS:
            self._is_bare = False

    def value(self) -> None:
        """Pass over a number or date, which keeps its preposition: "on Sunday evenings"."""
        self._tense = ""

    def punctuation(self, text: str, words: int) -> None:
        if text in _BREAKS:
            self.slot, self._tense, self._is_bare, self._has_subject = "", "", True, False
            self.number += text in ",;:.!?"
            self._starts.append(words)

    def tense(self, form: str, parts: str, following: str, between: Sequence[str]) -> str:
        """Tense of the content word that comes now, as far as its form and auxiliaries tell."""
        if self._tense:
            return self._tense
        if not self._is_bare or (between and between[-1] in _NOMINAL):
            return ""
        if form in ("ed", "past"):
            has_subject = self._has_subject or not _SUBJECTS.isdisjoint(between)
            modifies = not has_subject or (between and between[-1] in _MODIFIED)
            return "" if form == "ed" and (modifies or following == "by") else "bare past"
        return "bare" if form in ("", "s") and "v" in parts else ""

    def content(self) -> None:
        self._tense, self._is_bare, self._has_subject = "", True, True
        if not self.is_english:
            self.slot = ""

    def actives(self, words: "list[Word]") -> "list[Word]":
        """Rank the agent of a passive in front, as if it were the subject of the active."""
        ranked = list(words)
        if self.opens_subordinate and len(self._starts) > 1:
            # "When it rains, the roof leaks": as if the clause came last.
            for place in range(min(self._starts[1], len(words))):
                ranked[place] = replace(words[place], rank=len(words) + place)
        for place in range(1, len(words)):
            word, verb = words[place], words[place - 1]
            if word.slot == "by" and verb.form in ("ed", "pp", "past") and verb.slot != "by":
                start = max(start for start in self._starts if start < place)
                for patient in range(start, place - 1):
                    ranked[patient] = replace(ranked[patient], rank=place - 0.5 + patient / 1000)
                end = place
                while end < len(words) and words[end].slot == "by":
                    ranked[end] = replace(
                        words[end], rank=start - 1 + end / 1000, slot="", agent="by"
                    )
                    end += 1
        return ranked


ENGLISH = "en"
LANGUAGES = (ENGLISH, "de", "fr", "es", "pt", "it", "nl", "pl", "sv")
_VOWELS = "aeiou"
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """One value on an axis of meaning: quantifier "all", modality "must".

    force: what it is when only one statement has it. "!" a conflict, "~" a conflict unless the
    other statement says something else in exchange, "+" an addition, empty: it depends on the axis.
    """

    axis: str
    value: str
    force: str

    @property
    def strong(self) -> bool:
        return self.force == "!"


@dataclass(frozen=True)
class Lexicon:
    """The word lists of one language.

    phrases: by first word, longest first. opposites: word -> its (row, side) pairs. siblings: word
    -> its (row, entry) pairs. synonyms: word or phrase -> its rows. slots: function words that may
    stand for one another, word -> rows. numbers: number words -> value.
    """

    language: str
    phrases: dict[str, list[tuple[Phrase, Signal]]]
    synonym_phrases: dict[str, list[Phrase]]
    harmless: frozenset[str]
    slots: dict[str, frozenset[int]]
    opposites: dict[str, frozenset[tuple[int, int]]]
    siblings: dict[str, frozenset[tuple[int, int]]]
    synonyms: dict[str, frozenset[int]]
    numbers: dict[str, str]
    function: frozenset[str] = field(default_factory=frozenset)
    prepositions: dict[str, str] = field(default_factory=dict)

    def are_opposites(self, one: str, other: str) -> bool:
        theirs = self.opposites.get(other, frozenset())
        return any((row, -side) in theirs for row, side in self.opposites.get(one, ()))

    def are_siblings(self, one: str, other: str) -> bool:
        ours, theirs = self.siblings.get(one), self.siblings.get(other)
        if not ours or not theirs or ours & theirs:
            return False
        return not {row for row, _ in ours}.isdisjoint(row for row, _ in theirs)

    def are_synonyms(self, one: str, other: str) -> bool:
        ours, theirs = self.synonyms.get(one), self.synonyms.get(other)
        return ours is not None and theirs is not None and not ours.isdisjoint(theirs)


@cache
def lexicon(language: str) -> Lexicon:
    """Load the lists of a language; they are read once a process."""
    phrases: dict[str, list[tuple[Phrase, Signal]]] = defaultdict(list)
    function: set[str] = set()
    for line in lines(f"{language}/signals"):
        head, _, rest = line.partition(": ")
        axis, _, value = head.partition(" ")
        force = axis[0] if axis[0] in "!~+" else ""
        signal = Signal(axis.removeprefix(force), value, force)
        for written in rest.split("|"):
            phrase = tuple(written.split())
            phrases[phrase[0]].append((phrase, signal))
            function.update(phrase)
    for found in phrases.values():
        found.sort(key=lambda entry: -len(entry[0]))
    synonyms = _rows([*groups(f"{language}/synonyms"), *groups(f"{language}/wordnet_synonyms")])
    opposites: dict[str, set[tuple[int, int]]] = defaultdict(set)
    pairs = [[side.split() for side in row] for row in groups(f"{language}/opposites")]
    pairs += [[[one], [other]] for one, other in map(str.split, lines("en/wordnet_antonyms"))] * (
        language == ENGLISH
    )
    for row, (first, second) in enumerate(pairs):
        for side, of_side in ((1, first), (-1, second)):
            for word in of_side:
                entry = word.replace("_", " ")  # a phrase is written with underscores
                for spelling in _all_spellings(entry):
                    opposites[spelling].add((row, side))
                synonyms.setdefault(entry, frozenset())
    synonym_phrases: dict[str, list[Phrase]] = defaultdict(list)
    for written in synonyms:
        if " " in written:
            phrase = tuple(written.split())
            synonym_phrases[phrase[0]].append(phrase)
    for longest in synonym_phrases.values():
        longest.sort(key=lambda phrase: -len(phrase))
    siblings: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for row, entries in enumerate(groups(f"{language}/siblings")):
        for place, spellings in enumerate(entries):
            for word in spellings.split():
                for spelling in _all_spellings(word):
                    siblings[spelling].add((row, place))
    harmless = words(f"{language}/harmless")
    return Lexicon(
        language,
        dict(phrases),
        dict(synonym_phrases),
        harmless,
        _rows(groups(f"{language}/slots")),
        {word: frozenset(found) for word, found in opposites.items()},
        {word: frozenset(found) for word, found in siblings.items()},
        synonyms,
        {
            word: value
            for value, *spellings in map(str.split, lines(f"{language}/numbers"))
            for word in spellings
        },
        frozenset(function) | harmless | words(f"{language}/function"),
        {word: word for word in PREPOSITIONS}
        if language == ENGLISH
        else {
            word: line.split()[0]
            for line in lines(f"{language}/prepositions")
            for word in line.split()
        },
    )


def _all_spellings(entry: str) -> set[str]:
    """Return the entry as listed and as its words are keyed."""
    return {entry, _spelled(entry)}


def _rows(entries: Iterable[list[str]]) -> dict[str, frozenset[int]]:
    rows: dict[str, set[int]] = defaultdict(set)
    for row, of_row in enumerate(entries):
        for entry in of_row:
            for spelling in _all_spellings(entry):
                rows[spelling].add(row)
    return {entry: frozenset(found) for entry, found in rows.items()}


@cache
def vocabulary() -> dict[str, str]:
    """English words with their parts of speech, the commonest first: n v a r."""
    return dict(line.split(" ") for line in lines("en/wordnet_vocabulary"))


@cache
def _irregular() -> dict[str, tuple[str, str]]:
    """Irregular English forms: word -> its part of speech and dictionary form; verbs win."""
    found: dict[str, tuple[str, str]] = {}
    for form, pos, base in map(str.split, lines("en/wordnet_irregular")):
        if form not in found or pos == "v":
            found[form] = (pos, base)
    return found


@cache
def _derivations() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for base, *derived in map(str.split, lines("en/wordnet_derivations")):
        for word in derived:
            found[base].add(word)
            found[word].add(base)
    return {word: frozenset(family) for word, family in found.items()}


@cache
def _spellings() -> dict[str, str]:
    return {word: entry.split()[0] for entry in lines("en/spelling") for word in entry.split()[1:]}


def are_derived(one: str, other: str) -> bool:
    """Return whether one English word is formed from the other: complain, complaint."""
    if one in _derivations().get(other, ()):
        return True
    if one[:4] != other[:4]:
        return False
    short, long = sorted((one, other), key=len)
    if len(short) > 3 and long.startswith(short[: max(4, len(short) - 1)]):
        return long[len(short) - (long[: len(short)] != short) :] in _SUFFIXES
    return False


_SUFFIXES = frozenset(
    "ly al ally ness ment ments ion ation ations ition ity able ible ful ance ence y ing ings e "
    "ed tion ic ical ically ise ize isation ization ised ized ous ive".split()
)


@lru_cache(maxsize=65536)
def lemma(word: str) -> tuple[str, str]:
    """Return the dictionary form of a lower-case English word, and what was taken off.

    The form is "er" or "est" of an adjective, "ed" (past or participle), "past" and "pp"
    (irregular), "ing", "s", or empty.
    """
    word = _spelled(word)
    known = vocabulary()
    if word in _irregular():
        pos, base = _irregular()[word]
        if pos in "ar":
            return base, "est" if word.endswith("st") else "er"
        participle = word.endswith(("en", "wn", "ne")) or word in ("been", "done", "gone")
        return _spelled(base), "ing" if word.endswith("ing") else (
            "s" if pos == "n" else "pp" if participle else "past"
        )
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 1 and not word.endswith("eed"):
            base = _base(word[: -len(ending)], "v", known)
            if base:
                return base, ending
    if "n" not in known.get(word, ""):
        for ending, form in (("est", "est"), ("er", "er")):
            if word.endswith(ending) and len(word) > len(ending) + 2:
                base = _base(word[: -len(ending)], "ar", known)
                if base:
                    return base, form
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        if word.endswith("ies") and word[:-3] + "y" in known:
            return word[:-3] + "y", "s"
        if word.endswith(("ses", "xes", "zes", "ches", "shes")) and word[:-2] in known:
            return word[:-2], "s"
        if word not in known or word[:-1] in known:
            return _spelled(word[:-1]), "s"
    return word, ""


def _base(stem: str, parts: str, known: dict[str, str]) -> str:
    """Return the known word of these parts of speech that lost an "e", "y" or doubled letter."""
    candidates = [stem, stem + "e"]
    if stem.endswith("i"):
        candidates = [stem[:-1] + "y"]
    elif len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in _VOWELS + "s":
        candidates = [stem[:-1], stem]
    elif len(stem) > 2 and stem[-1] in "gcvszu":
        candidates = [stem + "e", stem]
    for base in candidates:
        if any(part in known.get(base, known.get(_spelled(base), "")) for part in parts):
            return _spelled(base)
    return ""


@lru_cache(maxsize=65536)
def _spelled(word: str) -> str:
    """Return the American spelling, which WordNet prefers, of a word that has two."""
    if word in _spellings():
        return _spellings()[word]
    if len(word) > 5:
        for british, american in _BRITISH:
            if british in word and (other := word.replace(british, american)) in vocabulary():
                return other
    return word


_BRITISH = (("our", "or"), ("is", "iz"), ("ys", "yz"), ("ogue", "og"), ("ae", "e"), ("oe", "e"))
