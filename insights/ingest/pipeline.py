"""Turn a file's bytes into insights and merge the sure duplicates (the guide's Option A).

A file is read as a whole and refused before anything is written. `process` then works in batches,
each one transaction, so that a killed run resumes where it stopped.
"""

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from insights.decider import DuplicateDecider, duplicate_decider
from insights.embedding.service import embed_statements
from insights.ingest.known import KnownRecords
from insights.ingest.readers import SourceContent
from insights.ingest.sources import read_stored
from insights.ingest.statements import FoundStatement, Passage, Passages
from insights.ingest.store import store_batch, store_left_out, told_apart, unseen
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
from insights.permissions import Actor, account
from insights.review.actions.automatic import MergeAutomatically
from insights.text.plural import counted

BATCH = 256
FIRST = 2000
# First ordinal of texts that a person took in as they are.
TAKEN_IN = 1_000_000_000


class AlreadyProcessing(Exception):
    """Another process is working on this source."""


class Cancelled(Exception):
    pass


class Paused(Exception):
    """The task's time is up; a later task continues."""


def process(
    source: Source,
    *,
    content: SourceContent | None = None,
    started_by: Actor = None,
    queued: ProcessingRun | None = None,
    progress: Progress = silent,
    seconds: float = math.inf,
) -> ProcessingRun:
    """Extract, embed, deduplicate and store, or continue where an earlier run stopped.

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
            error="The process ended before the run did. The next run continues where it stopped.",
            source=source,
        )
        if queued is not None and not queued.begin():
            return queued
        run = queued or ProcessingRun.objects.create(source=source, started_by=account(started_by))
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
            run.finish(RunStatus.CANCELLED, error="Cancelled. Process it again to continue.")
        except BaseException as error:
            if is_connection_lost(error):
                raise  # left `running` without its lock: the sweep queues it again
            run.finish(RunStatus.FAILED, error=f"{type(error).__name__}: {error}")
            raise
        return run


def results(counts: Mapping[str, int]) -> str:
    """Return what a run did: "16 statements, 13 new insights, 1 exact repeat, 2 merged ..."."""
    nouns = {"statements": "statement", "created": "new insight", "repeated": "exact repeat"}
    said = [counted(counts[key], noun) for key, noun in nouns.items()]
    return ", ".join([*said, f"{counts['merged']} merged by the model"])


def waits(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many insights of a run wait for a person, by reason ("waited: shadow")."""
    return {name: count for name, count in counts.items() if name.startswith("waited: ")}


class _Processing:
    """A run in progress. Its counts cover what it stored itself, and are saved with each batch."""

    def __init__(
        self, run: ProcessingRun, content: SourceContent, progress: Progress, *, until: float
    ) -> None:
        self.run, self.content, self.progress, self.until = run, content, progress, until
        self.decider: DuplicateDecider = duplicate_decider()
        self.timings = Timings(run.timings)
        self.known = KnownRecords(run.source, content)
        none = dict.fromkeys(("statements", "created", "repeated", "merged", "revised"), 0)
        self.run.counts = none | run.counts | {"rows_left_out": content.row_error_count}
        # Counted afresh each time, because an attempt passes over what earlier ones stored.
        self.tally = Counter(texts=0, no_statement=0, known=0, statements=0)

    def execute(self) -> None:
        stored = set(self._places().values_list("ordinal", flat=True))
        self._count(resumed_after=len(stored))
        self._check_last_batch_again()
        total = len(self.content.documents)
        self.progress("ingest", 0, total)
        passages = Passages(self.content, self.run.source.name, redacting=settings.REDACT_CONTACTS)
        batch: list[FoundStatement] = []
        changed: set[str] = set()
        left_out: list[Passage] = []
        is_over = False
        for passage in self._timed(passages):
            if is_over:
                raise Paused
            if self._is_kept(passage, changed):
                batch += [one for one in passage.found if one.ordinal not in stored]
                if not passage.found:
                    left_out.append(passage)
            if len(batch) >= BATCH or len(left_out) >= BATCH:
                self._process_batch(batch, left_out, changed)
                batch, left_out, changed = [], [], set()
                is_over = time.monotonic() > self.until
            if self.tally["texts"] % BATCH == 0:  # also while it skips what is stored
                self.progress("ingest", min(self.tally["texts"], total), total)
        self._process_batch(batch, left_out, changed)
        self.progress("ingest", total, total)
        if passages.unsupported:
            self._count(unsupported=passages.unsupported)
        self.run.finish(RunStatus.SUCCEEDED)

    def _timed(self, passages: Passages) -> Iterator[Passage]:
        """Yield the passages; the first of running text also tell whether the file is known."""
        found = iter(passages)
        with self.timings.step("extract"):
            first = list(islice(found, FIRST))
        self.known.begin_prose([passage.record for passage in first])
        yield from first
        while True:
            with self.timings.step("extract"):
                some = list(islice(found, BATCH))
            if not some:
                return
            yield from some

    def _is_kept(self, passage: Passage, changed: set[str]) -> bool:
        self.tally["texts"] += 1
        self.tally["no_statement"] += not passage.found
        state = self.known.state(passage.record)
        if state == "known":
            self.tally["known"] += 1
            return False
        self.tally["statements"] += len(passage.found)
        if state == "changed":
            changed.add(passage.record.key)
        return True

    def _count(self, **counts: int) -> None:
        self.run.counts = self.run.counts | counts
        self.run.timings = dict(self.timings)
        self.run.save(update_fields=["counts", "timings"])

    def _places(self) -> QuerySet[InsightSource]:
        return InsightSource.objects.filter(source=self.run.source_id, ordinal__lt=TAKEN_IN)

    def _check_last_batch_again(self) -> None:
        """Merge in the last batch that a killed run stored, but may not have merged.

        Only insights that came with this source; a repeat of an older one is not merged.
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

    def _process_batch(
        self, batch: list[FoundStatement], left_out: list[Passage], changed: set[str]
    ) -> None:
        if self.run.cancel_requested():
            raise Cancelled
        batch = told_apart(batch)
        new = unseen(batch)
        with self.timings.step("embed"):
            embed_statements(new)
        with self.timings.step("store"):
            before = self.run.counts
            created = retry_on_deadlock(lambda: self._store(batch, new, left_out, changed, before))
        self._merge_duplicates(created)

    @transaction.atomic
    def _store(
        self,
        batch: list[FoundStatement],
        new: list[Insight],
        left_out: list[Passage],
        changed: set[str],
        before: dict[str, int],
    ) -> list[Insight]:
        created = store_batch(self.run, batch, new, changed)
        store_left_out(self.run, left_out)
        self._count(
            created=before["created"] + len(created),
            repeated=before["repeated"] + len(batch) - len(created),
            revised=before["revised"] + len(changed),
            **self.tally,
        )
        return created

    def _merge_duplicates(self, created: list[Insight]) -> None:
        """Ask the decider about new insights, and merge what it is sure of, each with a receipt.

        Outside of any transaction: a hosted model may take its time, and no reviewer should wait
        for it. Each merge checks again, under lock, that both are still active.
        """
        merged: list[UUID] = []
        waited: Counter[str] = Counter()
        with self.timings.step("deduplicate"):
            checks = self.decider.check(created)
            for insight, check in zip(created, checks, strict=True):
                if not check.should_merge or check.existing_insight_id is None:
                    waited.update(f"waited: {wait}" for wait in [check.wait] if wait)
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
                else:
                    waited.update(f"waited: {wait}" for wait in [merge.wait] if wait)
        if waited:
            before = self.run.counts
            self._count(**{name: before.get(name, 0) + n for name, n in waited.items()})
        if merged:
            # Insights that an earlier run stored but did not merge are not counted as created by
            # this one.
            own = self.run.insight_sources.filter(origin_insight__in=merged)
            counts = self.run.counts
            self._count(
                created=counts["created"] - own.values("origin_insight").distinct().count(),
                merged=counts["merged"] + len(merged),
            )
