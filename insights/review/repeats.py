"""Exact repeats: the same words again, linked to the stored insight with a receipt and an undo."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from insights.models import (
    DecisionKind,
    DecisionMember,
    Insight,
    InsightSource,
    MemberRole,
    MergeDecision,
)
from insights.text.guard import compare
from insights.text.normalise import clean

REASON = "The same words are stored already."


def is_repeat(one: str, other: str) -> bool:
    """Return True if two statements with equal content hashes say the same.

    Case and accents can turn the meaning ("sent to US staff", "sent to us staff"), so the guard
    compares statements that are not equal letter for letter.
    """
    return clean(one) == clean(other) or not compare(one, other).blocks


def variant_hash(statement: str, salt: str = "") -> str:
    """Return the hash of a statement that must not be linked to another with the same words."""
    return hashlib.sha256(f"variant:{salt}:{clean(statement)}".encode()).hexdigest()


def record_repeats(occurrences: Iterable[InsightSource]) -> None:
    """Write a receipt for each stored occurrence that repeats an older insight word for word."""
    found = list(occurrences)
    decisions = [
        MergeDecision(
            kind=DecisionKind.AUTOMATIC,
            canonical_id=one.insight_id,
            evidence={
                "exact_repeat": True,
                "reason": REASON,
                "statement": one.statement,
                "occurrence": str(one.pk),
            },
        )
        for one in found
    ]
    MergeDecision.objects.bulk_create(decisions, batch_size=1000)
    DecisionMember.objects.bulk_create(
        [
            DecisionMember(
                decision=decision,
                insight_id=one.insight_id,
                role=MemberRole.CANONICAL,
                group=0,
            )
            for decision, one in zip(decisions, found, strict=True)
        ],
        batch_size=1000,
    )


def take_out(decision: MergeDecision) -> Insight | None:
    """Make the occurrence of an undone repeat an insight of its own; None when it is gone.

    In the caller's transaction, with the tree locked.
    """
    if not (occurrence_id := decision.evidence.get("occurrence")):
        return None
    occurrence = (
        InsightSource.objects.select_for_update(of=("self",))
        .filter(pk=UUID(str(occurrence_id)))
        .first()
    )
    if occurrence is None:
        return None
    origin = Insight.objects.defer(None).get(pk=occurrence.origin_insight_id)
    own = Insight.objects.create(
        statement=occurrence.statement,
        content_hash=variant_hash(occurrence.statement, str(decision.pk)),
        embedding=origin.embedding,
        embedding_model=origin.embedding_model,
    )
    occurrence.insight = occurrence.origin_insight = own
    occurrence.save(update_fields=["insight", "origin_insight"])
    return own
