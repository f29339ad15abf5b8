"""The guide's Option A: is a new insight a duplicate of a stored one?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from finetuning.inference.prediction import MergePrediction, is_stored, judge, judge_stored
from finetuning.inference.predictor import Predictor, TextPair, text_pair
from finetuning.models import PredictionOrigin
from finetuning.trust.evidence import vectors_of
from insights.decider import DuplicateCheck, InsightPair, Wait
from insights.embedding.nearest import Neighbour, nearest_older, nearest_to_vector
from insights.embedding.service import embed_one
from insights.ids import Pair, ordered
from insights.models import Insight, InsightStatus
from insights.review.labels import kept_apart
from insights.review.repeats import is_repeat
from insights.review.state import root_of
from insights.text.normalise import clean, content_hash

# More than a group of duplicates has, so that none of them hides an older one.
CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class _Candidate:
    insight: Insight
    text: TextPair
    prediction: MergePrediction


def check_for_semantic_duplicate_with_model(
    insight: Insight | str, source_id: UUID | None = None, locator: str | None = None
) -> DuplicateCheck:
    """Decide whether to merge it into an existing insight; nothing is changed here.

    A stored insight is compared with older ones, and the predictions are recorded; a plain text is
    compared with all and not recorded. `source_id` and `locator` say where it was found, for the
    evidence. Raises ValueError for an empty text.
    """
    predictor = Predictor()
    if is_stored(insight) and insight.status != InsightStatus.ACTIVE:
        check = DuplicateCheck(
            should_merge=False,
            existing_insight_id=insight.merged_into_id,
            reason=f"It is already {insight.get_status_display()}.",
        )
    elif is_stored(insight):
        (check,) = check_for_duplicates([insight], predictor)
    else:
        check = _check_text(insight if isinstance(insight, str) else insight.statement, predictor)
    found_in = {"source_id": source_id and str(source_id), "locator": locator}
    place = {name: value for name, value in found_in.items() if value}
    return replace(check, evidence={**check.evidence, **place})


def check_for_duplicates(insights: Sequence[Insight], predictor: Predictor) -> list[DuplicateCheck]:
    """Return one answer for each stored, embedded insight, in their order.

    Exact repeats come first, then the model on the nearest older insights; of several sure ones the
    most probable is taken. Nothing is merged when people keep two of the sure ones apart, nor into
    an insight that is itself about to be merged: that would chain.
    """
    repeats = _exact_repeats(insights)
    nearest = nearest_older(
        [insight for insight in insights if insight.pk not in repeats],
        limit=CANDIDATES,
        least_similarity=settings.CANDIDATE_SIMILARITY,
    )
    candidates = _judged(insights, nearest, predictor)
    sure = {
        pk: [one for one in found if one.prediction.should_merge]
        for pk, found in candidates.items()
    }
    apart = kept_apart(
        {pk for pk, found in sure.items() if found}
        | {one.insight.pk for found in sure.values() for one in found}
    )
    checks: dict[UUID, DuplicateCheck] = {}
    for insight in sorted(insights, key=lambda each: (each.created_at, each.pk)):
        if insight.pk in repeats:
            checks[insight.pk] = _repeat(repeats[insight.pk])
            continue
        going = {pk for pk, check in checks.items() if check.should_merge}
        checks[insight.pk] = _decide(
            insight.pk, candidates.get(insight.pk, []), apart, going, predictor
        )
    return [checks[insight.pk] for insight in insights]


def _check_text(text: str, predictor: Predictor) -> DuplicateCheck:
    statement = clean(text)
    if not statement:
        raise ValueError("The statement is empty. Give a text with at least one word.")
    if (existing := _repeated(statement, content_hash(statement))) is not None:
        return _repeat(existing)
    _, embedding = embed_one(statement)
    neighbours = nearest_to_vector(
        embedding, limit=CANDIDATES, least_similarity=settings.CANDIDATE_SIMILARITY
    )
    texts = [
        TextPair(
            min(statement, one.insight.statement),
            max(statement, one.insight.statement),
            one.similarity,
        )
        for one in neighbours
    ]

    def vectors(rows: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        stored = vectors_of(neighbours[row].insight.pk for row in rows)
        own = np.array(embedding, dtype=np.float32)
        theirs = [stored.get(neighbours[row].insight.pk, own) for row in rows]
        return np.array([own] * len(rows)), np.array(theirs)

    candidates = [
        _Candidate(neighbour.insight, pair, prediction)
        for neighbour, pair, prediction in zip(
            neighbours, texts, judge(predictor, texts, predictor.score(texts), vectors), strict=True
        )
    ]
    apart = kept_apart({one.insight.pk for one in candidates if one.prediction.should_merge})
    return _decide(None, candidates, apart, set(), predictor)


def _judged(
    insights: Sequence[Insight], nearest: dict[UUID, list[Neighbour]], predictor: Predictor
) -> dict[UUID, list[_Candidate]]:
    """Judge all pairs of the batch in one call to the model; return them by new insight."""
    pairs = [
        InsightPair(insight, neighbour.insight, neighbour.similarity)
        for insight in insights
        for neighbour in nearest.get(insight.pk, [])
    ]
    predictions = judge_stored(predictor, pairs, PredictionOrigin.INGESTION)
    judged: dict[UUID, list[_Candidate]] = {}
    for pair, prediction in zip(pairs, predictions, strict=True):
        candidate = _Candidate(pair.insight2, text_pair(pair), prediction)
        judged.setdefault(pair.insight1.pk, []).append(candidate)
    return judged


def _decide(
    asking: UUID | None,
    candidates: Sequence[_Candidate],
    apart: set[Pair],
    going: set[UUID],
    predictor: Predictor,
) -> DuplicateCheck:
    if not candidates:
        return DuplicateCheck(should_merge=False, reason="No stored insight is similar enough.")
    allowed = [one for one in candidates if one.prediction.should_merge]
    sure = [
        one
        for one in allowed
        if one.insight.pk not in going and not (asking and ordered(asking, one.insight.pk) in apart)
    ]
    ids = [one.insight.pk for one in sure]
    if any(ordered(a, b) in apart for i, a in enumerate(ids) for b in ids[i + 1 :]):
        reason = (
            f"{predictor.model_version} finds it the same as {len(sure)} insights, but reviewers "
            "keep some of them apart; a person has to choose."
        )
        return _answer(max(sure, key=_surest), predictor, reason, wait=Wait.KEPT_APART)
    if sure:
        best = max(sure, key=_surest)
        return _answer(best, predictor, f"{_said(best, predictor)}. {best.prediction.reason}")
    best = max(candidates, key=_surest)
    said = best.prediction
    if said.probability is None:
        return DuplicateCheck(
            should_merge=False,
            existing_insight_id=best.insight.pk,
            existing_statement=best.insight.statement,
            similarity=said.similarity,
            reason=f"{said.reason} The nearest has similarity {said.similarity:.2f}.",
            evidence={"similarity": round(said.similarity, 4)},
        )
    why = (
        said.reason if said.wait else "Reviewers keep the two apart, or it is being merged itself."
    )
    reason = f"{_said(best, predictor)}. {why}"
    return _answer(best, predictor, reason, wait=said.wait or Wait.KEPT_APART)


def _surest(candidate: _Candidate) -> tuple[float, float]:
    prediction = candidate.prediction
    return (prediction.probability or 0.0, prediction.similarity)


def _said(candidate: _Candidate, predictor: Predictor) -> str:
    said = candidate.prediction
    return (
        f"{predictor.model_version[:1].upper()}{predictor.model_version[1:]} gives "
        f"{said.probability:.3f} that it says the same (similarity {said.similarity:.2f})"
    )


def _answer(
    candidate: _Candidate, predictor: Predictor, reason: str, *, wait: Wait | None = None
) -> DuplicateCheck:
    said = candidate.prediction
    evidence: dict[str, Any] = {
        "similarity": round(said.similarity, 4),
        "probability": said.probability,
        "threshold": predictor.model.auto_merge_confidence if predictor.model else None,
        "differences": list(said.differences),
        "left_over": said.left_over,
        "is_familiar": said.is_familiar,
    }
    if wait is None:
        evidence |= {
            "rule": said.reason,
            "is_proven": said.is_proven,
            "explanation": list(predictor.explain([candidate.text])[0]),
        }
    return DuplicateCheck(
        should_merge=wait is None,
        existing_insight_id=candidate.insight.pk,
        existing_statement=candidate.insight.statement,
        confidence=said.confidence,
        similarity=said.similarity,
        model_id=said.model_id,
        model_version=said.model_version,
        reason=reason,
        wait=wait,
        evidence=evidence,
    )


def _repeat(existing: UUID) -> DuplicateCheck:
    return DuplicateCheck(
        should_merge=True,
        existing_insight_id=existing,
        confidence=1.0,
        similarity=1.0,
        reason="The same words are stored already.",
        evidence={"exact_repeat": True},
    )


def _exact_repeats(insights: Sequence[Insight]) -> dict[UUID, UUID]:
    """Find the root of another tree that holds an insight's exact words.

    The pipeline links repeats before it asks; the rest are statements that a reviewer wrote in the
    words of a merged insight.
    """
    asking = {one.pk for one in insights}
    rows = Insight.objects.filter(content_hash__in=[one.content_hash for one in insights])
    elsewhere = set(rows.exclude(pk__in=asking).values_list("content_hash", flat=True))
    found = {}
    for insight in insights:
        if insight.content_hash not in elsewhere:
            continue
        existing = _repeated(insight.statement, insight.content_hash, without=asking)
        if existing is not None:
            found[insight.pk] = existing
    return found


def _repeated(statement: str, digest: str, without: Collection[UUID] = ()) -> UUID | None:
    """Find the root of a stored insight with these very words; None without one."""
    rows = (
        Insight.objects.filter(content_hash=digest)
        .exclude(status=InsightStatus.RETIRED)
        .order_by("status")  # "active" first
    )
    for row in rows:
        root = root_of(row)
        if {row.pk, root}.isdisjoint(without) and is_repeat(statement, row.statement):
            return root
    return None
