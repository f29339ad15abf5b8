"""Versions of products: "v4.2", "version 4.3", "iOS 17", "Python 3.11", "1.2.3"."""

import re

from insights.text.facts.kinds import DifferenceKind, Fact
from insights.text.facts.numbers import DIGIT, alternation
from insights.text.facts.units import unit_after
from insights.text.wordlists import FUNCTION, words

_NUMBER = r"[0-9]+(?:\.[0-9]+)*(?:[a-z](?![a-z0-9])|[-.]?(?:rc|beta|alpha|lts)\.?[0-9]*)?"
_PRODUCTS = words("products")
_LABELLED = re.compile(
    r"\b(?:versions?|releases?|ver\.?|rev(?:ision)?\.?|build|v\.?)[ ]?"
    rf"(?P<number>{_NUMBER})(?!\w)"
)
_DOTTED = re.compile(r"(?<![\w.])(?P<number>[0-9]+(?:\.[0-9]+){2,}(?:[a-z](?![a-z0-9]))?)(?!\w)")
_PRODUCT = re.compile(
    rf"\b(?:{alternation(_PRODUCTS)})[ -](?:v\.?[ ]?)?(?P<number>{_NUMBER})(?![\w%,:/])"
)
# A name in camel case before any number, or a capitalised one before a number with a dot.
_NAMED = re.compile(
    r"\b(?:[a-z]+[A-Z][A-Za-z]*|[A-Z][a-z]+[A-Z][A-Za-z]*)[ ]"
    r"(?P<number>[0-9]+(?:\.[0-9]+)*)(?![\w%,:/])"
    r"|\b(?P<name>[A-Z][a-z]+)[ ](?P<dotted>[0-9]+\.[0-9]+)(?![\w%,:/])"
)


def read_versions(text: str, cased: str) -> list[Fact]:
    """Return the versions in a folded, lowered text; `cased` is the text before lowering."""
    facts: list[Fact] = []
    if not DIGIT.search(text):
        return facts
    for pattern in (_LABELLED, _DOTTED):
        facts += (_fact(match, match.start()) for match in pattern.finditer(text))
    for match in _PRODUCT.finditer(text):
        if not _counts_something(text, cased, match.end()):
            facts.append(_fact(match, match.start("number")))
    for match in _NAMED.finditer(cased):
        is_name = not match["name"] or match["name"].lower() not in FUNCTION
        if is_name and not _counts_something(text, cased, match.end()):
            facts.append(_fact(match, match.start("number" if match["number"] else "dotted")))
    return facts


def _fact(match: re.Match[str], start: int) -> Fact:
    number = match["number"] or match["dotted"]
    return Fact(DifferenceKind.VERSION, (f"version {number.lower()}",), start, match.end())


def _counts_something(text: str, cased: str, end: int) -> bool:
    return unit_after(text, cased, end) is not None
