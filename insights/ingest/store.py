"""Store statements: one insight per text, one occurrence per statement."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils import timezone

from insights.ingest.readers import About
from insights.ingest.removal.orphans import retire_orphans
from insights.ingest.statements import FoundStatement, Passage, Record
from insights.models import (
    Insight,
    InsightOrigin,
    InsightSource,
    InsightStatus,
    LeftOutText,
    ProcessingRun,
)
from insights.models.source import today
from insights.review.repeats import is_repeat, record_repeats, variant_hash
from insights.review.state import lock_insights, root_of
from insights.types import JSONObject, JSONRows


def told_apart(batch: list[FoundStatement]) -> list[FoundStatement]:
    """Return the statements; those that only look like exact repeats get a hash of their own.

    Example: "sent to us staff" when "sent to US staff" is stored or precedes it.
    """
    digests = {statement.content_hash for statement in batch}
    stored = Insight.objects.filter(content_hash__in=digests).exclude(status=InsightStatus.RETIRED)
    known = dict(stored.order_by("-created_at").values_list("content_hash", "statement"))
    found = []
    for statement in batch:
        first = known.setdefault(statement.content_hash, statement.text)
        if not is_repeat(first, statement.text):
            statement = replace(statement, content_hash=variant_hash(statement.text))
        found.append(statement)
    return found


def unseen(batch: list[FoundStatement]) -> list[Insight]:
    """Return unsaved insights for the texts that are not stored yet, each text once."""
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
    run: ProcessingRun, batch: list[FoundStatement], new: list[Insight], changed: set[str]
) -> list[Insight]:
    """Store the new insights and the occurrences; return the insights nobody had stored before.

    `changed` are the keys of records that an older export holds with another text: their old
    occurrences give way to the new ones. Statements whose words are stored already are exact
    repeats: each gets a receipt. In the caller's transaction.
    """
    digests = {statement.content_hash for statement in batch}
    # Their source was removed, and now the same words come in again.
    Insight.objects.filter(
        content_hash__in={insight.content_hash for insight in new},
        origin=InsightOrigin.EXTRACTED,
        status=InsightStatus.RETIRED,
    ).update(status=InsightStatus.ACTIVE, updated_at=timezone.now())
    # In the order of the hashes, so that two ingests of the same texts wait for each other
    # instead of deadlocking; whoever comes second finds the row of the first.
    Insight.objects.bulk_create(
        sorted(new, key=lambda insight: insight.content_hash), ignore_conflicts=True
    )
    own, roots = _resolve(digests)
    earlier = _take_out_changed(run, changed)
    occurrences = [
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
            version=len(earlier.get(statement.record.key, ())) + 1,
            previous=earlier.get(statement.record.key, []),
            **_fields(statement.about, statement.record),
        )
        for statement in batch
    ]
    InsightSource.objects.bulk_create(occurrences)
    retire_orphans(_once_held(earlier))
    ours = set(own.values())
    created = [insight for insight in new if insight.pk in ours]
    first = {insight.pk for insight in created}
    repeats = []
    for occurrence in occurrences:
        if occurrence.origin_insight_id in first:
            first.remove(occurrence.origin_insight_id)
        else:
            repeats.append(occurrence)
    record_repeats(repeats)
    return created


def store_left_out(run: ProcessingRun, passages: Iterable[Passage]) -> None:
    """Keep the texts that gave no statement, so that a person can take them in."""
    LeftOutText.objects.bulk_create(
        (
            LeftOutText(
                source_id=run.source_id,
                ordinal=passage.number,
                locator=passage.locator[:255],
                text=passage.text,
                reason=passage.reason[:100],
                start=passage.start,
                end=passage.end,
                **_fields(passage.about, passage.record),
            )
            for passage in passages
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )


def _fields(about: About, record: Record) -> JSONObject:
    return {
        "external_id": about.external_id[:255],
        "date": about.date[:64],
        "said_on": about.day or today(),
        "person": about.person[:255],
        "company": about.company[:255],
        "segment": about.segment[:255],
        "rating": about.rating[:64],
        "link": about.link[:1000],
        "attributes": dict(about.attributes),
        "record_key": record.key,
        "record_hash": record.digest,
    }


def _take_out_changed(run: ProcessingRun, changed: set[str]) -> dict[str, JSONRows]:
    """Delete the older occurrences of changed records, and return them by record."""
    earlier: dict[str, list[dict[str, Any]]] = {}
    if not changed:
        return earlier
    old = InsightSource.objects.filter(record_key__in=changed).exclude(source=run.source_id)
    rows: Sequence[InsightSource] = list(old.select_related("source").order_by("created_at", "pk"))
    for row in rows:
        past = earlier.setdefault(row.record_key, list(row.previous))
        past.append(
            {
                "statement": row.statement,
                "source": row.source.name,
                "stored_at": row.created_at.isoformat(),
                "insight": str(row.origin_insight_id),
                "held_by": str(row.insight_id),
            }
        )
    InsightSource.objects.filter(pk__in=[row.pk for row in rows]).delete()
    LeftOutText.objects.filter(record_key__in=changed).exclude(source=run.source_id).delete()
    return earlier


def _once_held(earlier: dict[str, JSONRows]) -> set[UUID]:
    return {UUID(one["held_by"]) for past in earlier.values() for one in past}


def _resolve(digests: set[str]) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Find for each hash its own insight and that one's active root, locked against merging.

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
        .order_by("-status")  # "merged" sorts before "active", so "active" wins
    )
    by_hash = {row.content_hash: row for row in rows}
    return (
        {digest: row.pk for digest, row in by_hash.items()},
        {digest: root_of(row) for digest, row in by_hash.items()},
    )
