"""Take in texts that gave no statement as they are: a person says that they are statements."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from insights.embedding.service import embed_statements
from insights.ingest.pipeline import BATCH, TAKEN_IN
from insights.ingest.readers import About
from insights.ingest.redaction import redact
from insights.ingest.statements import FoundStatement, Record
from insights.ingest.store import store_batch, unseen
from insights.jobs.locks import retry_on_deadlock
from insights.models import LeftOutText, ProcessingRun, RunStatus, Source
from insights.permissions import Actor, account
from insights.text.normalise import clean, content_hash

MOST_CHARS = 2000


def take_in(source: Source, *, only: Iterable[UUID] | None = None, by: Actor = None) -> int:
    """Make each left-out text of a source (or `only` these) a statement; return how many."""
    run = ProcessingRun.objects.create(
        source=source, started_by=account(by), options={"taken_in": "left-out texts"}
    )
    texts = LeftOutText.objects.filter(source=source, taken_in_at__isnull=True).order_by("ordinal")
    if only is not None:
        texts = texts.filter(pk__in=list(only))
    taken = created = 0
    while batch := list(texts[:BATCH]):
        found = [statement for one in batch if (statement := _statement(one)).text]
        new = unseen(found)
        embed_statements(new)
        created += len(retry_on_deadlock(lambda: _store(run, batch, found, new)))  # noqa: B023
        taken += len(found)
    counts = {"statements": taken, "created": created, "repeated": taken - created, "merged": 0}
    run.finish(RunStatus.SUCCEEDED, counts=counts)
    return taken


@transaction.atomic
def _store(
    run: ProcessingRun, batch: list[LeftOutText], found: list[FoundStatement], new: list[Any]
) -> list[Any]:
    created = store_batch(run, found, new, set())
    ids = [one.pk for one in batch]
    LeftOutText.objects.filter(pk__in=ids).update(taken_in_at=timezone.now())
    return created


def _statement(text: LeftOutText) -> FoundStatement:
    said = clean(redact(text.text) if settings.REDACT_CONTACTS else text.text)[:MOST_CHARS]
    about = About(
        text.external_id, text.date, text.person, text.company, text.segment, text.rating,
        text.link, text.attributes, text.said_on,
    )  # fmt: skip
    return FoundStatement(
        TAKEN_IN + text.ordinal,
        said,
        content_hash(said),
        text.locator,
        text.start,
        text.end,
        about,
        Record(text.record_key, text.record_hash),
    )
