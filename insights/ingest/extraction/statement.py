"""Input and output of an extractor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # chunking itself splits sentences, so it imports this package
    from insights.ingest.chunking import Chunk


@dataclass(frozen=True, slots=True)
class ExtractedStatement:
    """One claim. `start` and `end` bound its words in the document's text."""

    text: str
    locator: str
    start: int
    end: int


class Extractor(Protocol):
    name: str

    def prepare(self, chunks: Sequence["Chunk"]) -> int:
        """Take all chunks of a source before the first `extract`.

        Returns how many statements will be left out because their chunk does not support them.
        """
        ...

    def extract(self, chunk: "Chunk") -> list[ExtractedStatement]:
        """Return the statements of one chunk in their order; there may be none."""
        ...
