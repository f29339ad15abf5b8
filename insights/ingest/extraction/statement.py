"""What an extractor takes and gives."""

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

    def extract(self, chunk: "Chunk") -> list[ExtractedStatement]:
        """The statements of one chunk in the order they stand there; none is fine."""
        ...
