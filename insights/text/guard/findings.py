"""The result of comparing two statements: what is left over on either side, and how bad it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

Span = tuple[int, int]


class LeftOver(StrEnum):
    """The class of a finding or of a whole pair.

    IDENTICAL: only harmless words differ. REWORDING: other words in the same place. ADDITION: one
    statement says more. EXTENSION, of a pair only: one repeats the other, nearly word for word,
    and says more. REWRITE, of a pair only: no conflict, but most of it is said in other words, so
    little could be compared. CONFLICT: a difference that can turn the meaning. UNREAD: a language
    without tested rules, or statements that cannot be aligned.
    """

    IDENTICAL = "identical"
    REWORDING = "rewording"
    ADDITION = "addition"
    EXTENSION = "extension"
    REWRITE = "rewrite"
    CONFLICT = "conflict"
    UNREAD = "unread"

    @property
    def severity(self) -> int:
        return list(LeftOver).index(self)


class Kind(StrEnum):
    """Kinds of differences between two statements."""

    NUMBER = "number"
    DATE = "date"
    UNIT = "unit"
    VERSION = "version"
    NAME = "name"
    CODE = "code"
    NEGATION = "negation"
    OPPOSITE = "opposite"
    QUANTIFIER = "quantifier"
    MODALITY = "modality"
    TENSE = "tense"
    ORDER = "order"
    CAUSE = "cause"
    SCOPE = "scope"
    COMPARISON = "comparison"
    ATTRIBUTION = "attribution"
    ROLE = "role"
    SIGN = "sign"
    CASE = "case"
    WORDS = "words"
    LANGUAGE = "language"


FACTS = frozenset((Kind.NUMBER, Kind.DATE, Kind.UNIT, Kind.VERSION, Kind.NAME, Kind.CODE))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in which two statements differ: its words on each side and where they stand."""

    left_over: LeftOver
    kind: Kind
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    left_spans: tuple[Span, ...] = ()
    right_spans: tuple[Span, ...] = ()

    @property
    def one_sided(self) -> bool:
        return not self.left or not self.right

    def sentence(self, first: str = "statement 1", second: str = "statement 2") -> str:
        """Return a line for a reviewer; `first` and `second` name the two statements."""
        if self.kind is Kind.LANGUAGE:
            languages = " and ".join(dict.fromkeys((*self.left, *self.right)))
            return f"No tested rules for this language: {languages}"
        left, right = _quoted(self.left), _quoted(self.right)
        if not left and not right:
            return f"The statements differ in {self.kind}"
        if self.one_sided:
            return f"Only {first if left else second} says {left or right}"
        if self.kind in (Kind.ROLE, Kind.ORDER) and set(self.left) == set(self.right):
            return f"{left} in another order or role"
        return f"{first[:1].upper()}{first[1:]} says {left}, {second} says {right}"


class Said(Protocol):
    """A word or signal of a statement."""

    @property
    def cased(self) -> str: ...
    @property
    def span(self) -> Span: ...


def finding(
    left_over: LeftOver, kind: Kind, left: Iterable[Said], right: Iterable[Said]
) -> Finding:
    """Return the finding of these words on each side."""
    ours, theirs = tuple(left), tuple(right)
    return Finding(
        left_over,
        kind,
        tuple(one.cased for one in ours),
        tuple(one.cased for one in theirs),
        tuple(one.span for one in ours),
        tuple(one.span for one in theirs),
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences of two statements, the worst first."""

    left_over: LeftOver
    findings: tuple[Finding, ...]
    languages: tuple[str, str]

    @property
    def blocks(self) -> bool:
        """Return True if the pair never merges without a person, whatever the model says."""
        return self.left_over in (LeftOver.CONFLICT, LeftOver.UNREAD)

    @property
    def disputed(self) -> tuple[Finding, ...]:
        """Return what a reviewer should look at: conflicts, and facts that one side adds."""
        return tuple(
            one
            for one in self.findings
            if one.left_over in (LeftOver.CONFLICT, LeftOver.UNREAD)
            or (one.left_over is LeftOver.ADDITION and one.kind in FACTS)
        )

    @property
    def wording(self) -> str:
        """Return the words left over on each side, sorted, as "again said | in short".

        Symmetric; the first side is empty where one statement only says more; "" without any.
        """
        sides = sorted(
            " ".join(sorted({word.lower() for words in side for word in words}))
            for side in (
                [one.left for one in self.findings],
                [one.right for one in self.findings],
            )
        )
        return " | ".join(sides) if any(sides) else ""

    def sentences(self) -> tuple[str, ...]:
        return tuple(finding.sentence() for finding in self.findings)


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"“{word}”" for word in words)
