"""How well predicted clusters agree with the gold clusters."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ClusterScores:
    """Precision, recall and F1, each in 0..1."""

    precision: float
    recall: float
    f1: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def pairwise_scores(predicted: Sequence[Hashable], gold: Sequence[Hashable]) -> ClusterScores:
    """Over all pairs of items put together (Manning, Raghavan and Schütze 2008, section 16.3).

    Both give one cluster id an item. Where no pair was put together, nothing was put together
    wrongly: precision 1.0; recall likewise when gold has no pair. ValueError when lengths differ.
    """
    together = _pairs(Counter(zip(predicted, gold, strict=True)).values())
    by_prediction = _pairs(Counter(predicted).values())
    by_gold = _pairs(Counter(gold).values())
    return _scores(
        together / by_prediction if by_prediction else 1.0,
        together / by_gold if by_gold else 1.0,
    )


def bcubed(predicted: Sequence[Hashable], gold: Sequence[Hashable]) -> ClusterScores:
    """B-cubed: the mean over items of their cluster's purity (Bagga and Baldwin 1998).

    Both give one cluster id an item; ValueError when lengths differ or there is no item.
    """
    if not predicted:
        raise ValueError("No item to measure: give one cluster id for each item.")
    overlaps = Counter(zip(predicted, gold, strict=True))
    in_prediction, in_gold = Counter(predicted), Counter(gold)
    precision = sum(n * n / in_prediction[p] for (p, _), n in overlaps.items())
    recall = sum(n * n / in_gold[g] for (_, g), n in overlaps.items())
    return _scores(precision / len(predicted), recall / len(gold))


def _pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


def _scores(precision: float, recall: float) -> ClusterScores:
    total = precision + recall
    return ClusterScores(precision, recall, 2 * precision * recall / total if total else 0.0)
