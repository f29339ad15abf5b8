"""Proper names: people, places, products, acronyms and codes."""

import re
from collections.abc import Iterator

from insights.text.dictionary import lemma, vocabulary
from insights.text.facts.kinds import DifferenceKind, Fact
from insights.text.folding import READ
from insights.text.wordlists import COMMON, FUNCTION, ROLES
from insights.text.wordlists import words as word_list

# "U.S." and "Wi-Fi" are one name each, "London-based" is London.
_WORD = re.compile(r"(?:\b[A-Z]\.){2,}|[^\W\d_]\w*(?:['&][^\W\d_]\w*|-[A-Z]\w*)*|\d+[^\W\d_]\w*")
# What may come before a word that is only capitalised because a sentence, a quotation or a list
# item starts there.
_STARTS = re.compile(r"(?:^|[.!?:;•][\"')\]]*)[\s\"'(\[*•-]*$|[\"(\[][\s]*$")
_ALIASES = {"us": "usa", "ms": "microsoft"}
_TITLES = frozenset(
    "mr mrs ms miss dr prof sir lord lady saint st mx co corp inc ltd plc llc".split()
)
# The subject of these is one person or thing: "Leeds has", but "Nurses have".
_SINGULAR_VERBS = word_list("singular_verbs")
_COMMON_ENDINGS = (
    "ing", "ed", "ly", "tion", "sion", "ment", "ness", "ity", "ance", "ence", "ship", "ism", "able",
    "ible", "ful", "less", "ous", "ive", "ise", "ize", "ology", "ware", "hood", "wise", "ical",
)  # fmt: skip
_INFLECTIONS = (
    ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""),
    ("ing", "e"), ("er", ""), ("er", "e"), ("est", ""), ("ly", ""), ("'s", ""), ("s'", ""),
)  # fmt: skip


def stem(word: str) -> str:
    """Return a lower-case word without its possessive and plural ending."""
    word = word.removesuffix("'s").removesuffix("'")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def is_common(word: str) -> bool:
    """Return whether a lower-case word, in any inflection, could open any statement."""
    if word in FUNCTION or word in COMMON or word in ROLES or word.partition("'")[0] in FUNCTION:
        return True
    return any(
        (base := word.removesuffix(ending) + last) in COMMON or base in ROLES
        for ending, last in _INFLECTIONS
        if word.endswith(ending)
    )


def read_names(text: str) -> Iterator[Fact]:
    """Return the names in a folded text in its own case, with other kinds of facts blanked.

    In a headline and at the start of a sentence a common word is no name, and at the start an
    unknown one that does not read like a name is weak.
    """
    words = list(_WORD.finditer(text))
    shouted, headline = _case_habits(words)
    for place, match in enumerate(words):
        word = match.group()
        low = word.lower()
        if not _stands_out(word) or (low in FUNCTION and not _is_name_too(text, match)):
            continue
        mixed = not word[1:].islower() and len(word) > 1
        if mixed and not shouted:
            yield _fact(match, low)
            continue
        if low in ROLES or stem(low) in ROLES or low in _TITLES:
            continue
        first = _starts_sentence(text, match.start())
        if (first or shouted or headline) and is_common(low):
            continue
        is_word = first and lemma(low.removesuffix("'s"))[0] in vocabulary()
        yield _fact(match, low, weak=is_word or (first and not _opens_as_name(text, words, place)))


def _fact(match: re.Match[str], word: str, weak: bool = False) -> Fact:
    name = stem(word.replace("-", "").replace(".", ""))
    key = f"name {_ALIASES.get(name, name)}"
    return Fact(DifferenceKind.NAME, (key,), match.start(), match.end(), weak)


def _stands_out(word: str) -> bool:
    if word.islower():
        return any(map(str.isdigit, word))
    return word != "I" and not word.startswith("I'")


def _is_name_too(text: str, match: re.Match[str]) -> bool:
    """Return whether a function word is also a name: IT, US, WHO, Will."""
    word = match.group()
    return word in ("IT", "US", "WHO") or (
        word == "Will" and not _starts_sentence(text, match.start())
    )


def _case_habits(words: list[re.Match[str]]) -> tuple[bool, bool]:
    """Return whether most words are in capitals, and whether most begin with one."""
    written = [match.group() for match in words]
    shouted = len(written) > 2 and sum(map(str.isupper, written)) > 0.6 * len(written)
    content = [word for word in written if word.lower() not in FUNCTION]
    capitals = sum(word[0].isupper() for word in content)
    return shouted, len(content) > 3 and capitals > 0.75 * len(content)


def _starts_sentence(text: str, start: int) -> bool:
    return _STARTS.search(text, max(0, start - 6), start) is not None


def _opens_as_name(text: str, words: list[re.Match[str]], place: int) -> bool:
    """Return whether the first word of a sentence, unknown to the lists, reads as a name."""
    match = words[place]
    low = match.group().lower()
    following = words[place + 1] if place + 1 < len(words) else None
    gap = text[match.end() : following.start()] if following else ""
    if low.endswith("'s"):
        return True
    if following and gap == " ":
        after = following.group()
        if after[0].isupper() and after.lower() not in FUNCTION:
            return True
        if after.lower() in _SINGULAR_VERBS:
            return not low.endswith(_COMMON_ENDINGS)
    if READ in gap:
        return True
    return not low.endswith((*_COMMON_ENDINGS, "s"))
