"""Codes that two product titles share in any spelling: "KX-TGA 630", "kxtga630"."""

import re
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

from insights.text.facts.fact import Facts

Span = tuple[int, int]
_SHORTEST_CODE, _SHORTEST_NAME = 4, 5
_TOKEN = re.compile(r"\S+")
_PART = re.compile(r"[^-/.\s]+")


def holds_code(text: str) -> bool:
    """Return whether a word of a text tells by itself which product is meant."""
    return any(names_product(squeezed(token)) for token in _TOKEN.findall(text))


def is_code(text: str) -> bool:
    return any(map(str.isdigit, text))


def squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def shared_codes(one: str, other: str) -> dict[Span, str]:
    """Return the codes of one title that another title has, squeezed, by their places.

    Letters around a code, such as a colour's, make it no other one; digits do.
    """
    theirs = set(_spellings(other))
    return {
        match.span(): code
        for match in _TOKEN.finditer(one)
        if len(code := squeezed(match.group())) >= _SHORTEST_CODE and is_code(code)
        if any(code in its and not is_code(its.replace(code, "", 1)) for its in theirs)
    }


def lies_in(span: Span, codes: Collection[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in codes)


def without_codes(facts: Facts, codes: Collection[Span]) -> Facts:
    kept = (fact for fact in facts.facts if not lies_in((fact.start, fact.end), codes))
    return replace(facts, facts=tuple(kept)) if codes else facts


def names_product(code: str) -> bool:
    """Return whether a squeezed code tells by itself which product is meant."""
    digits = sum(map(str.isdigit, code))
    return len(code) >= _SHORTEST_NAME and digits > 0 and (digits < len(code) or digits > 5)


def _spellings(text: str) -> list[str]:
    """Return the words of a title squeezed, alone and two together, and the parts of its codes."""
    alone = [squeezed(token) for token in _TOKEN.findall(text)]
    parts = [part for part in map(squeezed, _PART.findall(text)) if names_product(part)]
    return alone + parts + [one + after for one, after in pairwise(alone)]
