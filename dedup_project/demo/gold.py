"""The bundled corpus and its gold labels."""

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from insights.text.normalise import content_hash

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Gold:
    """Gold labels by content hash: two statements are one insight if their clusters are equal."""

    folder: Path = CORPUS

    @cached_property
    def cluster_of(self) -> dict[str, str]:
        return {content_hash(row["statement"]): row["cluster"] for row in self._rows}

    @cached_property
    def family_of(self) -> dict[str, str]:
        """Return the near-miss or contradiction family of each cluster that has one."""
        return {row["cluster"]: row["family"] for row in self._rows if row["family"]}

    def statements(self) -> list[tuple[str, str]]:
        """Return each statement once, with its cluster, in chronological order."""
        rows = {content_hash(row["statement"]): row for row in reversed(self._rows)}
        return [(row["statement"], row["cluster"]) for row in reversed(rows.values())]

    @cached_property
    def _rows(self) -> list[dict[str, str]]:
        with (self.folder / "gold.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def sources(self) -> list[Path]:
        """Return the files in chronological order, which is the order of their names."""
        return sorted((self.folder / "sources").iterdir())
