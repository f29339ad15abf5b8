"""The English dictionary: word forms, parts of speech and word families, after WordNet."""

from collections import defaultdict
from functools import cache, lru_cache

from insights.text.wordlists import lines

_VOWELS = "aeiou"
_VOWEL_SET = frozenset(_VOWELS)


@cache
def vocabulary() -> dict[str, str]:
    """Return English words with their parts of speech, the commonest first: n v a r."""
    return dict(line.split(" ") for line in lines("en/wordnet_vocabulary"))


@cache
def _irregular() -> dict[str, tuple[str, str]]:
    """Return irregular forms: word -> its part of speech and dictionary form; verbs win."""
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
    word = spelled(word)
    known = vocabulary()
    if word in _irregular():
        pos, base = _irregular()[word]
        if pos in "ar":
            return base, "est" if word.endswith("st") else "er"
        participle = word.endswith(("en", "wn", "ne")) or word in ("been", "done", "gone")
        return spelled(base), "ing" if word.endswith("ing") else (
            "s" if pos == "n" else "pp" if participle else "past"
        )
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 1 and not word.endswith("eed"):
            stem = word[: -len(ending)]
            base = _base(stem, "v" if word in known else "vn", known)
            if base:
                return base, ending
    if word not in known and word.endswith("ed") and len(word) > 4 and word[-3] != "e":
        return word, "ed"  # a verb that the dictionary does not know
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
            return spelled(word[:-1]), "s"
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
        if any(part in known.get(base, known.get(spelled(base), "")) for part in parts):
            return spelled(base)
    return ""


def are_misspelt(one: str, other: str) -> bool:
    """Return whether one word is no word but the other with a letter too many, too few or moved.

    A replaced consonant is no slip, a vowel only in a long word that is known otherwise: "sulfate"
    and "sulfite" are two words.
    """
    short, long = sorted((one, other), key=len)
    if (
        len(long) < 5
        or short[0] != long[0]
        or (lemma(one)[0] in vocabulary()) == (lemma(other)[0] in vocabulary())
    ):
        return False
    at = next((at for at in range(len(short)) if short[at] != long[at]), len(short))
    if len(short) == len(long):
        if (
            len(long) > 6
            and {short[at], long[at]} <= _VOWEL_SET
            and short[at + 1 :] == long[at + 1 :]
        ):
            return True  # "entrence"
        return short[at:] == long[at + 1 : at + 2] + long[at] + long[at + 2 :]
    return short[at:] == long[at + 1 :] != ""  # "canvas" is not the app "Canva"


@lru_cache(maxsize=65536)
def spelled(word: str) -> str:
    """Return the American spelling, which WordNet prefers, of a word that has two."""
    if word in _spellings():
        return _spellings()[word]
    if len(word) > 5:
        for british, american in _BRITISH:
            if british in word and (other := word.replace(british, american)) in vocabulary():
                return other
        if word not in vocabulary():
            return word.replace("ae", "e").replace("oe", "e")
    return word


_BRITISH = (("our", "or"), ("is", "iz"), ("ys", "yz"), ("ogue", "og"), ("ae", "e"), ("oe", "e"))
