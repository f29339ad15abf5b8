"""Groups of insights with a model's verdicts in them (the guide's Option B). Reads no database."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from insights.clustering.corpus import Constraints, Corpus
from insights.clustering.grouping import ConstraintConflict, Group, group
from insights.clustering.similarity import CandidatePairs, pair_similarity
from insights.ids import Pair


def asking_order(n: int, pairs: CandidatePairs) -> NDArray[np.intp]:
    """Return an order of the pairs of n rows that keeps each row's pairs close together.

    Reading a statement costs a model more than judging a pair, and it keeps what it read last:
    147,000 pairs of 51,000 statements took 151,000 readings by row, and 73,000 in this order.
    """
    ones = np.ones(2 * len(pairs), dtype=np.int8)
    ends = np.concatenate([pairs.left, pairs.right])
    others = np.concatenate([pairs.right, pairs.left])
    graph = coo_array((ones, (ends, others)), shape=(n, n)).tocsr()
    rank = np.empty(n, dtype=np.int64)
    rank[reverse_cuthill_mckee(graph, symmetric_mode=True)] = np.arange(n)
    one, other = rank[pairs.left], rank[pairs.right]
    return np.lexsort((np.maximum(one, other), np.minimum(one, other)))


def assisted_groups(
    corpus: Corpus,
    pairs: CandidatePairs,
    probability: Mapping[Pair, float],
    constraints: Constraints,
    *,
    threshold: float,
    link_from: float | None,
    in_above: float = 1.0,
    max_size: int,
    cancelled: Callable[[], bool] | None = None,
) -> list[Group]:
    """Group by average linkage on the model's probability, where it judged, else on similarity.

    With a model, the average must reach `link_from`. A pair it did not judge counts with its
    cosine, scaled so that a cosine of `threshold` counts as much as `link_from`: unscaled, cosines
    of 0.5 between unrelated statements would pass for probabilities and fuse whole topics. The
    guide's Option B: a pair above `in_above` is in, so it counts in full. One below `link_from`
    cannot link two groups by itself, but others may outweigh it: where the model alone kept pairs
    apart, clusters became worse than by similarity (docs/benchmarks.md). Only people keep pairs
    apart. Without a model (`link_from` None), `threshold` applies to the cosines. Members are rows
    of the corpus.
    """
    bar = threshold if link_from is None else link_from
    scale = bar / max(threshold, 1e-6)
    score = scale * pairs.similarity.astype(np.float64)
    if link_from is not None:
        for k, pair in enumerate(corpus.pairs(pairs.left, pairs.right)):
            judged = probability.get(pair)
            if judged is not None:
                score[k] = 1.0 if judged > in_above else judged
    must_link = constraints.rows(constraints.must_link, corpus.row_of)
    must_not_link = constraints.rows(constraints.must_not_link, corpus.row_of)
    while True:
        try:
            return group(
                len(corpus.ids),
                pairs.left,
                pairs.right,
                score,
                threshold=bar,
                scores=lambda i, j: scale * pair_similarity(corpus.vectors, i, j),
                must_link=must_link,
                must_not_link=must_not_link,
                max_size=max_size,
                cancelled=cancelled,
            )
        except ConstraintConflict as conflict:
            # People's "not duplicates" outweighs their "duplicates".
            must_link = [pair for pair in must_link if not {*pair} & {*conflict.pair}]
