"""Word lists kept as text files beside this module: one entry a line, "#" begins a comment."""

from functools import cache
from importlib import resources


@cache
def entries(name: str) -> frozenset[str]:
    """Return the lines of data/`name`.txt."""
    lines = _lines(name)
    return frozenset(lines)


@cache
def words(name: str) -> frozenset[str]:
    """Return the words of data/`name`.txt, however they are spread over lines."""
    return frozenset(word for line in _lines(name) for word in line.split())


def _lines(name: str) -> list[str]:
    text = resources.files("insights.text").joinpath("data", f"{name}.txt").read_text("utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
