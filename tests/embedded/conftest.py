"""Running services, and a folder for new ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.services import clear, make_folder


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """A folder with both services running when the first test gets it."""
    folder = make_folder()
    yield folder / "var"
    clear(folder, folder / "var")


@pytest.fixture
def empty_folder() -> Iterator[Path]:
    folder = make_folder()
    yield folder
    clear(folder, folder / "var")
