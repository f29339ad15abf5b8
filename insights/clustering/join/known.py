"""The outcome of a finished run, kept in a folder for the next one."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from insights.clustering.join.partition import Lists, write_whole

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]
Number = TypeVar("Number", np.float32, np.int8)
_ARRAYS = ("ids", "created", "group", "left", "right", "similarity", "probability", "error")
_LISTS = ("axes", "centres", "numbers")
_FILES = ("vectors", "short")


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of a run, its candidate pairs and its groups.

    Of n rows: `ids`, uint8 (n, 16); `created`, int64 (n,), orders them together with the ids;
    `group`, int64 (n,), the lowest row of a row's group, -1 for a row that is gone. Of m pairs,
    sorted: `left`, `right` and `similarity`, as CandidatePairs has them, and `probability`, float64
    (m,), NaN where the model was not asked. `vectors`: float32 (n, d), rows of length 1. `short`:
    int8 (n, k), their short form, which is that of `lists`, with its `error`, float32 (n,). Both
    are in two parts: the first is on disk and mapped into memory, the second is new.
    """

    ids: NDArray[np.uint8]
    created: Rows
    group: Rows
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    similarity: Floats
    probability: NDArray[np.float64]
    error: Floats
    vectors: tuple[Floats, Floats]
    short: tuple[NDArray[np.int8], NDArray[np.int8]]
    lists: Lists
    # CRC-32 of the parts on disk; None if a first part is not there, or another.
    digests: tuple[int | None, int | None] = (None, None)

    def vectors_of(self, rows: Rows) -> Floats:
        old, new = self.vectors
        found = np.empty((len(rows), old.shape[1]), np.float32)
        is_old = rows < len(old)
        found[is_old], found[~is_old] = old[rows[is_old]], new[rows[~is_old] - len(old)]
        return found

    def row_of(self, ids: Iterable[UUID]) -> dict[UUID, int]:
        """Return the rows of those ids that are there."""
        raw = self.ids.tobytes()  # of an id's rows, the last counts
        place = {raw[at : at + 16]: at // 16 for at in range(0, len(raw), 16)}
        found = {one: place.get(one.bytes, -1) for one in ids}
        return {one: row for one, row in found.items() if row >= 0 and self.group[row] >= 0}

    def ids_of(self, rows: Rows) -> list[UUID]:
        return [UUID(bytes=one.tobytes()) for one in self.ids[rows]]

    def save(self, folder: Path, before: Path) -> None:
        """Write it into a folder of its own; the vectors that are in `before` move there."""
        folder.mkdir(parents=True, exist_ok=True)
        digests = []
        for name, digest in zip(_FILES, self.digests, strict=True):
            old, new = getattr(self, name)
            if digest is None:
                (folder / name).write_bytes(old.data)
            else:
                (before / name).replace(folder / name)
            with (folder / name).open("r+b") as stream:
                stream.truncate(old.nbytes)
                stream.seek(old.nbytes)
                stream.write(new.data)
            digests.append(zlib.crc32(new.data, zlib.crc32(old.data) if digest is None else digest))
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {name: getattr(self.lists, name) for name in _LISTS}
        write_whole(
            folder / "rows.npz",
            lambda stream: np.savez(stream, digests=np.array(digests), **arrays),
        )

    @classmethod
    def load(cls, folder: Path) -> Known | None:
        """Return what was saved, or None if it is not there or is not what was saved."""
        try:
            with (folder / "rows.npz").open("rb") as stream, np.load(stream) as found:
                arrays = {name: found[name] for name in _ARRAYS}
                lists = Lists(*(found[name] for name in _LISTS))
                digests = tuple(found["digests"].tolist())
            n = len(arrays["ids"])
            vectors = _mapped(folder / "vectors", np.float32, (n, len(lists.axes)))
            short = _mapped(folder / "short", np.int8, (n, lists.form.dimensions))
        # Not there, cut off (of mmap: ValueError), or written by another version.
        except (OSError, EOFError, BadZipFile, KeyError, ValueError):
            return None
        if digests != (zlib.crc32(vectors[0].data), zlib.crc32(short[0].data)):
            return None
        return cls(vectors=vectors, short=short, lists=lists, digests=digests, **arrays)


def _mapped(
    file: Path, dtype: type[Number], shape: tuple[int, int]
) -> tuple[NDArray[Number], NDArray[Number]]:
    new = np.empty((0, shape[1]), dtype)
    return (np.memmap(file, dtype, "r", shape=shape) if shape[0] else new), new


def ids_as_bytes(ids: Sequence[UUID]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(one.bytes for one in ids), np.uint8).reshape(-1, 16)
