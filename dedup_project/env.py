"""Reads settings from the environment and says which variable is wrong, not only that one is."""

import os
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
# NAME=value, NAME="value", each perhaps with a comment behind a space.
ASSIGNMENT = re.compile(
    r"""(?P<name>\w+)\s*=\s*
    (?:(?P<mark>["'])(?P<quoted>.*)(?P=mark)|(?P<plain>(?!["']|(?<=\s)\#)\S.*?(?=\s+\#|\s*$))?)
    (?:\s+\#.*|\s*)""",
    re.VERBOSE,
)


def text(name: str, default: str = "") -> str:
    """The variable, or what stands in the file that NAME_FILE points at (for secrets).

    One that is set to nothing counts as not set, as compose files have it.
    """
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE points at {path}, but: {error}") from error
    return os.environ.get(name) or default


class Secret:
    """A value that shows itself only to who asks for it: not in a repr, log, page or pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "<set>" if self else "<not set>"

    def __reduce__(self) -> str:
        raise TypeError("A secret is not written down.")


def secret(name: str) -> Secret:
    return Secret(text(name).strip())


def amount(name: str, default: str) -> Decimal:
    """A number from 0 up: money, seconds."""
    value = text(name, default)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ImproperlyConfigured(f"{name} is {value!r}. Write a number.") from None
    if not number.is_finite() or number < 0:
        raise ImproperlyConfigured(f"{name} is {number}. Write a number from 0 up.")
    return number


def pairs(name: str) -> dict[str, str]:
    """NAME=a=1,b=2"""
    found = dict(word.partition("=")[::2] for word in words(name))
    if empty := [key for key, value in found.items() if not key or not value]:
        raise ImproperlyConfigured(f"{name}: “{empty[0]}” has no value. Write name=value,...")
    return found


def flag(name: str, default: bool) -> bool:
    value = text(name, str(default)).strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}. Write 1 or 0.")


def whole(name: str, default: int, *, least: int = 0) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}. Write a whole number.") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} is {number}. The least is {least}.")
    return number


def share(name: str, default: float) -> float:
    """A number from 0 to 1: a probability, a similarity, a threshold."""
    value = text(name, str(default))
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}. Write a number from 0 to 1.") from None
    if not 0 <= number <= 1:
        raise ImproperlyConfigured(f"{name} is {number}. It must lie from 0 to 1.")
    return number


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}. Choose one of: {', '.join(choices)}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def load_dotenv(path: Path) -> None:
    """Take NAME=value lines from a .env file; what the environment already has, wins."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = ASSIGNMENT.fullmatch(line)
        if found is None:
            raise ImproperlyConfigured(
                f"{path} line {number}: write NAME=value. A value with “#” in it goes in quotes."
            )
        os.environ.setdefault(found["name"], found["quoted"] or found["plain"] or "")
