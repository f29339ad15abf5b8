"""Is a new insight a duplicate of a stored one? The guide's Option A, asked by the pipeline."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings

from finetuning.inference.prediction import (
    MergePrediction,
    Predictor,
    TextPair,
    is_stored,
    text_pair,
)
from finetuning.models import PredictionOrigin
from insights.decider import DuplicateCheck, InsightPair
from insights.embedding.service import embed_one
from insights.models import Insight, InsightStatus
from insights.pairs import Pair, ordered
from insights.review.labels import kept_apart
from insights.review.state import root_of
from insights.selectors import Neighbour, nearest_older, nearest_to_vector
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
    """Merge it into an existing insight, or not; nothing is changed here.

    A stored insight looks at older ones, and what the model says is recorded; a plain text looks
    at all and is not recorded. `source_id` and `locator` say where it was found, for the evidence.
    Raises ValueError for an empty text.
    """
    predictor = Predictor()
    if is_stored(insight) and insight.status != InsightStatus.ACTIVE:
        check = DuplicateCheck(
            should_merge=False,
            existing_insight_id=insight.merged_into_id,
            reason=f"It is {insight.get_status_display()} already.",
        )
    elif is_stored(insight):
        (check,) = check_for_duplicates([insight], predictor)
    else:
        check = _check_text(insight if isinstance(insight, str) else insight.statement, predictor)
    found_in = {"source_id": source_id and str(source_id), "locator": locator}
    place = {name: value for name, value in found_in.items() if value}
    return replace(check, evidence={**check.evidence, **place})


def check_for_duplicates(insights: Sequence[Insight], predictor: Predictor) -> list[DuplicateCheck]:
    """One answer for each stored, embedded insight, in their order.

    Exact repeats first; then the model on the nearest older insights. Of several sure ones the most
    probable is taken. Nothing is merged when people keep two of the sure ones apart, nor into an
    insight that is itself about to be merged: that would chain.
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
    repeat = _roots_by_hash([content_hash(statement)])
    if repeat:
        return _repeat(next(iter(repeat.values())))
    _, vector = embed_one(statement)
    neighbours = nearest_to_vector(
        vector, limit=CANDIDATES, least_similarity=settings.CANDIDATE_SIMILARITY
    )
    texts = [
        TextPair(
            min(statement, one.insight.statement),
            max(statement, one.insight.statement),
            one.similarity,
        )
        for one in neighbours
    ]
    predictions = predictor.predictions(texts, predictor.score(texts))
    candidates = [
        _Candidate(neighbour.insight, pair, prediction)
        for neighbour, pair, prediction in zip(neighbours, texts, predictions, strict=True)
    ]
    apart = kept_apart({one.insight.pk for one in candidates if one.prediction.should_merge})
    return _decide(None, candidates, apart, set(), predictor)


def _judged(
    insights: Sequence[Insight], nearest: dict[UUID, list[Neighbour]], predictor: Predictor
) -> dict[UUID, list[_Candidate]]:
    """By asking insight, all pairs of the batch in one question to the model."""
    pairs = [
        InsightPair(insight, neighbour.insight, neighbour.similarity)
        for insight in insights
        for neighbour in nearest.get(insight.pk, [])
    ]
    texts = [text_pair(pair) for pair in pairs]
    probabilities = predictor.probabilities(pairs, PredictionOrigin.INGESTION)
    predictions = predictor.predictions(texts, probabilities)
    judged: dict[UUID, list[_Candidate]] = {}
    for pair, text, prediction in zip(pairs, texts, predictions, strict=True):
        judged.setdefault(pair.insight1.pk, []).append(_Candidate(pair.insight2, text, prediction))
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
    best = max(candidates, key=_surest)
    sure = [
        one
        for one in candidates
        if one.prediction.should_merge
        and one.insight.pk not in going
        and not (asking and ordered(asking, one.insight.pk) in apart)
    ]
    ids = [one.insight.pk for one in sure]
    conflict = any(ordered(a, b) in apart for i, a in enumerate(ids) for b in ids[i + 1 :])
    if sure and not conflict:
        best = max(sure, key=_surest)
        return _answer(best, predictor, should_merge=True, reason=_merged(best, predictor))
    if conflict:
        reason = (
            f"{predictor.model_version} finds it the same as {len(sure)} insights, of which "
            "reviewers keep some apart; a person has to choose."
        )
    else:
        reason = _not_merged(best, predictor)
    return _answer(best, predictor, should_merge=False, reason=reason)


def _surest(candidate: _Candidate) -> tuple[float, float]:
    prediction = candidate.prediction
    return (prediction.probability or 0.0, prediction.similarity)


def _merged(best: _Candidate, predictor: Predictor) -> str:
    said = best.prediction
    return (
        f"{predictor.model_version} gives {said.probability:.3f} that it says the same "
        f"(similarity {said.similarity:.2f}), and they differ in no number, date, unit, version, "
        "name or negation."
    )


def _not_merged(best: _Candidate, predictor: Predictor) -> str:
    said, model = best.prediction, predictor.model
    if said.probability is None or model is None:
        return (
            f"No model answers; the nearest has similarity {said.similarity:.2f}, "
            "and similarity alone merges nothing."
        )
    nearest = f"{predictor.model_version} gives {said.probability:.3f} for the most probable"
    if said.probability < model.auto_merge_confidence:
        return f"{nearest}, below {model.auto_merge_confidence:.2f}."
    if said.differences:
        return f"{nearest}, but they differ: {'; '.join(said.differences)}."
    if predictor.stands_in_for:
        return f"{nearest}; what stands in for the active model merges nothing."
    return f"{nearest}, which reviewers keep apart from it or which is being merged itself."


def _answer(
    candidate: _Candidate, predictor: Predictor, *, should_merge: bool, reason: str
) -> DuplicateCheck:
    said = candidate.prediction
    evidence: dict[str, Any] = {
        "similarity": round(said.similarity, 4),
        "probability": said.probability,
        "threshold": predictor.model.auto_merge_confidence if predictor.model else None,
        "differences": list(said.differences),
    }
    if should_merge:
        evidence["explanation"] = list(predictor.explain(candidate.text))
    return DuplicateCheck(
        should_merge=should_merge,
        existing_insight_id=candidate.insight.pk,
        existing_statement=candidate.insight.statement,
        confidence=said.confidence,
        similarity=said.similarity,
        model_id=said.model_id,
        model_version=said.model_version,
        reason=reason,
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
    """For an insight whose very words stand in another one's tree, the root of that tree.

    The pipeline links repeats before it asks; what is left is a statement that a reviewer wrote
    in the words of a merged insight.
    """
    roots = _roots_by_hash([one.content_hash for one in insights], {one.pk for one in insights})
    return {one.pk: roots[one.content_hash] for one in insights if one.content_hash in roots}


def _roots_by_hash(digests: Collection[str], without: Collection[UUID] = ()) -> dict[str, UUID]:
    rows = (
        Insight.objects.filter(content_hash__in=digests)
        .exclude(status=InsightStatus.RETIRED)
        .order_by("-status")  # "active" last, so that it stands
    )
    return {
        row.content_hash: root_of(row)
        for row in rows
        if row.pk not in without and root_of(row) not in without
    }
