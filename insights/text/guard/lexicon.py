"""The word lists of a language, ready to look up: signals, opposites, siblings, synonyms."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from insights.text.dictionary import spelled, vocabulary
from insights.text.wordlists import groups, lines, words

if TYPE_CHECKING:
    from insights.text.guard.reading import Word

PREPOSITIONS = frozenset(
    """in on at to from of for with by about into onto over under through between against than as
    after before during without within behind above below near off out per via towards toward
    across around along despite until since upon beside besides among""".split()
)
_TENSES = (
    dict.fromkeys("am is are do does gets keep keeps".split(), "present")
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
_DETERMINERS = _MODIFIED - {"of", "for", "that"}
_NOMINAL = frozenset(
    (*_ARTICLES, *_MODIFIED, "with", "in", "on", "at", "per", "by", "from", "every", "each", "some")
) | frozenset(("any", "no", "all", "both", "many", "most", "several", "few", "other", "another"))
_SUBJECTS = frozenset("i we you he she they it who which that people".split())
_SUBORDINATORS = frozenset(
    """when whenever if because although though while whereas unless which who that before after
    until since but so""".split()
)
_RELATIVES = frozenset(("that", "which", "who"))
_NOMINATIVES = frozenset("i we he she they".split())
_BREAKS = frozenset(", ; : . ! ? ( ) –".split())


class Clause:
    """State of the clause so far: what governs the next content word, and its tense."""

    def __init__(self, prepositions: dict[str, str], *, is_english: bool) -> None:
        self.prepositions = prepositions
        self.is_english = is_english
        self.slot = ""
        self.number = 0
        self.opens_subordinate = False
        self.tenses: set[str] = set()
        self._tense = ""
        self._has_subject = False
        self._is_governed = False  # a content word came after the preposition
        self._is_bare = True  # no auxiliary, modal or "to" in front
        self._starts: list[int] = [0]
        self._phrases: list[int] = []  # where an article follows a word: "each morning a nurse"
        self._follows_word = self._follows_had = False
        self._relatives: set[int] = set()  # the first words after "that", "which", "who"

    def function(self, text: str, next_form: str, words: int, *, is_first: bool = False) -> None:
        self.opens_subordinate |= is_first and text in _SUBORDINATORS
        if words and text in _RELATIVES:
            self._relatives.add(words)
        self.number += text in _SUBORDINATORS
        if text in self.prepositions:
            self.slot, self._is_governed = self.prepositions[text], False
        elif text in _MODIFIED and self._is_governed:
            self.slot = ""  # "at night the doctor"
        elif text not in _TRANSPARENT and self.is_english:
            self.slot = ""
        tense = _TENSES.get(text, "")
        if text in ("have", "has"):
            tense = "past" if next_form in ("ed", "pp", "past") else "present"
        if text == "been" and self._tense == "past":
            tense = "past" if self._follows_had else "perfect"
        self._follows_had = text == "had"
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
        if (self._follows_word and text in _DETERMINERS) or text in _SUBORDINATORS - _RELATIVES:
            self._phrases.append(words)
        if self.opens_subordinate and words and text in _NOMINATIVES:
            self.number += 1
            self._starts.append(words)  # "because it rained we stayed in"
        self._follows_word = False

    def value(self) -> None:
        """Pass over a number or date, which keeps its preposition: "on Sunday evenings"."""
        self._tense = ""

    def punctuation(self, text: str, words: int) -> None:
        if text in _BREAKS:
            self.slot, self._tense, self._is_bare, self._has_subject = "", "", True, False
            self.number += text in ",;:.!?"
            self._starts.append(words)

    def tense(self, form: str, parts: str, following: str, between: Sequence[str]) -> str:
        """Return the tense of the next content word by its form and auxiliaries, or empty."""
        if self._tense:
            return self._tense
        if not self._is_bare or (between and between[-1] in _NOMINAL):
            return ""
        if form in ("ed", "past"):
            has_subject = self._has_subject or not _SUBJECTS.isdisjoint(between)
            modifies = not (has_subject or following in _DETERMINERS) or (
                between and between[-1] in _MODIFIED
            )
            return "" if form == "ed" and (modifies or following == "by") else "bare past"
        return "bare" if form in ("", "s") and "v" in parts else ""

    def content(self) -> None:
        self._tense, self._is_bare, self._has_subject, self._is_governed = "", True, True, True
        self._follows_word = True
        if not self.is_english:
            self.slot = ""

    def actives(self, words: "list[Word]") -> "list[Word]":
        """Rank the agent of a passive in front, as if it were the subject of the active."""
        ranked = list(words)
        for place, verb in enumerate(words):
            following = words[place + 1] if place + 1 < len(words) else verb
            if not verb.is_passive and (
                verb.form not in ("ed", "pp", "past") or "by" not in following.slot
            ):
                continue
            start = self._subject(words, place)
            for patient in range(start, place):
                if vocabulary().get(words[patient].key, "n")[0] == "r":
                    continue
                ranked[patient] = replace(ranked[patient], rank=place + 0.5 + patient / 1000)
            end = place + 1
            while end < len(words) and words[end].slot not in ("", "by"):
                end += 1  # "removed from the shelter by the city"
            while (
                end < len(words)
                and verb.slot != "by"
                and (
                    words[end].slot == "by"
                    # "by a plumber and his son"
                    or 0 < words[end].list_id == words[end - 1].list_id != verb.list_id
                )
            ):
                ranked[end] = replace(words[end], rank=start - 1 + end / 1000, slot="", agent="by")
                end += 1
        if self.opens_subordinate and len(self._starts) > 1:
            # "When it rains, the roof leaks": as if the clause came last.
            for place in range(min(self._starts[1], len(words))):
                ranked[place] = replace(ranked[place], rank=len(words) + ranked[place].rank)
        return ranked

    def _subject(self, words: "list[Word]", verb: int) -> int:
        """Return the first word of the subject of a passive verb, a relative clause included."""
        if verb in self._relatives:
            return verb
        start = max(start for start in (*self._starts, *self._phrases) if start <= verb)
        relatives = {place for place in self._relatives if start < place <= verb}
        for place in range(verb - 1 - words[verb].is_passive, start, -1):
            is_verb = vocabulary().get(words[place].key, "n")[0] == "v"
            if words[place].is_passive or (words[place].tense and is_verb):
                clause = max((one for one in relatives if one <= place), default=None)
                if clause is None:
                    return place + 1
                relatives.remove(clause)
        return start


ENGLISH = "en"
LANGUAGES = (ENGLISH, "de", "fr", "es", "pt", "it", "nl", "pl", "sv")
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


@dataclass(frozen=True)
class Lexicon:
    """The word lists of one language.

    phrases: by first word, longest first. opposites: word -> its (row, side) pairs. siblings: word
    -> its (row, entry) pairs. synonyms: word or phrase -> its rows. slots: function words that may
    stand for one another, word -> rows. numbers: number words -> value. cases: articles -> the case
    that they show.
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
    cases: dict[str, str]
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
    for alike in groups(f"{language}/synonyms") * (language != ENGLISH):
        said = [signal for entry in alike for signal in _signals_of(phrases, entry)]
        for phrase in (tuple(entry.split()) for entry in alike if said):
            phrases[phrase[0]].append((phrase, said[0]))
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
        {
            word: case
            for case, *articles in map(str.split, lines(f"{language}/cases"))
            for word in articles
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


def _signals_of(phrases: dict[str, list[tuple[Phrase, Signal]]], entry: str) -> list[Signal]:
    said = tuple(entry.split())
    return [signal for phrase, signal in phrases.get(said[0], ()) if phrase == said]


def _all_spellings(entry: str) -> set[str]:
    """Return the entry as listed and as its words are keyed."""
    return {entry, spelled(entry)}


def _rows(entries: Iterable[list[str]]) -> dict[str, frozenset[int]]:
    rows: dict[str, set[int]] = defaultdict(set)
    for row, of_row in enumerate(entries):
        for entry in of_row:
            for spelling in _all_spellings(entry):
                rows[spelling].add(row)
    return {entry: frozenset(found) for entry, found in rows.items()}
