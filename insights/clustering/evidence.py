"""Evidence of a cluster: every pair's similarity, probability, reason and differences."""

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np

from insights.clustering.similarity import pair_similarity
from insights.ids import Pair, ordered
from insights.models import Cluster, Insight
from insights.models.cluster import PairReason
from insights.text.guard import Finding, Kind, LeftOver, compare

# What the guard said about pairs: the differences in sentences, and whether they contradict.
Said = Mapping[Pair, tuple[tuple[str, ...], bool]]


@cache
def rules() -> str:
    """Return a digest of the guard's code and word lists, by which its findings can be reused."""
    folder = Path(__file__).parents[1] / "text"
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".py", ".txt"):
            digest.update(str(file.relative_to(folder)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class PairEvidence:
    pair: Pair
    similarity: float
    probability: float | None
    reason: PairReason
    differences: tuple[str, ...]
    is_contradiction: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A cluster before it is stored. `members`: the proposed canonical first."""

    members: tuple[Insight, ...]
    similarity_to_canonical: tuple[float, ...]
    pairs: tuple[PairEvidence, ...]
    weakest: Pair
    weakest_similarity: float

    @property
    def fingerprint(self) -> str:
        return Cluster.fingerprint_of(insight.pk for insight in self.members)

    @property
    def mean_similarity(self) -> float:
        return float(np.mean([pair.similarity for pair in self.pairs]))

    @property
    def probability(self) -> float | None:
        judged = [pair.probability for pair in self.pairs if pair.probability is not None]
        return min(judged) if judged else None

    @property
    def has_near_miss(self) -> bool:
        return any(pair.differences for pair in self.pairs)

    @property
    def has_contradiction(self) -> bool:
        return any(pair.is_contradiction for pair in self.pairs)


_OPPOSED = frozenset((Kind.NEGATION, Kind.OPPOSITE, Kind.QUANTIFIER, Kind.COMPARISON))


def _contradicts(finding: Finding) -> bool:
    """Return whether the two cannot both be true of the same thing.

    A number that only one of them has is not a contradiction; a negation always is.
    """
    if finding.left_over is not LeftOver.CONFLICT:
        return False
    if finding.kind in _OPPOSED:
        return True
    return finding.kind in (Kind.NUMBER, Kind.DATE) and not finding.one_sided


def _read(first: str, second: str) -> tuple[tuple[str, ...], bool]:
    found = compare(first, second).disputed
    return tuple(finding.sentence() for finding in found), any(map(_contradicts, found))


def propose(
    insights: Sequence[Insight],
    vectors: np.ndarray,
    *,
    weakest: tuple[int, int],
    threshold: float,
    probability: Mapping[Pair, float],
    must_link: Set[Pair] = frozenset(),
    said: Said = {},  # noqa: B006 - never changed
) -> Proposal:
    """Gather the evidence for one group.

    `vectors`: (n, d) float32, the rows of `insights`; `weakest`: two positions in it; `said`: what
    the guard has found before, of pairs that it need not compare again. The proposed
    canonical is the medoid, the member most similar to all the others.
    """
    n = len(insights)
    left, right = np.triu_indices(n, 1)
    similarity = pair_similarity(vectors, left, right)
    square = np.zeros((n, n))
    square[left, right] = square[right, left] = similarity
    by_likeness = sorted(range(n), key=lambda i: (-square[i].sum(), insights[i].content_hash))
    canonical = by_likeness[0]

    def evidence(i: int, j: int) -> PairEvidence:
        pair = ordered(insights[i].pk, insights[j].pk)
        first, second = (i, j) if pair[0] == insights[i].pk else (j, i)
        judged = probability.get(pair)
        if pair in must_link:
            reason = PairReason.MUST_LINK
        elif judged is not None:
            reason = PairReason.MODEL if judged >= 0.5 else PairReason.INDIRECT
        else:
            reason = PairReason.SIMILARITY if square[i, j] >= threshold else PairReason.INDIRECT
        differences, is_contradiction = said.get(pair) or _read(
            insights[first].statement, insights[second].statement
        )
        return PairEvidence(
            pair=pair,
            similarity=float(square[i, j]),
            probability=judged,
            reason=reason,
            differences=differences,
            is_contradiction=is_contradiction,
        )

    return Proposal(
        members=tuple(insights[i] for i in by_likeness),
        similarity_to_canonical=tuple(
            1.0 if i == canonical else float(square[canonical, i]) for i in by_likeness
        ),
        pairs=tuple(evidence(i, j) for i, j in combinations(range(n), 2)),
        weakest=ordered(insights[weakest[0]].pk, insights[weakest[1]].pk),
        weakest_similarity=float(square[weakest[0], weakest[1]]),
    )
