"""From a file's bytes to stored insights, and the sure duplicates merged (the guide's Option A).

A file is read as a whole and refused before anything is written. `process` then works in batches,
each one transaction, so that a run which is killed goes on where it stopped.
"""

import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from insights.embedding.service import embed_statements
from insights.ingest.chunking import chunk_document
from insights.ingest.readers import Limits, SourceContent, read_source
from insights.locks import advisory_lock, retry_on_deadlock
from insights.models import (
    Insight,
    InsightOrigin,
    InsightSource,
    InsightStatus,
    ProcessingRun,
    RunStatus,
    Source,
)
from insights.models.run import UNFINISHED
from insights.ports import DuplicateDecider, duplicate_decider, extractor
from insights.progress import Progress, Timings, recorded, silent
from insights.review.actions.automatic import MergeAutomatically
from insights.review.state import lock_insights, root_of
from insights.text.normalise import clean, content_hash

BATCH = 256


class AlreadyProcessing(Exception):
    """Another process has this source in hand."""


class Cancelled(Exception):
    pass


class Paused(Exception):
    """The time that one task may take is over; a later one goes on."""


@dataclass(frozen=True, slots=True)
class FoundStatement:
    """One statement at its place; `ordinal` counts the statements of a source from 0."""

    ordinal: int
    text: str
    locator: str
    start: int | None
    end: int | None


def limits() -> Limits:
    return Limits(max_bytes=settings.MAX_SOURCE_BYTES)


def register(
    name: str,
    data: bytes,
    content: SourceContent,
    *,
    keep_good_rows: bool = False,
    created_by: Any = None,
) -> tuple[Source, bool]:
    """Store a file that `insights.ingest.readers` has read; the flag says whether it is new."""
    return Source.objects.get_or_create(
        content_hash=hashlib.sha256(data).hexdigest(),
        defaults={
            "name": PurePath(name).name[:255],
            "title": content.title[:255],
            "format": content.format,
            "encoding": content.encoding,
            "keep_good_rows": keep_good_rows,
            "content": data,
            "size": len(data),
            "created_by": created_by,
        },
    )


def is_processed(source: Source) -> bool:
    return source.runs.filter(status=RunStatus.SUCCEEDED).exists()


def process(
    source: Source,
    *,
    content: SourceContent | None = None,
    started_by: Any = None,
    queued: ProcessingRun | None = None,
    progress: Progress = silent,
    seconds: float = math.inf,
) -> ProcessingRun:
    """Extract, embed, deduplicate and store; or go on with what an earlier run left undone.

    `queued` is a row of `queue_processing`. Raises AlreadyProcessing. A source that was processed
    to the end is not processed again. When it takes longer than `seconds` it stops after a batch,
    and the run is queued again.
    """
    with advisory_lock(f"source:{source.pk}") as free:
        if not free:
            raise AlreadyProcessing(f"“{source}” is being processed right now.")
        done = source.runs.filter(status=RunStatus.SUCCEEDED).first()
        if done is not None:
            if queued is not None:
                queued.cancel()
            return done
        died = source.runs.filter(status=RunStatus.RUNNING)
        if queued is not None:
            died = died.exclude(pk=queued.pk)
        died.update(
            status=RunStatus.FAILED,
            error="The process ended before the run did; the next run goes on from there.",
            finished_at=timezone.now(),
        )
        if queued is not None and not queued.begin():
            return queued
        run = queued or ProcessingRun.objects.create(source=source, started_by=started_by)
        try:
            _Processing(
                run,
                content or read_stored(source),
                recorded(run, progress),
                until=time.monotonic() + seconds,
            ).execute()
        except Paused:
            run.pause()
        except Cancelled:
            run.finish(RunStatus.CANCELLED, error="Cancelled. Process it again to go on.")
        except BaseException as error:
            run.finish(RunStatus.FAILED, error=f"{type(error).__name__}: {error}")
            raise
        return run


def queue_processing(source: Source, *, started_by: Any = None) -> ProcessingRun:
    """The row to follow of a run that a worker will take; the one that waits or works already."""
    run = source.runs.filter(status__in=UNFINISHED).order_by("status").first()
    if run is None:
        run, _ = source.runs.get_or_create(
            status=RunStatus.QUEUED, defaults={"started_by": started_by}
        )
    return run


def prepare(content: SourceContent) -> int:
    """Give the extractor all chunks at once; how many statements they will not support."""
    if content.kind == "insights":
        return 0
    chunks = [chunk for document in content.documents for chunk in chunk_document(document)]
    return extractor().prepare(chunks)


def statements(content: SourceContent) -> Iterator[FoundStatement]:
    """The statements of a source in order. The same bytes give the same ordinals."""
    found: Iterator[tuple[str, str, int | None, int | None]]
    if content.kind == "insights":
        found = ((row.statement, row.locator, None, None) for row in content.rows)
    else:
        extract = extractor().extract
        found = (
            (statement.text, statement.locator, statement.start, statement.end)
            for document in content.documents
            for chunk in chunk_document(document)
            for statement in extract(chunk)
        )
    for ordinal, (text, locator, start, end) in enumerate(found):
        yield FoundStatement(ordinal, clean(text), locator[:255], start, end)


def read_stored(source: Source) -> SourceContent:
    """The file of a source, read again as it was the first time."""
    data = bytes(Source.objects.values_list("content", flat=True).get(pk=source.pk))
    return read_source(
        source.name,
        data,
        keep_good_rows=source.keep_good_rows,
        encoding=source.encoding,
        limits=Limits(max_bytes=max(len(data), settings.MAX_SOURCE_BYTES)),
    )


class _Processing:
    def __init__(
        self, run: ProcessingRun, content: SourceContent, progress: Progress, *, until: float
    ) -> None:
        self.run, self.content, self.progress, self.until = run, content, progress, until
        self.decider: DuplicateDecider = duplicate_decider()
        self.timings = Timings()
        self.counts = {"statements": 0, "created": 0, "repeated": 0, "merged": 0}
        self.counts["rows_left_out"] = content.row_error_count

    def execute(self) -> None:
        with self.timings.step("extract"):
            if unsupported := prepare(self.content):
                self.counts["unsupported"] = unsupported
            found = list(statements(self.content))
        stored = set(self._places().values_list("ordinal", flat=True))
        self.counts["statements"] = len(found)
        self.counts["resumed_after"] = len(stored)
        self._check_last_batch_again()
        rest = iter([statement for statement in found if statement.ordinal not in stored])
        done = len(stored)
        self.progress("ingest", done, len(found))
        while batch := list(islice(rest, BATCH)):
            if self.run.cancel_requested():
                raise Cancelled
            self._process_batch(batch)
            done += len(batch)
            self.progress("ingest", done, len(found))
            if done < len(found) and time.monotonic() > self.until:
                raise Paused
        self.run.finish(RunStatus.SUCCEEDED, counts=self.counts, timings=dict(self.timings))

    def _places(self) -> QuerySet[InsightSource]:
        return InsightSource.objects.filter(source=self.run.source_id)

    def _check_last_batch_again(self) -> None:
        """A run that was killed may have stored its last batch and not yet merged in it.

        Only what came with this source: a repeat of an older insight is not up for a merge.
        """
        last = self._places().order_by("-ordinal").values_list("origin_insight", flat=True)[:BATCH]
        elsewhere = InsightSource.objects.exclude(source=self.run.source_id)
        insights = Insight.objects.filter(
            ~Exists(elsewhere.filter(origin_insight=OuterRef("pk"))),
            pk__in=list(last),
            status=InsightStatus.ACTIVE,
            origin=InsightOrigin.EXTRACTED,
        )
        self.counts["merged"] += self._merge_duplicates(list(insights.order_by("created_at", "pk")))

    def _process_batch(self, batch: list[FoundStatement]) -> None:
        hashes = {statement.ordinal: content_hash(statement.text) for statement in batch}
        new = self._unseen(batch, hashes)
        with self.timings.step("embed"):
            embed_statements(new)
        with self.timings.step("store"):
            created = retry_on_deadlock(lambda: self._store(batch, hashes, new))
        merged = self._merge_duplicates(created)
        self.counts["created"] += len(created) - merged
        self.counts["repeated"] += len(batch) - len(created)
        self.counts["merged"] += merged

    def _unseen(self, batch: list[FoundStatement], hashes: dict[int, str]) -> list[Insight]:
        """Unsaved insights for the texts that are not stored yet, each text once."""
        known = set(
            Insight.objects.filter(content_hash__in=hashes.values())
            .exclude(status=InsightStatus.RETIRED)
            .values_list("content_hash", flat=True)
        )
        unseen: dict[str, Insight] = {}
        for statement in batch:
            digest = hashes[statement.ordinal]
            if digest not in known and digest not in unseen:
                unseen[digest] = Insight(statement=statement.text, content_hash=digest)
        return list(unseen.values())

    @transaction.atomic
    def _store(
        self, batch: list[FoundStatement], hashes: dict[int, str], new: list[Insight]
    ) -> list[Insight]:
        """The new insights and the place of each statement; those that nobody had stored before."""
        # In the order of the hashes, so that two ingests of the same texts wait for each other
        # instead of deadlocking; whoever comes second finds the row of the first.
        Insight.objects.bulk_create(
            sorted(new, key=lambda insight: insight.content_hash), ignore_conflicts=True
        )
        own, roots = self._resolve(set(hashes.values()))
        InsightSource.objects.bulk_create(
            InsightSource(
                insight_id=roots[hashes[statement.ordinal]],
                origin_insight_id=own[hashes[statement.ordinal]],
                source_id=self.run.source_id,
                run=self.run,
                ordinal=statement.ordinal,
                locator=statement.locator,
                statement=statement.text,
                start=statement.start,
                end=statement.end,
            )
            for statement in batch
        )
        ours = set(own.values())
        return [insight for insight in new if insight.pk in ours]

    def _resolve(self, digests: set[str]) -> tuple[dict[str, UUID], dict[str, UUID]]:
        """For each hash its own insight and the active root of it, locked against merging.

        Looked up again under the lock: until then it may be merged, or an undo may take it out.
        """
        found = _own_and_roots(digests)
        while True:
            lock_insights(found[1].values())
            again = _own_and_roots(digests)
            if again == found:
                return found
            found = again

    def _merge_duplicates(self, created: list[Insight]) -> int:
        """Ask the decider about new insights; how many were merged, each with a receipt.

        Outside of any transaction: a hosted model may take its time, and no reviewer should wait
        for it. Each merge checks again, under lock, that both are still active.
        """
        merged = 0
        with self.timings.step("deduplicate"):
            checks = self.decider.check(created)
            for insight, check in zip(created, checks, strict=True):
                if not check.should_merge or check.existing_insight_id is None:
                    continue
                merge = MergeAutomatically(
                    canonical_id=check.existing_insight_id,
                    duplicate_id=insight.pk,
                    model_id=check.model_id,
                    model_version=check.model_version,
                    evidence={
                        "confidence": check.confidence,
                        "similarity": check.similarity,
                        "reason": check.reason,
                        **check.evidence,
                    },
                )
                merged += retry_on_deadlock(merge.execute) is not None
        return merged


def _own_and_roots(digests: set[str]) -> tuple[dict[str, UUID], dict[str, UUID]]:
    rows = (
        Insight.objects.filter(content_hash__in=digests)
        .exclude(status=InsightStatus.RETIRED)
        .order_by("-status")  # "merged" before "active", which so stands
    )
    by_hash = {row.content_hash: row for row in rows}
    return (
        {digest: row.pk for digest, row in by_hash.items()},
        {digest: root_of(row) for digest, row in by_hash.items()},
    )
