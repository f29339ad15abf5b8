"""Word lists of a language: plain text files, one entry a line, `#` begins a comment."""

from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_name("data")


@cache
def lines(path: str) -> tuple[str, ...]:
    """Return the lines of `data/<path>.txt` without comments and blank lines; empty if missing."""
    file = _DATA / f"{path}.txt"
    if not file.exists():
        return ()
    stripped = (line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines())
    return tuple(line for line in stripped if line)


@cache
def words(path: str) -> frozenset[str]:
    """Return all the words of a list, however they are spread over its lines."""
    return frozenset(word for line in lines(path) for word in line.split())


def groups(path: str) -> list[list[str]]:
    """Return the lines of a list, each split into its entries at `|`."""
    return [[entry.strip() for entry in line.split("|")] for line in lines(path)]


@cache
def named(path: str) -> dict[str, str]:
    """Return the lists of a file whose lines are "name: entries"; lines of one name are joined."""
    found: dict[str, list[str]] = {}
    for line in lines(path):
        name, _, entries = line.partition(": ")
        found.setdefault(name, []).append(entries)
    return {name: "\n".join(parts) for name, parts in found.items()}


def alternatives(path: str, name: str) -> str:
    """Return a named list of regular expressions as one group, the first that fits first."""
    return f"(?:{named(path)[name].replace(chr(10), '|')})"


# What a capital letter at the start of a statement does not make a name.
FUNCTION, ROLES, COMMON = words("function"), words("roles"), words("common")
