"""Statements become rows: each text one insight, each statement a place of its own."""

from uuid import UUID

from insights.ingest.statements import FoundStatement
from insights.models import Insight, InsightSource, InsightStatus, ProcessingRun
from insights.review.state import lock_insights, root_of


def unseen(batch: list[FoundStatement]) -> list[Insight]:
    """Unsaved insights for the texts that are not stored yet, each text once."""
    known = set(
        Insight.objects.filter(content_hash__in={statement.content_hash for statement in batch})
        .exclude(status=InsightStatus.RETIRED)
        .values_list("content_hash", flat=True)
    )
    new: dict[str, Insight] = {}
    for statement in batch:
        digest = statement.content_hash
        if digest not in known and digest not in new:
            new[digest] = Insight(statement=statement.text, content_hash=digest)
    return list(new.values())


def store_batch(
    run: ProcessingRun, batch: list[FoundStatement], new: list[Insight]
) -> list[Insight]:
    """The new insights and the place of each statement; those that nobody had stored before.

    In a transaction of the caller's.
    """
    # In the order of the hashes, so that two ingests of the same texts wait for each other
    # instead of deadlocking; whoever comes second finds the row of the first.
    Insight.objects.bulk_create(
        sorted(new, key=lambda insight: insight.content_hash), ignore_conflicts=True
    )
    own, roots = _resolve({statement.content_hash for statement in batch})
    InsightSource.objects.bulk_create(
        InsightSource(
            insight_id=roots[statement.content_hash],
            origin_insight_id=own[statement.content_hash],
            source_id=run.source_id,
            run=run,
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


def _resolve(digests: set[str]) -> tuple[dict[str, UUID], dict[str, UUID]]:
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
