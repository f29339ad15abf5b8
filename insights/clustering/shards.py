"""A large join cut into shards, which any number of workers take.

The clustering run writes the join's arrays into a folder that all workers can read, named by their
content. Each worker, the run's own among them, takes the shards that nobody holds and writes their
pairs beside the arrays; no worker waits for another. A shard is held by an advisory lock, which
PostgreSQL releases when its worker dies, so the next one takes it at once. A run that died and
starts again finds the shards that were done.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from insights.clustering.join import partition
from insights.clustering.join.partition import Lists, PartitionedJoin, ShardPairs, write_whole
from insights.clustering.similarity import (
    EXACT_UP_TO,
    MAX_NEIGHBOURS,
    Cancelled,
    CandidatePairs,
    candidate_pairs,
    merged,
)
from insights.jobs.enqueue import enqueue
from insights.jobs.locks import advisory_lock
from insights.models import ClusteringRun

SHARDED_ABOVE = EXACT_UP_TO  # rows; one process joins fewer in seconds
HELPERS = 15  # tasks sent; a worker that finds nothing left to take is done at once
LEAST_RECALL = 0.99  # below it, the next run makes lists anew
_LOOK_EVERY = 0.2  # seconds, when other workers hold the last shards
_KEPT = timedelta(days=1)


def joined(
    run: ClusteringRun,
    vectors: NDArray[np.float32],
    report: Callable[[int], object],
    like: Lists | None = None,
) -> tuple[CandidatePairs, Lists | None]:
    """Return the candidate pairs of a run, with the help of other workers if there are many rows.

    Also returns the lists that the rows were dealt into, if they were: those of `like` if they
    suit, so that a pair which an earlier run compared, or did not, is treated in the same way.
    `report` is called with the number of rows done. Raises Cancelled.
    """
    threshold: float = run.parameters["threshold"]
    if len(vectors) <= SHARDED_ABOVE:
        pairs = candidate_pairs(vectors, threshold, progress=report, cancelled=run.cancel_requested)
        return pairs, None
    folder = _folder(vectors, threshold, like)
    if not (folder / "numbers.npy").exists():  # the array that is written last
        PartitionedJoin.of(vectors, threshold, most=MAX_NEIGHBOURS, like=like).save(folder)
    join = PartitionedJoin.load(folder)
    results = [_result(folder, number) for number in range(len(join.shards))]
    for _ in results[1 : HELPERS + 1]:
        enqueue("insights.tasks.compare_shards", str(run.pk), folder.name)

    def tell() -> int:
        done = sum(file.exists() for file in results)
        report(len(vectors) * done // len(results))
        return done

    try:
        while tell() < len(results):
            if not take_shards(run, folder.name, taken=tell):
                time.sleep(_LOOK_EVERY)
            if run.cancel_requested():
                raise Cancelled
        pairs = merged(join, map(_read, results), MAX_NEIGHBOURS)
        return pairs, join.lists if pairs.recall >= LEAST_RECALL else None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def take_shards(
    run: ClusteringRun, folder_name: str, *, taken: Callable[[], object] = lambda: None
) -> int:
    """Compare the shards that nobody holds or has done, and return how many.

    `taken` is called after each. Returns early when the run is cancelled or its folder gone.
    """
    folder, done = _root() / folder_name, 0
    try:
        join = PartitionedJoin.load(folder)
        for number, lists in enumerate(join.shards):
            file = _result(folder, number)
            if file.exists():
                continue
            with advisory_lock(f"shard:{folder_name}:{number}") as free:
                if not free or file.exists():
                    continue
                pairs = join.compare(lists, MAX_NEIGHBOURS, cancelled=run.cancel_requested)
                if run.cancel_requested():
                    break
                _write(file, pairs)
            done += 1
            taken()
    except FileNotFoundError:
        pass  # the run has ended, or this machine does not share the folder
    return done


def prune_joins() -> int:
    """Delete the folders of runs that never ended, and return how many."""
    old = [
        folder
        for folder in _folders()
        if time.time() - folder.stat().st_mtime > _KEPT.total_seconds()
    ]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def _root() -> Path:
    return Path(settings.VAR) / "joins"


def _folders() -> Iterator[Path]:
    return _root().iterdir() if _root().is_dir() else iter(())


def _folder(vectors: NDArray[np.float32], threshold: float, like: Lists | None) -> Path:
    digest = hashlib.sha256(np.ascontiguousarray(vectors).data)
    for array in (like.axes, like.centres, like.numbers) if like else ():
        digest.update(array.tobytes())
    digest.update(f"{threshold} {MAX_NEIGHBOURS} {partition.SHARD_ROWS}".encode())
    return _root() / digest.hexdigest()[:32]


def _result(folder: Path, number: int) -> Path:
    return folder / f"shard-{number}.npz"


def _write(file: Path, found: ShardPairs) -> None:
    (left, right, similarity), left_out = found
    write_whole(
        file,
        lambda stream: np.savez(
            stream, left=left, right=right, similarity=similarity, left_out=np.array(left_out)
        ),
    )


def _read(file: Path) -> ShardPairs:
    with np.load(file) as found:
        return (found["left"], found["right"], found["similarity"]), int(found["left_out"])
