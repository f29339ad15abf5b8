"""The kinds of fact in which two statements can differ, and one fact as it was read."""

from dataclasses import dataclass
from enum import StrEnum


class DifferenceKind(StrEnum):
    NUMBER = "number"
    DATE = "date"
    UNIT = "unit"
    VERSION = "version"
    NAME = "name"
    NEGATION = "negation"


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that a statement names at `[start, end)`.

    keys: its canonical spellings. Two facts are the same when they share one: "a week" is both a
        length ("one week") and a rate ("weekly").
    weak: too faint to count while the other statement says nothing of its kind, such as the "one"
        of "one manager". It stands against another value.
    amount, unit: of a quantity, as written: two quantities can differ in either.
    """

    kind: DifferenceKind
    keys: tuple[str, ...]
    start: int
    end: int
    weak: bool = False
    amount: str = ""
    unit: str = ""
