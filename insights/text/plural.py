"""Counts in sentences for people: of commands, messages and notices.

Templates use Django's `pluralize`. A label beside one number in a table needs no noun.
"""


def counted(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun: "1 statement", "1,234 statements".

    `nouns` is the plural where it is more than an s: `counted(2, "copy", "copies")`.
    Negative counts and fractions are not meant.
    """
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {nouns or noun + 's'}"
