"""Statements from an outside pipeline: stored, linked or merged like the rows of a file."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from insights.ingest.pipeline import process
from insights.ingest.readers import Options, read_source
from insights.ingest.sources import limits, register
from insights.models import (
    DecisionKind,
    DecisionMember,
    Insight,
    InsightStatus,
    ProcessingRun,
)
from insights.permissions import Actor
from insights.text.normalise import clean, content_hash


@dataclass(frozen=True, slots=True)
class Pushed:
    """The outcome for one statement.

    `result`: "created" as an insight of its own; "linked" as an occurrence of the insight with the
    same text; "merged" by the active model, with `decision` as its receipt;
    "left_out" if it says nothing, like “n/a”.
    """

    statement: str
    locator: str
    insight: UUID | None
    result: str
    decision: UUID | None


def push(source: str, items: Sequence[tuple[str, str]], *, actor: Actor = None) -> list[Pushed]:
    """Process (statement, locator) pairs of one source, and return the outcomes in order.

    Pushing the same items of the same source again changes nothing. Raises ReadError and
    AlreadyProcessing.
    """
    rows = [
        # Of its own for each place, so that another source's row is never taken for a newer export.
        {"insight": text, "locator": locator, "source": source, "id": _id(source, locator, text)}
        for text, locator in items
    ]
    data = json.dumps(rows, ensure_ascii=False).encode()
    name = f"{source}.json"
    content = read_source(name, data, Options(limits=limits()))
    row, _ = register(name, data, content, created_by=actor)
    run = process(row, content=content, started_by=actor)
    hashes = [content_hash(clean(text)) for text, _ in items]
    known = {
        one.content_hash: one
        for one in Insight.objects.filter(content_hash__in=hashes).exclude(
            status=InsightStatus.RETIRED
        )
    }
    receipts = dict(
        DecisionMember.objects.filter(
            insight__in=known.values(),
            decision__kind=DecisionKind.AUTOMATIC,
            decision__undone_at=None,
        ).values_list("insight_id", "decision_id")
    )
    return [
        _pushed(text, locator, known.get(digest), receipts, run)
        for (text, locator), digest in zip(items, hashes, strict=True)
    ]


def _pushed(
    text: str, locator: str, origin: Insight | None, receipts: dict[UUID, UUID], run: ProcessingRun
) -> Pushed:
    if origin is None:
        return Pushed(text, locator, None, "left_out", None)
    if origin.status == InsightStatus.MERGED and origin.merged_into_id:
        receipt = receipts.get(origin.pk)
        return Pushed(text, locator, origin.merged_into_id, "merged", receipt)
    result = "linked" if origin.created_at < run.started_at else "created"
    return Pushed(text, locator, origin.pk, result, None)


def _id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
