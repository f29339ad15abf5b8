"""Everything that the guard needs to know of one statement, read once."""

from dataclasses import dataclass
from functools import lru_cache

from insights.text.facts.fact import Facts, read_facts


@dataclass(frozen=True, slots=True)
class Reading:
    text: str
    language: str
    facts: Facts


@lru_cache(maxsize=8192)
def read(statement: str) -> Reading:
    """Read a statement; it depends on nothing but the text, so the result is kept."""
    return Reading(statement, "en", read_facts(statement))
