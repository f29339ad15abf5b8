"""A statement, taken apart for the guard: its words and signals."""

from dataclasses import dataclass

from insights.text.dictionary import vocabulary
from insights.text.facts.fact import Facts
from insights.text.facts.kinds import DifferenceKind
from insights.text.guard.findings import Span
from insights.text.guard.lexicon import Signal


@dataclass(frozen=True, slots=True)
class Word:
    """A content word of a statement.

    key: its dictionary form, by which it is matched. form: the inflection taken off. tense: past,
    present, future or empty. slot: the preposition that governs it, or empty. rank: its place when
    a passive is turned into the active. members of one enumeration share a `list_id`. opens: it
    stands at the start of a sentence. clause: the number of its clause.
    agent: "by" when it is the agent of a passive. is_passive: a participle after a form of "be".
    """

    text: str
    cased: str
    key: str
    form: str
    span: Span
    is_name: bool
    tense: str
    slot: str
    rank: float
    list_id: int
    opens: bool
    clause: int = 0
    agent: str = ""
    is_passive: bool = False


def part_of(word: Word) -> str:
    """Return the likely part of speech of a word here: n v a r."""
    if word.is_name:
        return "n"
    if word.form in ("ed", "past", "pp", "ing"):
        return "v"
    if word.form in ("er", "est"):
        return "a"
    part = vocabulary().get(word.key, "n")[0]
    return "v" if part == "n" and word.tense in ("past", "present", "future") else part


@dataclass(frozen=True, slots=True)
class Mark:
    """A signal or other function word; `head` is the content word after it, or the last one."""

    signal: Signal | None
    text: str
    span: Span
    head: int

    @property
    def cased(self) -> str:
        return self.text

    @property
    def said(self) -> str:
        """Return the signal's value, or the word itself."""
        return self.signal.value if self.signal else self.text


@dataclass(frozen=True, slots=True)
class Reading:
    """A statement, taken apart. All spans count characters of `text`.

    words: content words in order. marks: signals in order. function: the other function words.
    signs: symbols and emoji in order. asks: the word that a question asks with, "?" for yes or no,
    empty when it is none. requests: it opens as a request ("Could you please ..."); the opening is
    not among the words.
    """

    text: str
    language: str
    facts: Facts
    words: tuple[Word, ...]
    marks: tuple[Mark, ...]
    function: tuple[Mark, ...]
    signs: tuple[tuple[str, Span], ...]
    tenses: frozenset[str]
    asks: str
    requests: bool
    is_shouted: bool


class Hidden:
    """Characters of the folded text that the facts account for, names and negations apart."""

    def __init__(self) -> None:
        self.values: set[int] = set()
        self.names: set[int] = set()
        self.cues: set[int] = set()


def hidden(facts: Facts, places: list[int] | None) -> Hidden:
    back = {place: at for at, place in enumerate(places)} if places else None
    found = Hidden()
    for fact in (*facts.facts, *facts.cues):
        start = back.get(fact.start, fact.start) if back else fact.start
        end = back.get(fact.end, fact.end) if back else fact.end
        if fact.kind is DifferenceKind.NEGATION:
            found.cues.update(range(start, end))
        elif fact.kind is DifferenceKind.NAME:
            if not fact.weak:
                found.names.update(range(start, end))
        elif not fact.weak:
            found.values.update(range(start, end))
    return found


def modifies(reading: Reading, place: int) -> bool:
    """Return True if a word is the first part of a compound: "violin" in "violin strings"."""
    if place + 1 >= len(reading.words):
        return False
    one, other = reading.words[place : place + 2]
    is_joined = reading.text[one.span[1] : other.span[0]] in (" ", "-")
    is_attribute = part_of(one) in "na" or (one.form in ("ed", "pp") and not one.tense)
    return is_joined and is_attribute and part_of(other) == "n"


# Axes of words that may come and go with the construction of a sentence.
SYNTACTIC = frozenset(
    ("and_or", "in", "on", "above", "with", "for", "direction", "between", "through", "intensity")
)
