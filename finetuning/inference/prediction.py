"""Should these two insights be merged? Probability, guard and trust make one answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeGuard
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from finetuning.inference.predictor import Predictor, TextPair, text_pair
from finetuning.models import DeduplicationModel, PredictionOrigin
from finetuning.trust.basis import least_similarity
from finetuning.trust.evidence import store_kinds, vectors_of
from finetuning.trust.rules import Permission, Trust
from insights.decider import InsightPair, Wait
from insights.embedding.service import embedder
from insights.ids import ordered
from insights.models import Insight
from insights.text.guard import Comparison, Kind, LeftOver, compare

# For the rows of the given pairs the embeddings of both statements, (n, 384) each.
Vectors = Callable[[Sequence[int]], tuple[NDArray[np.float32], NDArray[np.float32]]]


@dataclass(frozen=True, slots=True)
class MergePrediction:
    """A model's answer for one pair, and whether it may merge it.

    `probability` is the calibrated chance that the two should be merged, `prediction` is
    probability >= 0.5, `confidence` the chance that the prediction is right.

    `should_merge` is True if the version may merge without a person: it is sure enough, the guard
    blocks nothing, and the version has earned this kind of merge. `reason` says which rule lets it
    through or what it waits for. By similarity there is no probability and no confidence, and it is
    False. `differences` are what the guard blocks. `explanation` has sentences, the weightiest
    first; in bulk it is empty.
    """

    should_merge: bool
    prediction: bool
    probability: float | None
    confidence: float | None
    similarity: float
    model_id: UUID | None
    model_version: str
    method: Literal["model", "similarity"]
    differences: tuple[str, ...] = ()
    explanation: tuple[str, ...] = ()
    left_over: LeftOver | None = None
    wording: str = ""
    is_familiar: bool | None = None
    is_proven: bool = False
    wait: Wait | None = None
    reason: str = ""


def judge(
    predictor: Predictor,
    pairs: Sequence[TextPair],
    probabilities: Sequence[float] | None,
    vectors: Vectors,
) -> list[MergePrediction]:
    """Turn probabilities into answers.

    The guard reads pairs predicted the same; trust is asked about what it lets through. Both can
    only hold a merge back.
    """
    model = predictor.model
    if probabilities is None or model is None:
        return [_by_similarity(pair) for pair in pairs]
    answers = [
        _answer(predictor, model, pair, probability)
        for pair, probability in zip(pairs, probabilities, strict=True)
    ]
    asked = [row for row, answer in enumerate(answers) if answer.wait is None]
    if asked:
        left_over = [answers[row].left_over or LeftOver.UNREAD for row in asked]
        said = [probabilities[row] for row in asked]
        wording = [answers[row].wording for row in asked]
        permissions = Trust(model).permits(left_over, wording, said, *vectors(asked))
        for row, permission in zip(asked, permissions, strict=True):
            answers[row] = _permitted(answers[row], permission)
    return answers


def judge_stored(
    predictor: Predictor, pairs: Sequence[InsightPair], origin: PredictionOrigin
) -> list[MergePrediction]:
    """Answer for pairs of stored insights; the predictions, and what trust needs, are recorded."""
    keys = [ordered(pair.insight1.pk, pair.insight2.pk) for pair in pairs]

    def vectors(rows: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        found = _vectors(pairs[row] for row in rows)
        return (
            np.array([found[keys[row][0]] for row in rows]),
            np.array([found[keys[row][1]] for row in rows]),
        )

    texts = [text_pair(pair) for pair in pairs]
    answers = judge(predictor, texts, predictor.probabilities(pairs, origin), vectors)
    known = [row for row, answer in enumerate(answers) if answer.is_familiar is not None]
    if known and predictor.model is not None:
        store_kinds(
            predictor.model,
            [keys[row] for row in known],
            [answers[row].left_over or LeftOver.UNREAD for row in known],
            [answers[row].wording for row in known],
            [bool(answers[row].is_familiar) for row in known],
        )
    return answers


def predict_merge_decision(
    insight1: Insight | str, insight2: Insight | str, similarity: float | None = None
) -> MergePrediction:
    """Answer for one pair, explained, as `predict_merge_decisions` does.

    `similarity` is the cosine of the embeddings; it is computed when it is not given.
    """
    (found,) = predict_merge_decisions([(insight1, insight2)], similarity)
    return found


def predict_merge_decisions(
    pairs: Sequence[tuple[Insight | str, Insight | str]], similarity: float | None = None
) -> list[MergePrediction]:
    """Answer for each pair, explained. Two stored insights are recorded; a plain text never is.

    Raises ValueError for an insight and itself, or an empty text.
    """
    predictor = Predictor()
    stored = {
        row: InsightPair(one, other, similarity or 0.0)
        for row, (one, other) in enumerate(pairs)
        if is_stored(one) and is_stored(other)
    }
    for pair in stored.values():
        if pair.insight1.pk == pair.insight2.pk:
            raise ValueError(f"Insight {pair.insight1.pk} is compared with itself.")
    if similarity is None:
        stored = _with_similarity(stored)
    rows = [row for row in range(len(pairs)) if row not in stored]
    plain, vectors = _embedded([pairs[row] for row in rows], similarity)
    texts = {row: text_pair(pair) for row, pair in stored.items()}
    texts |= dict(zip(rows, plain, strict=True))
    answers = judge_stored(predictor, list(stored.values()), PredictionOrigin.REQUEST)
    answers += judge(predictor, plain, predictor.score(plain) if plain else None, vectors)
    said = dict(zip([*stored, *rows], answers, strict=True))
    reasons = dict(zip(texts, predictor.explain(list(texts.values())), strict=True))
    return [_explained(said[row], texts[row], reasons[row]) for row in range(len(pairs))]


def differences_of(pair: TextPair) -> tuple[str, ...]:
    """Return what the guard blocks, in sentences; empty when it lets the pair through."""
    return _blocking(compare(pair.statement1, pair.statement2))


def is_stored(insight: Insight | str) -> TypeGuard[Insight]:
    return isinstance(insight, Insight) and not insight._state.adding


def _answer(
    predictor: Predictor, model: DeduplicationModel, pair: TextPair, probability: float
) -> MergePrediction:
    """Return the answer before trust is asked; without `wait` only trust is left to decide."""
    prediction, confidence = probability >= 0.5, max(probability, 1 - probability)
    comparison = compare(pair.statement1, pair.statement2) if prediction else None
    wait, reason = _wait(predictor, model, pair, probability, comparison)
    return MergePrediction(
        should_merge=False,
        prediction=prediction,
        probability=probability,
        confidence=confidence,
        similarity=pair.similarity,
        model_id=model.pk,
        model_version=predictor.model_version,
        method="model",
        differences=_blocking(comparison) if comparison else (),
        left_over=comparison.left_over if comparison else None,
        wording=comparison.wording if comparison else "",
        wait=wait,
        reason=reason,
    )


def _wait(
    predictor: Predictor,
    model: DeduplicationModel,
    pair: TextPair,
    probability: float,
    comparison: Comparison | None,
) -> tuple[Wait | None, str]:
    if comparison is None or probability < model.auto_merge_confidence:
        return Wait.THRESHOLD, f"{probability:.3f} is below {model.auto_merge_confidence:g}."
    if any(finding.kind is Kind.LANGUAGE for finding in comparison.findings):
        return Wait.LANGUAGE, f"Waits: {_listed(comparison)}."
    if comparison.blocks:
        return Wait.CONFLICT, f"Waits: the statements differ. {_listed(comparison)}."
    least = least_similarity(comparison.left_over)
    if pair.similarity < least:
        return Wait.SIMILARITY, f"Waits: similarity {pair.similarity:.2f} is below {least:g}."
    if predictor.stands_in_for:
        return Wait.STAND_IN, "Waits: a version that stands in for the active one merges nothing."
    return None, ""


def _permitted(answer: MergePrediction, permission: Permission) -> MergePrediction:
    return replace(
        answer,
        should_merge=permission.wait is None,
        is_familiar=permission.kind.is_familiar,
        is_proven=permission.is_proven,
        wait=permission.wait,
        reason=permission.reason,
    )


def _blocking(comparison: Comparison) -> tuple[str, ...]:
    if not comparison.blocks:
        return ()
    return comparison.sentences() or ("The guard cannot read this pair",)


def _listed(comparison: Comparison) -> str:
    return "; ".join(_blocking(comparison))


def _by_similarity(pair: TextPair) -> MergePrediction:
    return MergePrediction(
        should_merge=False,
        prediction=pair.similarity >= settings.CANDIDATE_SIMILARITY,
        probability=None,
        confidence=None,
        similarity=pair.similarity,
        model_id=None,
        model_version="",
        method="similarity",
        reason="No model answers, and similarity alone merges nothing.",
    )


def _explained(
    answer: MergePrediction, pair: TextPair, reasons: tuple[str, ...]
) -> MergePrediction:
    if answer.method == "similarity":
        return answer
    differences = answer.differences if answer.prediction else differences_of(pair)
    return replace(answer, differences=differences, explanation=reasons)


def _with_similarity(pairs: dict[int, InsightPair]) -> dict[int, InsightPair]:
    found = _vectors(pairs.values())
    return {
        row: replace(pair, similarity=float(found[pair.insight1.pk] @ found[pair.insight2.pk]))
        for row, pair in pairs.items()
    }


def _embedded(
    pairs: Sequence[tuple[Insight | str, Insight | str]], similarity: float | None
) -> tuple[list[TextPair], Vectors]:
    """Return the pairs with their cosines, unless it is given, and their vectors by row."""
    texts = [sorted((_statement(one), _statement(other))) for one, other in pairs]
    if not all(text.strip() for pair in texts for text in pair):
        raise ValueError("A statement is empty: there is nothing to compare.")
    made = embedder().embed([text for pair in texts for text in pair])
    left, right = made[::2], made[1::2]
    found = [
        TextPair(first, second, float(one @ other) if similarity is None else similarity)
        for (first, second), one, other in zip(texts, left, right, strict=True)
    ]
    return found, lambda rows: (left[list(rows)], right[list(rows)])


def _vectors(pairs: Iterable[InsightPair]) -> dict[UUID, NDArray[np.float32]]:
    """Return the stored vectors of the insights, and new ones of those that have none yet."""
    insights = {one.pk: one for pair in pairs for one in (pair.insight1, pair.insight2)}
    found = vectors_of(insights)
    missing = [pk for pk in insights if pk not in found]
    if missing:  # not embedded yet by the model that serves
        made = embedder().embed([insights[pk].statement for pk in missing])
        found |= dict(zip(missing, made, strict=True))
    return found


def _statement(insight: Insight | str) -> str:
    return insight.statement if isinstance(insight, Insight) else insight
