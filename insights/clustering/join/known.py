"""The candidate pairs of a finished run, kept in a file for the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from insights.clustering.join.partition import write_whole


@dataclass(frozen=True, slots=True)
class KnownPairs:
    """Pairs (left, right, similarity) of rows as CandidatePairs has them, and each row's id.

    `ids`: 16 bytes a row, uint8 (n, 16).
    """

    ids: NDArray[np.uint8]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    similarity: NDArray[np.float32]

    def save(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        arrays = {name: getattr(self, name) for name in self.__slots__}
        write_whole(file, lambda stream: np.savez(stream, **arrays))

    @classmethod
    def load(cls, file: Path) -> KnownPairs | None:
        """Return what was saved, or None if the file is not there."""
        try:
            with np.load(file) as found:
                return cls(*(found[name] for name in cls.__slots__))
        except FileNotFoundError:
            return None

    def rows(self, row_of: Mapping[UUID, int]) -> NDArray[np.int64]:
        """Return the current row of each row, -1 for a deleted one, (n,)."""
        ids = (UUID(bytes=one.tobytes()) for one in self.ids)
        return np.fromiter((row_of.get(one, -1) for one in ids), np.int64, len(self.ids))


def ids_as_bytes(ids: Sequence[UUID]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(one.bytes for one in ids), np.uint8).reshape(-1, 16)
