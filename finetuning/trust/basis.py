"""Record the decisions that a new version's trust starts from, and load them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from finetuning.ml.familiarity import Familiarity
from finetuning.models import DeduplicationModel, TrustBasis
from finetuning.training_data.dataset import TrainingExample
from insights.embedding.service import load_vectors, serving_model
from insights.models import Insight
from insights.text.guard import LeftOver, compare

STATEMENTS = 1000
VERY_SIMILAR = 0.9
_SHARE = {LeftOver.REWRITE: 4 / 3, LeftOver.EXTENSION: 2.0}  # of the least familiarity


class JudgedPair(NamedTuple):
    """A pair that a person decided, as the version judges it without having learnt from it."""

    probability: float
    similarity: float
    is_same: bool
    left_over: LeftOver
    decision: str
    wording: str = ""  # `Comparison.wording`


def record_decisions(
    model: DeduplicationModel,
    examples: Sequence[TrainingExample],
    probability: NDArray[np.float64] | Sequence[float],
) -> None:
    """Add decisions with the probability (n,) that the version, or one trained without them, gives.

    Pairs that are different, and predicted so, say nothing about merges and are left out.
    """
    basis, _ = TrustBasis.objects.get_or_create(model=model)
    basis.decisions += [
        JudgedPair(
            float(said),
            one.similarity,
            one.label,
            (compared := compare(one.statement1, one.statement2)).left_over,
            one.group,
            compared.wording,
        )
        for one, said in zip(examples, probability, strict=True)
        if said >= 0.5 or (one.label and not np.isnan(said))
    ]
    basis.save(update_fields=["decisions"])


def record_statements(model: DeduplicationModel, trained: Iterable[TrainingExample]) -> None:
    """Record which insights the version was trained on, every n-th if there are many."""
    ids = sorted({pk for one in trained for pk in (one.insight1_id, one.insight2_id)})
    drawn = ids[:: -(-len(ids) // STATEMENTS)] if ids else []
    TrustBasis.objects.update_or_create(
        model=model, defaults={"statements": [str(pk) for pk in drawn]}
    )


def decisions_of(model: DeduplicationModel) -> list[JudgedPair]:
    return list(_decisions(model.pk))


def familiarity_of(model: DeduplicationModel) -> Familiarity:
    return _familiarity(model.pk, serving_model())


def familiar(
    known: Familiarity,
    one: NDArray[np.float32],
    other: NDArray[np.float32],
    left_over: Sequence[LeftOver],
) -> NDArray[np.bool_]:
    """Return (n,): True where a pair of this class is near enough to what the version has learnt.

    `one` and `other` are the embeddings of the statements, (n, 384) each. Very similar rewordings
    and additions may be a quarter farther. Rewrites must be a third nearer, and extensions twice as
    near, as only the topic tells whether what they add limits the claim: of 16 everyday ones 10
    did, of the demo's 22 none.
    """
    similar = np.einsum("ij,ij->i", one, other) >= VERY_SIMILAR
    share = [
        _SHARE.get(each, 0.75 if near else 1.0)
        for each, near in zip(left_over, similar, strict=True)
    ]
    return known.score(one, other) >= known.least * np.array(share)


def least_similarity(left_over: LeftOver) -> float:
    """Return the similarity from which pairs of a class merge.

    A rewrite may keep half the distance only: two claims about one subject are similar as well, and
    nothing but the model tells them apart. Less similar ones still count as evidence: they are
    harder.
    """
    floor: float = settings.AUTO_MERGE_LEAST_SIMILARITY
    return (1 + floor) / 2 if left_over is LeftOver.REWRITE else floor


# A basis is written once, before its version can be active.
@lru_cache(maxsize=8)
def _decisions(model_id: UUID) -> tuple[JudgedPair, ...]:
    rows = TrustBasis.objects.filter(model=model_id).values_list("decisions", flat=True).first()
    return tuple(
        JudgedPair(said, similarity, same, LeftOver(left_over), *rest)
        for said, similarity, same, left_over, *rest in rows or []
    )


@lru_cache(maxsize=8)
def _familiarity(model_id: UUID, embedding_model: str) -> Familiarity:
    ids = TrustBasis.objects.filter(model=model_id).values_list("statements", flat=True).first()
    insights = Insight.objects.filter(pk__in=ids or [], embedding_model=embedding_model)
    _, vectors = load_vectors(insights.order_by("pk"))
    return Familiarity.of(vectors)
