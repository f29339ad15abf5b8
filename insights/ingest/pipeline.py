"""From a file's bytes to stored insights, and the sure duplicates merged (the guide's Option A).

A file is read as a whole and refused before anything is written. `process` then works in batches,
each one transaction, so that a run which is killed goes on where it stopped.
"""

import math
import time
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from insights.decider import DuplicateDecider, duplicate_decider
from insights.embedding.service import embed_statements
from insights.ingest.readers import SourceContent
from insights.ingest.sources import read_stored
from insights.ingest.statements import FoundStatement, prepare, statements
from insights.ingest.store import store_batch, unseen
from insights.jobs.locks import advisory_lock, is_connection_lost, retry_on_deadlock
from insights.jobs.progress import Progress, Timings, recorded, silent
from insights.models import (
    Insight,
    InsightOrigin,
    InsightSource,
    InsightStatus,
    ProcessingRun,
    RunStatus,
    Source,
)
from insights.review.actions.automatic import MergeAutomatically

BATCH = 256


class AlreadyProcessing(Exception):
    """Another process has this source in hand."""


class Cancelled(Exception):
    pass


class Paused(Exception):
    """The time that one task may take is over; a later one goes on."""


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
        ProcessingRun.fail_abandoned(
            except_=queued,
            error="The process ended before the run did; the next run goes on from there.",
            source=source,
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
            if is_connection_lost(error):
                raise  # still `running` without its lock: the sweep hands it over again
            run.finish(RunStatus.FAILED, error=f"{type(error).__name__}: {error}")
            raise
        return run


class _Processing:
    """One run at work. Its counts are those of what it stored itself, saved with each batch."""

    def __init__(
        self, run: ProcessingRun, content: SourceContent, progress: Progress, *, until: float
    ) -> None:
        self.run, self.content, self.progress, self.until = run, content, progress, until
        self.decider: DuplicateDecider = duplicate_decider()
        self.timings = Timings(run.timings)
        none = {"statements": 0, "created": 0, "repeated": 0, "merged": 0}
        self.run.counts = none | run.counts | {"rows_left_out": content.row_error_count}

    def execute(self) -> None:
        with self.timings.step("extract"):
            if unsupported := prepare(self.content):
                self._count(unsupported=unsupported)
            found = list(statements(self.content))
        stored = set(self._places().values_list("ordinal", flat=True))
        self._count(statements=len(found), resumed_after=len(stored))
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
        self.run.finish(RunStatus.SUCCEEDED)

    def _count(self, **counts: int) -> None:
        self.run.counts = self.run.counts | counts
        self.run.timings = dict(self.timings)
        self.run.save(update_fields=["counts", "timings"])

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
        self._merge_duplicates(list(insights.order_by("created_at", "pk")))

    def _process_batch(self, batch: list[FoundStatement]) -> None:
        new = unseen(batch)
        with self.timings.step("embed"):
            embed_statements(new)
        with self.timings.step("store"):
            before = self.run.counts
            created = retry_on_deadlock(lambda: self._store(batch, new, before))
        self._merge_duplicates(created)

    @transaction.atomic
    def _store(
        self, batch: list[FoundStatement], new: list[Insight], before: dict[str, int]
    ) -> list[Insight]:
        created = store_batch(self.run, batch, new)
        self._count(
            created=before["created"] + len(created),
            repeated=before["repeated"] + len(batch) - len(created),
        )
        return created

    def _merge_duplicates(self, created: list[Insight]) -> None:
        """Ask the decider about new insights, and merge what it is sure of, each with a receipt.

        Outside of any transaction: a hosted model may take its time, and no reviewer should wait
        for it. Each merge checks again, under lock, that both are still active.
        """
        merged: list[UUID] = []
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
                if merge.execute() is not None:
                    merged.append(insight.pk)
        if merged:
            # What an earlier run stored and did not come to merge is not among this one's created.
            own = self.run.insight_sources.filter(origin_insight__in=merged)
            counts = self.run.counts
            self._count(
                created=counts["created"] - own.values("origin_insight").distinct().count(),
                merged=counts["merged"] + len(merged),
            )
