"""A little English grammar without a tagger: tense of a verb, its preposition, the passive."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from insights.text.guard.reading import Word

PREPOSITIONS = frozenset(
    """in on at to from of for with by about into onto over under through between against than as
    after before during without within behind above below near off out per via towards toward
    across around along despite until since upon beside besides among""".split()
)
_TENSES = (
    dict.fromkeys("am is are do does".split(), "present")
    | dict.fromkeys("was were did had".split(), "past")
    | dict.fromkeys(("will", "shall"), "future")
)
_ARTICLES = frozenset(("a", "an", "the"))
_MODALS = frozenset("would could should may might must can to be been being having".split())
_TRANSPARENT = frozenset(
    """a an the this that these those my your his her its our their 's very too so quite really not
    all some any more most no each every both only""".split()
)
_BREAKS = frozenset(", ; : . ! ? ( ) –".split())
_MODIFIED = frozenset("a an the this that these those my your his her its our their of for".split())


class Clause:
    """The function words so far, as far as they bear on the next content word."""

    def __init__(self) -> None:
        self.slot = ""
        self.tenses: set[str] = set()
        self._tense = ""
        self._is_bare = True  # no auxiliary, modal or "to" in front
        self._starts: list[int] = [0]

    def function(self, text: str, next_form: str) -> None:
        if text in PREPOSITIONS:
            self.slot = text
        elif text not in _TRANSPARENT:
            self.slot = ""
        tense = _TENSES.get(text, "")
        if text in ("have", "has"):
            tense = "past" if next_form in ("ed", "pp", "past") else "present"
        if tense:
            self._tense = tense
            self.tenses.add(tense)
        elif text in _ARTICLES or text in PREPOSITIONS:
            self._tense = ""
        if text in _MODALS:
            self._is_bare = False

    def punctuation(self, text: str, words: int) -> None:
        if text in _BREAKS:
            self.slot, self._tense, self._is_bare = "", "", True
            self._starts.append(words)

    def tense(self, form: str, following: str, between: Sequence[str]) -> str:
        """Tense of the content word that comes now, as far as its form and auxiliaries tell."""
        if self._tense:
            return self._tense
        if form in ("ed", "past") and self._is_bare:
            modifies = between and between[-1] in _MODIFIED
            return "" if form == "ed" and (modifies or following == "by") else "bare past"
        return "bare" if self._is_bare and form in ("", "s") else ""

    def content(self) -> None:
        self._tense, self._is_bare = "", True

    def actives(self, words: "list[Word]") -> "list[Word]":
        """Rank the agent of a passive in front, as if it were the subject of the active."""
        ranked = list(words)
        for place in range(1, len(words)):
            word, verb = words[place], words[place - 1]
            if word.slot == "by" and verb.form in ("ed", "pp", "past") and verb.slot != "by":
                start = max(start for start in self._starts if start <= place)
                end = place
                while end < len(words) and words[end].slot == "by":
                    ranked[end] = replace(words[end], rank=start - 1 + end / 1000, slot="")
                    end += 1
        return ranked
