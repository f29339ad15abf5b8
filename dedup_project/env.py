"""Settings from the environment, by environs: NAME, else the file that NAME_FILE names."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from dotenv.parser import parse_stream
from environs import EnvError, FileAwareEnv, validate

SHARE = validate.Range(0, 1)
NOT_NEGATIVE = validate.Range(0)
POSITIVE = validate.Range(1)


class Environment(FileAwareEnv):
    """An environment in which an empty variable counts as unset, as compose files write it.

    Raises ImproperlyConfigured, naming the variable.
    """

    def _get_value(self, env_key: str, default: Any) -> Any:
        try:
            value = super()._get_value(env_key, default)
        except ValueError as error:
            raise ImproperlyConfigured(f"{env_key}_FILE: {error}") from error
        return default if value == "" else value

    def read_file(self, path: Path) -> None:
        """Load NAME=value lines; the environment takes precedence."""
        if not path.is_file():
            return
        with path.open() as lines:
            for binding in parse_stream(lines):
                if binding.error or (binding.key and binding.value is None):
                    raise ImproperlyConfigured(
                        f"{path} line {binding.original.line}: write NAME=value. Quote a value "
                        "that contains “#”."
                    )
        self.read_env(str(path), recurse=False)


class Secret:
    """A value that is only shown by `reveal()`: not in a repr, log, page or pickle."""

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
        raise TypeError("A secret cannot be pickled.")


def secret(name: str) -> Secret:
    return Secret(env.str(name, "").strip())


def words(name: str, default: list[str]) -> list[str]:
    """Return the items of a comma-separated list, without spaces around them."""
    return [word for word in env.list(name, default, subcast=str.strip) if word]


env = Environment(strip_whitespace=True)

__all__ = [
    "NOT_NEGATIVE", "POSITIVE", "SHARE", "EnvError", "Secret", "env", "secret", "validate", "words",
]  # fmt: skip
