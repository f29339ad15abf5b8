"""One word that stands for another in otherwise equal statements.

"Nurses cannot swap shifts" and "Carers cannot swap shifts" differ in no number, date or name, are
as alike as two sentences can be, and say different things; "lowers sick leave" and "reduces sick
leave" look no different and say the same. Nothing in the words tells the two cases apart, so a
guard leaves both to a person.
"""

from difflib import SequenceMatcher

from insights.text.normalise import normalise
from insights.text.tokens import TokenKind, tokens
from insights.text.words import FUNCTION

LEAST_SHARED = 3  # words; below that, "otherwise equal" means nothing
SAME_STEM = 5  # letters at the beginning: "publish" and "publishing"


def replaced_word(left: str, right: str) -> tuple[str, str] | None:
    """The two words where exactly one content word was replaced by another, else None."""
    first, second = _words(left), _words(right)
    if len(first) != len(second) or len(first) <= LEAST_SHARED:
        return None
    changes = [
        change
        for change in SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
        if change[0] != "equal"
    ]
    if len(changes) != 1:
        return None
    _, start, end, other_start, other_end = changes[0]
    if end - start != 1 or other_end - other_start != 1:
        return None
    one, other = first[start], second[other_start]
    if {one, other} & FUNCTION or _same_stem(one, other):
        return None
    return one, other


def _words(text: str) -> list[str]:
    return [token.text for token in tokens(normalise(text)) if token.kind != TokenKind.PUNCTUATION]


def _same_stem(one: str, other: str) -> bool:
    shared = min(SAME_STEM, len(one), len(other))
    return one[:shared] == other[:shared] and shared >= SAME_STEM - 1
