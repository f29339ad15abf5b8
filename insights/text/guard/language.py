"""Detect the language of a statement, as far as the guard has rules for it."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from insights.text.dictionary import lemma, vocabulary
from insights.text.guard.lexicon import ENGLISH, LANGUAGES, lexicon
from insights.text.wordlists import COMMON, FUNCTION
from insights.text.wordlists import words as word_list

UNKNOWN = "unknown"
_FOREIGN_SHARE = 0.3  # of the letters, from which a script counts
_KNOWN_SHARE = 0.4  # of the words, which must be English when no function word tells
_SURE_SHARE = 0.8
_KNOWN_IN_TITLE = 0.2
# The number of a model: letters and digits in one word.
_CODE = re.compile(r"(?=[A-Za-z0-9]*[A-Za-z])(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{5,}")


@cache
def _function_words(language: str) -> frozenset[str]:
    return FUNCTION if language == ENGLISH else lexicon(language).function


def detect(words: Sequence[str], text: str) -> str:
    """Return a code of `LANGUAGES`, the code of another language, or "unknown".

    `words` are the lower-case words of `text`. English is told by its own word lists, so that a
    short English statement is never taken for another language and a process that sees nothing
    else never loads the library. One of the other languages must have function words of its own
    *and* the library's vote. Everything else is not read.
    """
    words = [word for word in words if len(word) > 1 or not word.isascii()]
    script = _script(text)
    if script != "LATIN":
        return script.lower() if script else (ENGLISH if not words else UNKNOWN)
    shared = _function_words(ENGLISH)
    rest = [word for word in words if word not in shared]
    own = {
        language: sum(map(_function_words(language).__contains__, rest))
        for language in (*LANGUAGES[1:], "und")
    }
    best = max(own, key=lambda language: own[language])
    english = sum(word in shared for word in words) - sum(
        word in shared and word in _function_words(best) for word in words
    )
    known = sum(_is_english(word) for word in words)
    if own[best] <= english and known >= _KNOWN_SHARE * len(words) and english + known:
        return ENGLISH
    if not own[best] and known >= _KNOWN_SHARE * len(words):
        return ENGLISH
    if own[best] == 1 and known >= _SURE_SHARE * len(words):  # "come" and "die" are English too
        return ENGLISH
    share = _KNOWN_SHARE if own[best] else _KNOWN_IN_TITLE
    if own[best] <= 1 and known >= share * len(words) and _CODE.search(text):
        return ENGLISH
    voted = _vote(text)
    if voted in LANGUAGES and voted != ENGLISH and own[voted]:
        return voted
    if voted == ENGLISH and not own[best]:
        return ENGLISH
    return voted if voted not in LANGUAGES else UNKNOWN


def _abbreviations() -> frozenset[str]:
    return word_list("en/abbreviations")


@cache
def _is_english(word: str) -> bool:
    base = lemma(word)[0]
    if word in FUNCTION or not COMMON.isdisjoint((word, base)) or word in _abbreviations():
        return True
    return len(word) > 3 and base in vocabulary()  # shorter ones are abbreviations, too


def _script(text: str) -> str:
    """Return the script of most letters, in Unicode's words; empty without letters."""
    if text.isascii():
        return "LATIN" if any(map(str.isalpha, text)) else ""
    letters = [char for char in text if char.isalpha()]
    other = [char for char in letters if not _is_latin(char)]
    if len(other) > _FOREIGN_SHARE * len(letters):
        return unicodedata.name(other[0], UNKNOWN).split()[0]
    return "LATIN" if letters else ""


@cache
def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith(
        ("LATIN", "FULLWIDTH LATIN", "MODIFIER", "FEMININE", "MASCULINE", "MICRO")
    )


def _vote(text: str) -> str:
    # Takes seconds and 120 MB the first time: only where there is more than English.
    import py3langid

    return str(py3langid.classify(text)[0])
